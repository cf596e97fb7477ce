//! Sixteen images' bytes as one plane of a pack, 0..=255 → [0, 1]. Empty lanes become black.

use crate::engine::lanes::{LANES, Lanes};

/// What [`run`] works on.
pub(crate) struct Pixels {
    /// `[16]` images of `height` · `width` bytes each, one after the other.
    pub(crate) bytes: *const u8,
    pub(crate) height: usize,
    pub(crate) width: usize,
    /// Where the plane's first row begins, and floats from row to row.
    pub(crate) out: *mut f32,
    pub(crate) row: usize,
}

/// # Safety
/// `bytes` holds the sixteen images and fifteen bytes more; `out` holds the rows.
#[inline(always)]
pub(crate) unsafe fn run<V: Lanes>(pixels: &Pixels) {
    let size = pixels.height * pixels.width;
    // SAFETY: as above.
    unsafe {
        let scale = V::splat(1.0 / 255.0);
        for y in 0..pixels.height {
            for x in (0..pixels.width).step_by(LANES) {
                let mut block = [[0.0; LANES]; LANES];
                for (image, row) in block.iter_mut().enumerate() {
                    let bytes = pixels.bytes.add(image * size + y * pixels.width + x);
                    V::from_bytes(bytes).mul(scale).store(row.as_mut_ptr());
                }
                let out = pixels.out.add(y * pixels.row + x * LANES);
                if x + LANES <= pixels.width {
                    V::transpose(block.as_ptr().cast(), LANES, out, LANES);
                } else {
                    let mut turned = [[0.0; LANES]; LANES];
                    V::transpose(block.as_ptr().cast(), LANES, turned.as_mut_ptr().cast(), LANES);
                    let columns = pixels.width - x;
                    std::ptr::copy_nonoverlapping(turned.as_ptr().cast(), out, columns * LANES);
                }
            }
        }
    }
}
