//! Lists of numbers eight at a time.

/// Lists of numbers in eights, which the compiler makes vectors of.
pub(super) fn eights<T>(list: &[T]) -> &[[T; 8]] {
    list.as_chunks().0
}

/// Eight numbers, all worked out before any is stored.
#[inline(always)]
pub(super) fn each<T: Copy + Default>(of: impl Fn(usize) -> T) -> [T; 8] {
    let mut lanes = [T::default(); 8];
    for (lane, value) in lanes.iter_mut().enumerate() {
        *value = of(lane);
    }
    lanes
}
