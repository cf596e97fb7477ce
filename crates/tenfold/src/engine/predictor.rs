//! A model's answers, without training: the forward pass alone.
//!
//! Images go through in slices; each thread takes whole slices and shares nothing but the weights. The arithmetic is
//! that of a training step's forward pass, bit for bit.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::images::{byte_values, list_rows, tile_width};
use super::kernels::gather::Gather;
use super::kernels::list::List;
use super::kernels::softmax::Softmax;
use super::lanes::LANES;
use super::lists::Lists;
use super::panels::{PANEL, Panels, padded};
use super::plan::Chain;
use super::simd::{Kernels, Simd};
use super::team::{Team, cores};
use super::{EngineError, dense_of};
use crate::model::Sequential;

/// Images a slice.
const SLICE: usize = 64;

/// Computes a model's answers.
pub struct Predictor {
    chain: Chain,
    kernels: Kernels,
    values: [f32; 256],
    /// Per stage `[inputs, units]`.
    weights: Vec<Panels>,
    /// Per stage `[1, units]`.
    biases: Vec<Panels>,
    team: Team,
    /// One for each thread.
    desks: Vec<Desk>,
}

/// One thread's working memory.
struct Desk {
    lists: Vec<Lists>,
    outputs: Vec<Panels>,
}

impl Predictor {
    /// A predictor for `model`, which must have weights. `threads` 0: one per core.
    ///
    /// # Errors
    /// Where the layers do not fit together, have no weights, or threads cannot be had.
    pub fn new(model: &Sequential, threads: usize) -> Result<Self, EngineError> {
        let chain = Chain::new(model)?;
        let kernels = Simd::detect()?.kernels();
        let (mut weights, mut biases) = (Vec::new(), Vec::new());
        for stage in &chain.stages {
            let dense = dense_of(model, stage)?;
            let mut panels = Panels::zeros(stage.inputs, stage.units);
            panels.fill(0, stage.units, &dense.weights);
            weights.push(panels);
            let mut panels = Panels::zeros(1, stage.units);
            panels.fill(0, stage.units, &dense.bias);
            biases.push(panels);
        }
        let team = Team::new(if threads == 0 { cores() } else { threads })?;
        let desks = (0..team.threads()).map(|_| Desk::new(&chain)).collect();
        Ok(Self { chain, kernels, values: byte_values(), weights, biases, team, desks })
    }

    /// Numbers an image gives: the last layer's outputs.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.chain.classes()
    }

    /// The last layer's outputs `[images, classes]` for `pixels` `[images, height, width]` (0 background, 255 ink).
    /// A last piece that is no whole image is left out.
    pub fn predict(&mut self, pixels: &[u8]) -> Vec<f32> {
        let mut out = vec![0.0; pixels.len() / self.chain.pixels * self.chain.classes()];
        self.predict_into(pixels, &mut out);
        out
    }

    /// As [`predict`](Predictor::predict), into memory that the caller has: as many images as fit in both.
    pub fn predict_into(&mut self, pixels: &[u8], out: &mut [f32]) {
        let (size, classes) = (self.chain.pixels, self.chain.classes());
        let images = (pixels.len() / size).min(out.len() / classes);
        let (pixels, out) = (&pixels[..images * size], &mut out[..images * classes]);
        if images <= SLICE || self.team.threads() == 1 {
            let desk = &mut self.desks[0];
            for (pixels, out) in pixels.chunks(SLICE * size).zip(out.chunks_mut(SLICE * classes)) {
                slice(
                    &self.chain,
                    &self.kernels,
                    &self.values,
                    &self.weights,
                    &self.biases,
                    desk,
                    pixels,
                    out,
                );
            }
            return;
        }
        let (chain, kernels, values, weights, biases) =
            (&self.chain, &self.kernels, &self.values, &self.weights, &self.biases);
        let next = AtomicUsize::new(0);
        let work: Vec<_> = pixels
            .chunks(SLICE * size)
            .zip(out.chunks_mut(SLICE * classes))
            .map(|pair| std::sync::Mutex::new(Some(pair)))
            .collect();
        let desks: Vec<_> = self.desks.iter_mut().map(std::sync::Mutex::new).collect();
        self.team.run(&|thread| {
            let Ok(mut desk) = desks[thread].lock() else { return };
            while let Some(job) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
                let Some((pixels, out)) = job.lock().ok().and_then(|mut job| job.take()) else { continue };
                slice(chain, kernels, values, weights, biases, &mut desk, pixels, out);
            }
        });
    }
}

impl Desk {
    fn new(chain: &Chain) -> Self {
        let lists = chain.stages.iter().enumerate().map(|(at, stage)| {
            let tile = if at == 0 { tile_width(stage.inputs, super::PIXEL_TILE) } else { PANEL };
            Lists::new(SLICE, if at == 0 { stage.inputs } else { padded(stage.inputs) }, tile, false)
        });
        let lists = lists.collect();
        let outputs = chain.stages.iter().map(|stage| Panels::zeros(SLICE, stage.units));
        Self { lists, outputs: outputs.chain([Panels::zeros(SLICE, chain.classes())]).collect() }
    }
}

/// Runs up to [`SLICE`] images through the chain.
#[allow(clippy::too_many_arguments)]
fn slice(
    chain: &Chain,
    kernels: &Kernels,
    values: &[f32; 256],
    weights: &[Panels],
    biases: &[Panels],
    desk: &mut Desk,
    pixels: &[u8],
    out: &mut [f32],
) {
    let classes = chain.classes();
    let rows = (0, out.len() / classes);
    list_rows(pixels, chain.pixels, values, &mut desk.lists[0]);
    for (at, stage) in chain.stages.iter().enumerate() {
        let columns = padded(stage.units);
        for first in (0..columns / LANES).step_by(PANEL / LANES) {
            let vectors = (columns / LANES - first).min(PANEL / LANES);
            let (place, stride) = weights[at].place(first);
            let (out_place, out_stride) = desk.outputs[at].place(first);
            // SAFETY: panels and lists have the sizes that the kernels are told, rows are at most `SLICE`, and the
            // desk is borrowed mutably: nobody else writes there. The kernels fit the processor (`Simd::kernels`).
            unsafe {
                let values = desk.outputs[at].as_mut_ptr().add(out_place);
                let lists = &desk.lists[at];
                (kernels.gather)(&Gather {
                    rows,
                    entries: lists.by_row.as_ptr(),
                    counts: lists.row_counts.as_ptr(),
                    capacity: lists.rows,
                    tile: lists.tile,
                    tiles: lists.tiles,
                    weights: weights[at].as_ptr().add(place),
                    stride,
                    vectors,
                    start: biases[at].as_ptr().add(first * LANES),
                    relu: stage.relu,
                    gate: std::ptr::null(),
                    out: values,
                    out_stride,
                });
                if let Some(lists) = desk.lists.get_mut(at + 1) {
                    let lists = lists.at();
                    (kernels.list)(&List {
                        rows,
                        values,
                        stride: out_stride,
                        first_vector: first,
                        vectors,
                        lists,
                    });
                }
            }
        }
    }
    let last = chain.stages.len() - 1;
    let (logits, probabilities) = desk.outputs.split_at_mut(last + 1);
    let mut answers = &logits[last];
    if chain.softmax {
        // SAFETY: both matrices are `[SLICE, classes]`, and without labels nothing else is read or written.
        unsafe {
            (kernels.softmax)(&Softmax {
                rows,
                capacity: SLICE,
                classes,
                logits: logits[last].as_ptr(),
                out: probabilities[0].as_mut_ptr(),
                labels: std::ptr::null(),
                scale: 1.0,
                losses: std::ptr::null_mut(),
                correct: std::ptr::null_mut(),
            });
        }
        answers = &probabilities[0];
    }
    for (row, out) in out.chunks_exact_mut(classes).enumerate() {
        for (class, out) in out.iter_mut().enumerate() {
            *out = answers.get(row, class);
        }
    }
}
