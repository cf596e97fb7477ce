//! A model's answers, without training: the forward pass alone.
//!
//! Images go through in slices; each thread takes whole slices and shares nothing but the weights. The arithmetic is
//! that of a training step's forward pass, bit for bit.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::images::{Images, byte_values};
use super::kernels::gather::{Gather, Source};
use super::kernels::softmax::Softmax;
use super::lanes::LANES;
use super::masks::{self, Masks};
use super::panels::{Panels, padded, runs};
use super::plan::Chain;
use super::simd::{Kernels, Simd};
use super::team::{Team, cores};
use super::{EngineError, dense_of};
use crate::model::Sequential;

/// Images a slice.
const SLICE: usize = 64;

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
    /// Per stage `[padded inputs, units]`.
    weights: Vec<Panels>,
    /// Per stage `[1, units]`.
    biases: Vec<Panels>,
}

/// One thread's working memory.
struct Desk {
    images: Images,
    /// Per stage `[SLICE, units]`.
    outputs: Vec<(Panels, Masks)>,
    /// `[SLICE, classes]`.
    probabilities: Panels,
}

impl Predictor {
    /// A predictor for `model`, which must have weights. `threads` 0: one per core.
    ///
    /// # Errors
    /// Where the layers do not fit together, have no weights, or threads cannot be had.
    pub(crate) fn new(model: &Sequential, threads: usize) -> Result<Self, EngineError> {
        let chain = Chain::new(model)?;
        let kernels = Simd::detect()?.kernels();
        let (mut weights, mut biases) = (Vec::new(), Vec::new());
        for stage in &chain.stages {
            let dense = dense_of(model, stage)?;
            // Padded, since numbers that overflow can make NaN of the padding before it.
            let mut panels = Panels::zeros(padded(stage.inputs), stage.units);
            panels.fill(0, stage.units, &dense.weights);
            weights.push(panels);
            let mut panels = Panels::zeros(1, stage.units);
            panels.fill(0, stage.units, &dense.bias);
            biases.push(panels);
        }
        let team = Team::new(if threads == 0 { cores() } else { threads })?;
        let desks = (0..team.threads()).map(|_| Desk::new(&chain)).collect();
        Ok(Self { network: Network { chain, kernels, values: byte_values(), weights, biases }, team, desks })
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
        if images <= SLICE || self.team.threads() == 1 {
            for (pixels, out) in pixels.chunks(SLICE * size).zip(out.chunks_mut(SLICE * classes)) {
                self.network.run(&mut self.desks[0], pixels, out);
            }
            return;
        }
        let network = &self.network;
        let next = AtomicUsize::new(0);
        let work: Vec<_> = pixels
            .chunks(SLICE * size)
            .zip(out.chunks_mut(SLICE * classes))
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
    fn new(chain: &Chain) -> Self {
        let outputs = chain
            .stages
            .iter()
            .map(|stage| (Panels::zeros(SLICE, stage.units), Masks::new(SLICE, padded(stage.units))));
        Self {
            images: Images::new(chain.pixels),
            outputs: outputs.collect(),
            probabilities: Panels::zeros(SLICE, chain.classes()),
        }
    }
}

impl Network {
    /// Runs up to [`SLICE`] images through the chain.
    fn run(&self, desk: &mut Desk, pixels: &[u8], out: &mut [f32]) {
        let classes = self.chain.classes();
        let rows = (0, out.len() / classes);
        desk.images.fill(pixels);
        let mut source = Source::Pixels {
            images: desk.images.at(),
            order: std::ptr::null(),
            values: self.values.as_ptr(),
        };
        for (at, stage) in self.chain.stages.iter().enumerate() {
            let columns = padded(stage.units);
            let (outputs, masks) = &mut desk.outputs[at];
            let (values, words) = (outputs.as_mut_ptr(), masks.as_mut_ptr());
            for (first, vectors) in runs((0, columns / LANES)) {
                let (weights, stride) = self.weights[at].place(first);
                let (start, out_stride) = outputs.place(first);
                // SAFETY: panels, masks and images have the sizes that the kernel is told, rows are at most `SLICE`, and
                // the desk is borrowed mutably: nobody else writes there. The kernels fit the processor.
                unsafe {
                    (self.kernels.gather)(&Gather {
                        rows,
                        source,
                        weights: self.weights[at].as_ptr().add(weights),
                        stride,
                        vectors,
                        start: self.biases[at].as_ptr().add(first * LANES),
                        relu: stage.relu,
                        gate: std::ptr::null(),
                        out: values.add(start),
                        out_stride,
                        masks: words.add(masks::word(SLICE, first)),
                    });
                }
            }
            source = Source::Units { capacity: SLICE, columns, values, masks: words };
        }
        let Some((logits, _)) = desk.outputs.last_mut() else { return };
        if self.chain.softmax {
            // SAFETY: both matrices are `[SLICE, classes]`, and without labels nothing else is read or written.
            unsafe {
                (self.kernels.softmax)(&Softmax {
                    rows,
                    capacity: SLICE,
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
