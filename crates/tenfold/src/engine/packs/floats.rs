//! Floats aligned to cache lines.

use crate::engine::lanes::LANES;

#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line([f32; LANES]);

/// Zeros, then whatever is written there.
#[derive(Default)]
pub(crate) struct Floats(Vec<Line>);

impl Floats {
    /// At least `count` zeros.
    pub(crate) fn zeros(count: usize) -> Self {
        Self(vec![Line([0.0; LANES]); count.div_ceil(LANES)])
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [f32] {
        // SAFETY: a line is sixteen floats and nothing else.
        unsafe { std::slice::from_raw_parts_mut(self.as_mut_ptr(), self.0.len() * LANES) }
    }

    pub(crate) fn as_ptr(&self) -> *const f32 {
        self.0.as_ptr().cast()
    }

    pub(crate) fn as_mut_ptr(&mut self) -> *mut f32 {
        self.0.as_mut_ptr().cast()
    }

    /// The value at `index`, 0 beyond the end.
    pub(crate) fn get(&self, index: usize) -> f32 {
        self.0.get(index / LANES).map_or(0.0, |line| line.0[index % LANES])
    }

    /// Sets the value at `index`, which is within.
    pub(crate) fn set(&mut self, index: usize, value: f32) {
        if let Some(line) = self.0.get_mut(index / LANES) {
            line.0[index % LANES] = value;
        }
    }

    /// Bytes it takes.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&*self.0)
    }
}
