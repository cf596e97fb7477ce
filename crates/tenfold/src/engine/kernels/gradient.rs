//! The gradient of a dense layer's weights, one input's row at a time, and its update at once: the row is summed in
//! registers, and the optimiser moves w, m and v in the same pass. The gradient as a matrix never exists, unless a batch
//! comes in several slices: then it is kept between them.
//!
//! Where there are registers enough, a row's update waits, and goes between the next row's multiply-adds: the one waits for
//! roots and divisions, the other for loads.
//!
//! `g[i] = Σ_r x[r, i]·d[r]`, over the rows r in order where x is not zero. It does not compute the d.

use super::update::{AdamLanes, MomentumLanes, Rule, SgdLanes, Update};
use crate::engine::chain::elements::{Elements, LitPixels, SetBits};
use crate::engine::chain::panels::place;
use crate::engine::lanes::{LANES, Lanes};

/// Where the inputs come from, by unit.
#[derive(Clone, Copy)]
pub(crate) enum Inputs {
    /// [`PixelColumns`](crate::engine::chain::images::PixelColumns); `values` says what a byte means.
    Pixels { capacity: usize, pairs: *const [u8; 2], counts: *const u32, values: *const f32 },
    /// A matrix `[capacity, columns]` in panels, and its masks by unit, `blocks` words a unit; for one vector masks are not
    /// read. After the columns one unit more, which is 1 in all `rows`: its weights are the bias.
    Units {
        capacity: usize,
        columns: usize,
        rows: usize,
        values: *const f32,
        masks: *const u64,
        blocks: usize,
    },
}

/// What [`run`] works on. Pointers to columns point at the first of `vectors` vectors of them.
pub(crate) struct Gradient {
    /// Units (rows of the weights) to go through.
    pub(crate) units: *const u32,
    pub(crate) unit_count: usize,
    pub(crate) inputs: Inputs,
    /// `[rows][columns]`, the gradient of the layer's outputs.
    pub(crate) delta: *const f32,
    pub(crate) delta_stride: usize,
    /// 1..=4.
    pub(crate) vectors: usize,
    /// `[units][columns]`, `stride` floats from row to row, and the optimiser's state alike.
    pub(crate) w: *mut f32,
    pub(crate) m: *mut f32,
    pub(crate) v: *mut f32,
    pub(crate) stride: usize,
    /// The gradient kept between slices, strides as `w`.
    pub(crate) kept: *mut f32,
    /// Begin with what is kept.
    pub(crate) resume: bool,
    /// None: keep the gradient for the next slice.
    pub(crate) rule: Option<Rule>,
}

/// # Safety
/// The pointers hold what their comments say, and nobody else touches these columns of these units meanwhile.
#[inline(always)]
pub(crate) unsafe fn run<V: Lanes>(gradient: &Gradient) {
    // SAFETY: handed on.
    unsafe {
        match gradient.rule {
            None => columns::<V, _>(gradient, Keep { kept: gradient.kept, w: gradient.w }),
            Some(Rule::Sgd { learning_rate }) => columns::<V, _>(gradient, SgdLanes::new(learning_rate)),
            Some(Rule::Momentum { learning_rate, momentum, nesterov: false }) => {
                columns::<V, _>(gradient, MomentumLanes::<V, false>::new(learning_rate, momentum));
            }
            Some(Rule::Momentum { learning_rate, momentum, nesterov: true }) => {
                columns::<V, _>(gradient, MomentumLanes::<V, true>::new(learning_rate, momentum));
            }
            Some(Rule::Adam { alpha, rest_1, rest_2, epsilon }) => {
                columns::<V, _>(gradient, AdamLanes::<V, false>::new(alpha, rest_1, rest_2, epsilon, 0.0));
            }
            Some(Rule::AdamW { alpha, rest_1, rest_2, epsilon, shrink }) => {
                columns::<V, _>(gradient, AdamLanes::<V, true>::new(alpha, rest_1, rest_2, epsilon, shrink));
            }
        }
    }
}

#[inline(always)]
unsafe fn columns<V: Lanes, U: Update<V>>(gradient: &Gradient, update: U) {
    // SAFETY: handed on.
    unsafe {
        match gradient.vectors {
            1 if V::PARTS == 1 => one_column::<V, U, 8>(gradient, update),
            1 => one_column::<V, U, 4>(gradient, update),
            2 => each_unit::<V, U, 2>(gradient, update),
            3 => each_unit::<V, U, 3>(gradient, update),
            _ => each_unit::<V, U, 4>(gradient, update),
        }
    }
}

#[inline(always)]
unsafe fn each_unit<V: Lanes, U: Update<V>, const N: usize>(gradient: &Gradient, update: U) {
    let mut waiting = None;
    // SAFETY: as `run` demands.
    unsafe {
        for at in 0..gradient.unit_count {
            unit::<V, U, N>(gradient, update, *gradient.units.add(at) as usize, &mut waiting);
            // Of more registers than one a vector there are none left to keep a row in.
            if V::PARTS > 1 {
                finish(gradient, update, &mut waiting);
            }
        }
        finish(gradient, update, &mut waiting);
    }
}

/// A row whose gradient is summed, and whose update waits.
struct Waiting<V, const N: usize> {
    offset: usize,
    sums: [V; N],
}

impl<V: Lanes, const N: usize> Waiting<V, N> {
    /// The update of vector `k`.
    #[inline(always)]
    unsafe fn update<U: Update<V>>(&self, gradient: &Gradient, update: U, k: usize) {
        let at = self.offset + k * LANES;
        // SAFETY: as `run` demands.
        unsafe {
            update.apply(
                self.sums[k],
                gradient.w.add(at),
                gradient.m.wrapping_add(at),
                gradient.v.wrapping_add(at),
            );
        }
    }
}

/// The update of a row that waits, at once.
#[inline(always)]
unsafe fn finish<V: Lanes, U: Update<V>, const N: usize>(
    gradient: &Gradient,
    update: U,
    waiting: &mut Option<Waiting<V, N>>,
) {
    if let Some(waiting) = waiting.take() {
        for k in 0..N {
            // SAFETY: as `run` demands.
            unsafe { waiting.update(gradient, update, k) }
        }
    }
}

/// One vector of columns: its sum would wait for itself at every row. So `G` units that lie side by side go together, zeros
/// included: they add nothing to sums that begin at 0, as long as the gradients d are finite, as they are with a finite loss.
/// No masks are read.
#[inline(always)]
unsafe fn one_column<V: Lanes, U: Update<V>, const G: usize>(gradient: &Gradient, update: U) {
    let Inputs::Units { columns, .. } = gradient.inputs else {
        // SAFETY: handed on.
        return unsafe { each_unit::<V, U, 1>(gradient, update) };
    };
    let mut at = 0;
    // SAFETY: as `run` demands.
    unsafe {
        while at < gradient.unit_count {
            let first = *gradient.units.add(at) as usize;
            if first == columns {
                let mut waiting = None;
                unit::<V, U, 1>(gradient, update, first, &mut waiting);
                finish(gradient, update, &mut waiting);
                at += 1;
            } else if at + G <= gradient.unit_count
                && *gradient.units.add(at + G - 1) as usize == first + G - 1
                && first % LANES + G <= LANES
            {
                together::<V, U, G>(gradient, update, first);
                at += G;
            } else {
                together::<V, U, 1>(gradient, update, first);
                at += 1;
            }
        }
    }
}

/// The rows of the weights of the `G` units from `first` on, of one vector each.
#[inline(always)]
unsafe fn together<V: Lanes, U: Update<V>, const G: usize>(gradient: &Gradient, update: U, first: usize) {
    let Inputs::Units { capacity, columns, rows, values, .. } = gradient.inputs else { return };
    // SAFETY: as `run` demands.
    unsafe {
        let mut sums = [V::splat(0.0); G];
        if gradient.resume {
            for (k, sum) in sums.iter_mut().enumerate() {
                *sum = V::load(gradient.kept.add((first + k) * gradient.stride));
            }
        }
        let (start, stride) = place(capacity, columns, first / LANES);
        let values = values.add(start + first % LANES);
        for row in 0..rows {
            let delta = V::load(gradient.delta.add(row * gradient.delta_stride));
            for (k, sum) in sums.iter_mut().enumerate() {
                *sum = V::splat(*values.add(row * stride + k)).mul_add(delta, *sum);
            }
        }
        for (k, &sum) in sums.iter().enumerate() {
            let at = (first + k) * gradient.stride;
            update.apply(sum, gradient.w.add(at), gradient.m.wrapping_add(at), gradient.v.wrapping_add(at));
        }
    }
}

/// Sums one unit's row of the gradient, which then waits for its update; that of the row that `waiting` holds goes before.
#[inline(always)]
unsafe fn unit<V: Lanes, U: Update<V>, const N: usize>(
    gradient: &Gradient,
    update: U,
    unit: usize,
    waiting: &mut Option<Waiting<V, N>>,
) {
    // SAFETY: as `run` demands.
    unsafe {
        let offset = unit * gradient.stride;
        let mut sums = [V::splat(0.0); N];
        if gradient.resume {
            for (k, sum) in sums.iter_mut().enumerate() {
                *sum = V::load(gradient.kept.add(offset + k * LANES));
            }
        }
        match gradient.inputs {
            Inputs::Pixels { capacity, pairs, counts, values } => {
                let count = *counts.add(unit) as usize;
                if count == 0 && !gradient.resume {
                    for at in (offset..).step_by(LANES).take(N) {
                        update.apply_zero(
                            gradient.w.add(at),
                            gradient.m.wrapping_add(at),
                            gradient.v.wrapping_add(at),
                        );
                    }
                    return;
                }
                let at = pairs.add(unit * capacity);
                let end = at.add(count);
                add(gradient, update, 0, &mut sums, LitPixels { at, end, values }, waiting);
            }
            Inputs::Units { columns, rows, .. } if unit == columns => {
                for row in 0..rows {
                    let delta = gradient.delta.add(row * gradient.delta_stride);
                    for (k, sum) in sums.iter_mut().enumerate() {
                        *sum = sum.add(V::load(delta.add(k * LANES)));
                    }
                }
            }
            Inputs::Units { capacity, columns, rows, values, masks, blocks } => {
                let (start, stride) = place(capacity, columns, unit / LANES);
                let values = values.add(start + unit % LANES);
                for block in 0..rows.div_ceil(64) {
                    let bits = *masks.add(unit * blocks + block);
                    let values = values.add(block * 64 * stride);
                    let elements = SetBits { bits, values, stride };
                    add(gradient, update, block * 64, &mut sums, elements, waiting);
                }
            }
        }
        finish(gradient, update, waiting);
        *waiting = Some(Waiting { offset, sums });
    }
}

/// Adds `x·d[first + r]` for every element (r, x), and updates the row that waits between the first of them.
#[inline(always)]
unsafe fn add<V: Lanes, U: Update<V>, E: Elements, const N: usize>(
    gradient: &Gradient,
    update: U,
    first: usize,
    sums: &mut [V; N],
    mut elements: E,
    waiting: &mut Option<Waiting<V, N>>,
) {
    // SAFETY: as `run` demands.
    unsafe {
        let delta = gradient.delta.add(first * gradient.delta_stride);
        if let Some(waiting) = waiting.take() {
            for k in 0..N {
                if let Some(element) = elements.next() {
                    add_one(gradient, delta, sums, element);
                }
                waiting.update(gradient, update, k);
            }
        }
        while let Some(element) = elements.next() {
            add_one(gradient, delta, sums, element);
        }
    }
}

/// Adds `x·d[r]` for one element (r, x), where row 0 is at `delta`.
#[inline(always)]
unsafe fn add_one<V: Lanes, const N: usize>(
    gradient: &Gradient,
    delta: *const f32,
    sums: &mut [V; N],
    (row, value): (usize, *const f32),
) {
    // SAFETY: as `run` demands.
    unsafe {
        let x = V::splat(*value);
        let delta = delta.add(row * gradient.delta_stride);
        for (k, sum) in sums.iter_mut().enumerate() {
            *sum = x.mul_add(V::load(delta.add(k * LANES)), *sum);
        }
    }
}

/// Not an update: keeps the gradient for the next slice.
#[derive(Clone, Copy)]
struct Keep {
    kept: *mut f32,
    w: *mut f32,
}

impl<V: Lanes> Update<V> for Keep {
    #[inline(always)]
    unsafe fn apply(&self, gradient: V, w: *mut f32, _m: *mut f32, _v: *mut f32) {
        // SAFETY: `kept` has the layout of `w`, of which `w` here is a place.
        unsafe { gradient.store(self.kept.offset(w.offset_from(self.w))) }
    }
}
