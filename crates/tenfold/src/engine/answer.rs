//! A model's answers, by the engine that suits it: chains of dense layers skip what is zero (`chain/`), every other
//! network is computed in packs (`packs/`) or, where the images are few, one by one (`image/`).

use super::chain::plan::Chain;
use super::{EngineError, chain, packs};
use crate::model::Sequential;

/// Computes a model's answers.
pub struct Predictor(Engine);

enum Engine {
    Chain(Box<chain::predictor::Predictor>),
    Packs(Box<packs::predictor::Predictor>),
}

impl Predictor {
    /// A predictor for `model`, which must have weights. Batch norms are [folded](Sequential::folded) into the layers
    /// before them. `threads` 0: one per core.
    ///
    /// # Errors
    /// Where the layers do not fit together, have no weights, or threads cannot be had.
    pub fn new(model: &Sequential, threads: usize) -> Result<Self, EngineError> {
        let model = model.folded();
        Ok(Self(match Chain::of(&model) {
            Some(chain) => Engine::Chain(Box::new(chain::predictor::Predictor::new(chain, &model, threads)?)),
            None => Engine::Packs(Box::new(packs::predictor::Predictor::new(model, threads)?)),
        }))
    }

    /// Numbers an image gives: the last layer's outputs.
    #[must_use]
    pub fn classes(&self) -> usize {
        match &self.0 {
            Engine::Chain(predictor) => predictor.classes(),
            Engine::Packs(predictor) => predictor.classes(),
        }
    }

    /// Pixels of an image.
    fn pixels(&self) -> usize {
        match &self.0 {
            Engine::Chain(predictor) => predictor.pixels(),
            Engine::Packs(predictor) => predictor.pixels(),
        }
    }

    /// The last layer's outputs `[images, classes]` for `pixels` `[images, height, width]` (0 background, 255 ink).
    /// A last piece that is no whole image is left out.
    ///
    /// An image's answer is the same, bit for bit, whether it is asked for alone or with others, and on any number of
    /// threads.
    pub fn predict(&mut self, pixels: &[u8]) -> Vec<f32> {
        let mut out = vec![0.0; pixels.len() / self.pixels() * self.classes()];
        self.predict_into(pixels, &mut out);
        out
    }

    /// As [`predict`](Predictor::predict), into memory that the caller has: as many images as fit in both.
    pub fn predict_into(&mut self, pixels: &[u8], out: &mut [f32]) {
        match &mut self.0 {
            Engine::Chain(predictor) => predictor.predict_into(pixels, out),
            Engine::Packs(predictor) => predictor.predict_into(pixels, out),
        }
    }
}
