//! Pools: the largest value or the mean of each window, and the way back.

use crate::engine::lanes::Lanes;

/// One output position of a plane.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot {
    /// In floats.
    pub(crate) to: u32,
    /// Which of the places its window has.
    pub(crate) places: [u32; 2],
}

/// What a pool does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Max,
    Average,
}

/// What [`run`] works on: one pack.
pub(crate) struct Pool<'a> {
    pub(crate) kind: Kind,
    pub(crate) spots: &'a [Spot],
    /// Offsets in an input plane, in floats.
    pub(crate) places: &'a [u32],
    pub(crate) channels: usize,
    /// Floats from plane to plane.
    pub(crate) in_plane: usize,
    pub(crate) out_plane: usize,
    /// `[channels][places]`: in which lanes the place held the largest value. Null: nobody asks.
    pub(crate) winners: *mut u16,
    pub(crate) way: Way,
}

/// Forward or backward.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    Forward {
        input: *const f32,
        out: *mut f32,
    },
    /// From the outputs' gradient to the inputs'.
    Backward {
        dy: *const f32,
        dx: *mut f32,
        /// As `dx`; not null: where the gate is not positive, dx becomes 0.
        gate: *const f32,
        /// Adds to what is in `dx`: windows overlap, or another layer has written there.
        add: bool,
    },
}

/// # Safety
/// The pointers hold planes as said, places and spots lie in them, and every window has at least one place.
#[inline(always)]
pub(crate) unsafe fn run<V: Lanes>(pool: &Pool) {
    // SAFETY: handed on.
    unsafe {
        match pool.way {
            Way::Forward { input, out } => forward::<V>(pool, input, out),
            Way::Backward { dy, dx, gate, add } => backward::<V>(pool, dy, dx, gate, add),
        }
    }
}

#[inline(always)]
unsafe fn forward<V: Lanes>(pool: &Pool, input: *const f32, out: *mut f32) {
    // SAFETY: as `run` demands.
    unsafe {
        for channel in 0..pool.channels {
            let input = input.add(channel * pool.in_plane);
            let out = out.add(channel * pool.out_plane);
            for spot in pool.spots {
                let [begin, end] = spot.places.map(|place| place as usize);
                let places = pool.places.get_unchecked(begin..end);
                let load = |place: u32| V::load(input.add(place as usize));
                let mut value = load(*places.get_unchecked(0));
                match pool.kind {
                    Kind::Average => {
                        for &place in places.get_unchecked(1..) {
                            value = value.add(load(place));
                        }
                        value = value.mul(V::splat(1.0 / places.len() as f32));
                    }
                    Kind::Max if pool.winners.is_null() => {
                        for &place in places.get_unchecked(1..) {
                            value = load(place).at_least(value);
                        }
                    }
                    Kind::Max => {
                        for &place in places.get_unchecked(1..) {
                            value = load(place).at_least(value);
                        }
                        // The first of equals wins.
                        let winners = pool.winners.add(channel * pool.places.len() + begin);
                        let mut free = u16::MAX;
                        for (k, &place) in places.iter().enumerate() {
                            let won = free & !(value.greater(load(place)) as u16);
                            *winners.add(k) = won;
                            free &= !won;
                        }
                    }
                }
                value.store(out.add(spot.to as usize));
            }
        }
    }
}

#[inline(always)]
unsafe fn backward<V: Lanes>(pool: &Pool, dy: *const f32, dx: *mut f32, gate: *const f32, add: bool) {
    // SAFETY: as `run` demands.
    unsafe {
        for channel in 0..pool.channels {
            let dy = dy.add(channel * pool.out_plane);
            for spot in pool.spots {
                let [begin, end] = spot.places.map(|place| place as usize);
                let gradient = V::load(dy.add(spot.to as usize));
                let share = gradient.mul(V::splat(1.0 / (end - begin) as f32));
                for k in begin..end {
                    let place = channel * pool.in_plane + *pool.places.get_unchecked(k) as usize;
                    let mut part = match pool.kind {
                        Kind::Average => share,
                        Kind::Max => {
                            gradient.keep(u32::from(*pool.winners.add(channel * pool.places.len() + k)))
                        }
                    };
                    if add {
                        part = part.add(V::load(dx.add(place)));
                    }
                    if !gate.is_null() {
                        part = part.where_positive(V::load(gate.add(place)));
                    }
                    part.store(dx.add(place));
                }
            }
        }
    }
}
