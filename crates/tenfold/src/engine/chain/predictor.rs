//! A model's answers, without training: the forward pass alone.
//!
//! Images go through in slices; each thread takes whole slices and shares nothing but the weights. The arithmetic is
//! that of a training step's forward pass, bit for bit.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::dense_of;
use super::images::byte_values;
use super::masks::Masks;
use super::outputs::Outputs;
use super::panels::{Panels, padded};
use super::plan::Chain;
use crate::engine::EngineError;
use crate::engine::kernels::gather::Source;
use crate::engine::kernels::softmax::Softmax;
use crate::engine::lanes::LANES;
use crate::engine::simd::{Kernels, Simd};
use crate::engine::team::Team;
use crate::model::Sequential;

/// Images a thread takes at a time.
const JOB: usize = 64;

/// Bytes of weights that are taken to stay in a core's second cache.
const NEAR: usize = 1 << 20;

/// Images a slice: few, so that a layer's sums stay in the nearest cache while its weights pass by tile after tile; or a
/// whole job where the weights come from far.
fn slice_of(weights: &[Panels]) -> usize {
    if weights.iter().map(Panels::bytes).sum::<usize>() <= NEAR { 16 } else { JOB }
}

/// Computes a model's answers.
pub(crate) struct Predictor {
    network: Network,
    team: Team,
    /// One for each thread.
    desks: Vec<Desk>,
}

/// What the threads share.
struct Network {
    chain: Chain,
    kernels: Kernels,
    values: [f32; 256],
    /// Per stage `[padded inputs + 1, units]`; the last row is the bias.
    weights: Vec<Panels>,
    /// Images a slice.
    slice: usize,
    /// The last layer's weights are finite, so that rows may go through it together.
    together: bool,
}

/// One thread's working memory.
struct Desk {
    /// Per stage `[slice, units]`.
    outputs: Vec<(Panels, Masks)>,
    /// `[slice, classes]`.
    probabilities: Panels,
}

impl Predictor {
    /// A predictor for `model`, which is `chain` and must have weights. `threads` 0: one per core.
    ///
    /// # Errors
    /// Where layers have no weights, or threads cannot be had.
    pub(crate) fn new(chain: Chain, model: &Sequential, threads: usize) -> Result<Self, EngineError> {
        let kernels = Simd::detect()?.kernels();
        let mut weights = Vec::new();
        for stage in &chain.stages {
            let dense = dense_of(model, stage)?;
            // Padded, since numbers that overflow can make NaN of the padding before it.
            let bias = padded(stage.inputs);
            let mut panels = Panels::zeros(bias + 1, stage.units);
            panels.fill(0, stage.units, &dense.weights);
            panels.fill(bias, stage.units, &dense.bias);
            weights.push(panels);
        }
        let team = Team::new(threads)?;
        let slice = slice_of(&weights);
        let together = weights.last().is_some_and(Panels::is_finite);
        let desks = (0..team.threads()).map(|_| Desk::new(&chain, slice)).collect();
        Ok(Self {
            network: Network { chain, kernels, values: byte_values(), weights, slice, together },
            team,
            desks,
        })
    }

    /// Numbers an image gives: the last layer's outputs.
    pub(crate) fn classes(&self) -> usize {
        self.network.chain.classes()
    }

    /// Pixels of an image.
    pub(crate) fn pixels(&self) -> usize {
        self.network.chain.pixels
    }

    /// The last layer's outputs for as many images as fit in both.
    pub(crate) fn predict_into(&mut self, pixels: &[u8], out: &mut [f32]) {
        let (size, classes) = (self.network.chain.pixels, self.network.chain.classes());
        let images = (pixels.len() / size).min(out.len() / classes);
        let (pixels, out) = (&pixels[..images * size], &mut out[..images * classes]);
        if images <= JOB || self.team.threads() == 1 {
            self.network.run(&mut self.desks[0], pixels, out);
            return;
        }
        let network = &self.network;
        let next = AtomicUsize::new(0);
        let work: Vec<_> = pixels
            .chunks(JOB * size)
            .zip(out.chunks_mut(JOB * classes))
            .map(|pair| Mutex::new(Some(pair)))
            .collect();
        let desks: Vec<_> = self.desks.iter_mut().map(Mutex::new).collect();
        self.team.run(&|thread| {
            let Ok(mut desk) = desks[thread].lock() else { return };
            while let Some(job) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
                let Some((pixels, out)) = job.lock().ok().and_then(|mut job| job.take()) else { continue };
                network.run(&mut desk, pixels, out);
            }
        });
    }
}

impl Desk {
    fn new(chain: &Chain, slice: usize) -> Self {
        let outputs = chain
            .stages
            .iter()
            .map(|stage| (Panels::zeros(slice, stage.units), Masks::new(slice, padded(stage.units))));
        Self { outputs: outputs.collect(), probabilities: Panels::zeros(slice, chain.classes()) }
    }
}

impl Network {
    /// Runs images through the chain.
    fn run(&self, desk: &mut Desk, pixels: &[u8], out: &mut [f32]) {
        let (size, classes) = (self.chain.pixels, self.chain.classes());
        for (pixels, out) in pixels.chunks(self.slice * size).zip(out.chunks_mut(self.slice * classes)) {
            self.run_slice(desk, pixels, out);
        }
    }

    /// Runs the images of one slice through the chain.
    fn run_slice(&self, desk: &mut Desk, pixels: &[u8], out: &mut [f32]) {
        let classes = self.chain.classes();
        let rows = (0, out.len() / classes);
        let mut source =
            Source::Bytes { bytes: pixels.as_ptr(), size: self.chain.pixels, values: self.values.as_ptr() };
        for (at, stage) in self.chain.stages.iter().enumerate() {
            let columns = padded(stage.units);
            let (outputs, masks) = &mut desk.outputs[at];
            let (values, words) = (outputs.as_mut_ptr(), masks.as_mut_ptr());
            let outputs = Outputs {
                stage,
                rows,
                vectors: (0, columns / LANES),
                source,
                weights: self.weights[at].as_ptr(),
                head: self.together && self.chain.is_head(at),
                capacity: self.slice,
                out: values,
                masks: words,
            };
            // SAFETY: panels, masks and pixels have the sizes of this chain and slice, rows are at most `slice`, and the desk is
            // borrowed mutably: nobody else writes there. The kernels fit the processor.
            unsafe { outputs.run(&self.kernels) }
            source = Source::Units { capacity: self.slice, columns, values, masks: words };
        }
        let Some((logits, _)) = desk.outputs.last_mut() else { return };
        if self.chain.softmax {
            // SAFETY: both matrices are `[slice, classes]`, and without labels nothing else is read or written.
            unsafe {
                (self.kernels.softmax)(&Softmax {
                    rows,
                    capacity: self.slice,
                    classes,
                    logits: logits.as_ptr(),
                    out: desk.probabilities.as_mut_ptr(),
                    masks: std::ptr::null_mut(),
                    labels: std::ptr::null(),
                    order: std::ptr::null(),
                    scale: 1.0,
                    losses: std::ptr::null_mut(),
                    correct: std::ptr::null_mut(),
                });
            }
        }
        let answers = if self.chain.softmax { &desk.probabilities } else { &*logits };
        answers.read_into(classes, out);
    }
}
