//! What lies over a digit that is not the digit: pen lines and dots across the paper, splashes.

use super::between;
use super::field::Field;
use crate::random::Stream;

pub(super) fn apply(stream: &mut Stream, field: &mut Field, image: &mut [u8], shape: [usize; 2]) {
    if stream.below(3) == 0 {
        splash(stream, field, image);
        return;
    }
    for _ in 0..between(stream, 1, 2) {
        line(stream, image, shape);
    }
}

/// White where a fine random field is high: a quarter of the paper at most.
fn splash(stream: &mut Stream, field: &mut Field, image: &mut [u8]) {
    let step = between(stream, 3, 5);
    let dry = between(stream, 145, 200);
    for (pixel, &wet) in image.iter_mut().zip(field.draw(stream, step)) {
        let cover = u32::from(wet).saturating_sub(dry) * 8;
        *pixel = (*pixel).max(cover.min(255) as u8);
    }
}

/// A line from one edge to another whose corners stray from it; drawn through, or as dots at its corners.
fn line(stream: &mut Stream, image: &mut [u8], shape @ [height, width]: [usize; 2]) {
    let (tall, wide) = (height as f32 - 1.0, width as f32 - 1.0);
    // Top, left, bottom, right.
    let (from, to) = [(0, 2), (1, 3), (0, 1), (2, 3)][stream.below(4) as usize];
    let mut edge = |side: u32| match side {
        0 => (0.0, stream.range(0.0, wide)),
        1 => (stream.range(0.0, tall), 0.0),
        2 => (tall, stream.range(0.0, wide)),
        _ => (stream.range(0.0, tall), wide),
    };
    let first = edge(from);
    let (from, to) = (first, edge(to));
    let radius = stream.range(0.4, 1.1);
    let stray = stream.range(0.0, 3.0) * stream.below(2) as f32;
    let step = stream.range(2.0, 5.0);
    let dotted = stream.below(2) == 0;
    let (down, across) = (to.0 - from.0, to.1 - from.1);
    let length = libm::sqrtf(down * down + across * across).max(1.0);
    let (down, across) = (down / length, across / length);
    let mut last = from;
    for corner in 0..=(length / step) as u32 {
        let (way, off) = (corner as f32 * step, stream.range(-stray, stray));
        let here = (from.0 + way * down - off * across, from.1 + way * across + off * down);
        if dotted {
            dot(image, shape, here, radius + 0.3);
        } else {
            stroke(image, shape, last, here, radius);
        }
        last = here;
    }
}

/// Dots so close that they are a line.
fn stroke(image: &mut [u8], shape: [usize; 2], from: (f32, f32), to: (f32, f32), radius: f32) {
    const DOTS: u32 = 8;
    for dot_number in 0..=DOTS {
        let part = dot_number as f32 / DOTS as f32;
        let here = (from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part);
        dot(image, shape, here, radius);
    }
}

/// A round white dot with soft edges. Square roots are exact on every machine, so the pixels are the same.
fn dot(image: &mut [u8], [height, width]: [usize; 2], (y, x): (f32, f32), radius: f32) {
    let (middle_y, middle_x) = (libm::roundf(y) as isize, libm::roundf(x) as isize);
    for row in middle_y - 2..=middle_y + 2 {
        for column in middle_x - 2..=middle_x + 2 {
            let inside = (0..height as isize).contains(&row) && (0..width as isize).contains(&column);
            if !inside {
                continue;
            }
            let (dy, dx) = (row as f32 - y, column as f32 - x);
            let cover = (radius + 0.5 - libm::sqrtf(dy * dy + dx * dx)).clamp(0.0, 1.0);
            let pixel = &mut image[row as usize * width + column as usize];
            *pixel = (*pixel).max((cover * 255.0) as u8);
        }
    }
}
