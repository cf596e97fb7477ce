//! The network's opinion of prepared inputs: which digit, and is it one at all.

use super::ReadError;
use crate::evaluate::{Answers, Ensemble};
use crate::model::Sequential;

/// Classes of digits.
const DIGITS: usize = 10;

/// A network that knows the ten digits, and perhaps what is none.
pub struct Judge {
    network: Ensemble,
}

/// What the network says of an input.
#[derive(Clone, Copy, Debug)]
pub struct Opinion {
    /// Of each digit, given that it is one; they add up to 1.
    pub digits: [f32; DIGITS],
    /// That it is a digit.
    pub digit: f32,
}

impl Judge {
    pub fn new(models: &[&Sequential], threads: usize) -> Result<Self, ReadError> {
        let network = Ensemble::new(models, false, threads)?;
        let found = network.classes();
        if found != DIGITS + usize::from(network.rejects()) {
            return Err(ReadError::Classes { found });
        }
        Ok(Self { network })
    }

    /// `[height, width]` of an input.
    pub fn input(&self) -> [usize; 2] {
        self.network.input()
    }

    /// Of each of `inputs` `[inputs, height, width]`.
    pub fn opinions(&mut self, inputs: &[u8]) -> Vec<Opinion> {
        let outputs = self.network.predict(inputs);
        let Answers { predictions, none } =
            Answers::new(outputs, self.network.classes(), self.network.rejects());
        let opinion = |(shares, none): (&[f32], f32)| {
            let mut digits = [0.0; DIGITS];
            digits.copy_from_slice(shares);
            Opinion { digits, digit: 1.0 - none }
        };
        predictions.probabilities.chunks_exact(DIGITS).zip(none).map(opinion).collect()
    }
}

impl Opinion {
    /// Digits with their confidence, the likeliest first.
    pub fn ranked(&self) -> [(u8, f32); DIGITS] {
        let mut ranked = [(0, 0.0); DIGITS];
        for (digit, (place, &share)) in ranked.iter_mut().zip(&self.digits).enumerate() {
            *place = (digit as u8, share * self.digit);
        }
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        ranked
    }

    /// How likely the likeliest digit is.
    pub fn confidence(&self) -> f32 {
        self.digits.iter().copied().fold(0.0, f32::max) * self.digit
    }
}
