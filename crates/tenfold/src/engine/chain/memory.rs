//! The memory of training, allocated once: each layer's weights, optimiser state and outputs, and what each thread keeps
//! for itself. It does not compute.

use super::images::PixelColumns;
use super::masks::Masks;
use super::panels::{Panels, padded};
use super::plan::Stage;

/// Images a slice at most.
pub(crate) const SLICE: usize = 128;

/// What a thread prepares for itself on the way back: transposed weights and inputs by unit. Each makes its own: that
/// takes less time than to fetch another's from its cache.
pub(crate) struct Desk {
    /// Per stage `[padded units, padded inputs]`, of which a thread fills the inputs it goes back to; none for the first.
    pub(crate) transposes: Vec<Panels>,
    pub(crate) pixels: PixelColumns,
    /// `[unit][SLICE / 64]`, of the widest hidden layer.
    pub(crate) masks: Vec<u64>,
}

/// One dense layer's weights and working memory.
pub(crate) struct StageMemory {
    /// `[padded inputs + 1, units]`; the last row is the bias.
    pub(crate) w: Panels,
    /// The optimiser's state, where it has one.
    pub(crate) state: [Panels; 2],
    /// The gradient between slices, where a batch has several.
    pub(crate) kept: Panels,
    /// `[slice, units]`, for this slice and the next.
    pub(crate) out: [(Panels, Masks); 2],
    /// `[slice, units]`: the loss's gradient.
    pub(crate) delta: (Panels, Masks),
    /// Rows of `w` that can change.
    pub(crate) used: Vec<u32>,
}

impl StageMemory {
    pub(crate) fn unpack(&self, panels: &Panels, stage: &Stage) -> (Vec<f32>, Vec<f32>) {
        let bias = padded(stage.inputs);
        (panels.read(0..stage.inputs, stage.units), panels.read(bias..bias + 1, stage.units))
    }

    pub(crate) fn at(&mut self) -> StageAt {
        let [m, v] = &mut self.state;
        StageAt {
            w: self.w.as_mut_ptr(),
            m: m.as_mut_ptr(),
            v: v.as_mut_ptr(),
            kept: self.kept.as_mut_ptr(),
            out: self.out.each_mut().map(|(out, masks)| (out.as_mut_ptr(), masks.as_mut_ptr())),
            delta: self.delta.0.as_mut_ptr(),
            delta_masks: self.delta.1.as_mut_ptr(),
            used: self.used.as_ptr(),
            used_count: self.used.len(),
        }
    }
}

impl Desk {
    pub(crate) fn transpose((at, stage): (usize, &Stage)) -> Panels {
        if at == 0 { Panels::none() } else { Panels::zeros(padded(stage.units), stage.inputs) }
    }
}

/// Where a [`StageMemory`] lies.
pub(crate) struct StageAt {
    pub(crate) w: *mut f32,
    pub(crate) m: *mut f32,
    pub(crate) v: *mut f32,
    pub(crate) kept: *mut f32,
    /// With their masks.
    pub(crate) out: [(*mut f32, *mut u16); 2],
    pub(crate) delta: *mut f32,
    pub(crate) delta_masks: *mut u16,
    pub(crate) used: *const u32,
    pub(crate) used_count: usize,
}
