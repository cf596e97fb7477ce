//! The nonzero elements of a row or a column, one after the other: what gather and gradient loop over.

use super::images::PixelColumnsAt;

/// Walks along nonzero elements.
pub(crate) trait Elements {
    /// The next element's index and where its value is.
    ///
    /// # Safety
    /// What the walk was made from is still there.
    unsafe fn next(&mut self) -> Option<(usize, *const f32)>;
}

/// Lit pixels as (index, byte) pairs; `values` says what a byte means.
pub(crate) struct LitPixels {
    pub(crate) at: *const [u8; 2],
    pub(crate) end: *const [u8; 2],
    pub(crate) values: *const f32,
}

impl Elements for LitPixels {
    #[inline(always)]
    unsafe fn next(&mut self) -> Option<(usize, *const f32)> {
        if self.at == self.end {
            return None;
        }
        // SAFETY: `at` is before `end`; `values` has 256 floats.
        unsafe {
            let [index, byte] = *self.at;
            self.at = self.at.add(1);
            Some((usize::from(index), self.values.add(usize::from(byte))))
        }
    }
}

/// [`LitPixels`] of `row`, each noted by pixel on the way.
pub(crate) struct NotedPixels {
    pub(crate) lit: LitPixels,
    pub(crate) row: usize,
    pub(crate) by_pixel: PixelColumnsAt,
}

impl Elements for NotedPixels {
    #[inline(always)]
    unsafe fn next(&mut self) -> Option<(usize, *const f32)> {
        let at = self.lit.at;
        // SAFETY: as for `LitPixels`; a row is walked along once, so that each of its pixels is noted once.
        unsafe {
            let next = self.lit.next()?;
            self.by_pixel.note(next.0, self.row, (*at)[1]);
            Some(next)
        }
    }
}

/// The bytes whose bit is set, of an image as it came; `values` says what a byte means.
pub(crate) struct LitBytes {
    pub(crate) bits: u64,
    pub(crate) bytes: *const u8,
    pub(crate) values: *const f32,
}

impl Elements for LitBytes {
    #[inline(always)]
    unsafe fn next(&mut self) -> Option<(usize, *const f32)> {
        if self.bits == 0 {
            return None;
        }
        let index = self.bits.trailing_zeros() as usize;
        self.bits &= self.bits - 1;
        // SAFETY: a set bit stands for a byte; `values` has 256 floats.
        Some((index, unsafe { self.values.add(usize::from(*self.bytes.add(index))) }))
    }
}

/// The elements whose bit is set; element k's value is at `values + k·stride`.
pub(crate) struct SetBits {
    pub(crate) bits: u64,
    pub(crate) values: *const f32,
    pub(crate) stride: usize,
}

impl Elements for SetBits {
    #[inline(always)]
    unsafe fn next(&mut self) -> Option<(usize, *const f32)> {
        if self.bits == 0 {
            return None;
        }
        let index = self.bits.trailing_zeros() as usize;
        self.bits &= self.bits - 1;
        // SAFETY: a set bit stands for an element.
        Some((index, unsafe { self.values.add(index * self.stride) }))
    }
}
