//! From the pen's strokes to an image: fits the ink into 20×20, draws it anti-aliased, and places it by its centre of
//! mass at the middle of 28×28, as the makers of MNIST did (LeCun, Bottou, Bengio, Haffner 1998, section III).

/// Height and width of an image.
pub(in crate::data) const SIZE: usize = 28;
/// The longest side of the ink.
const BOX: f32 = 20.0;
/// Ink is drawn with this many pixels of margin, then moved.
const MARGIN: f32 = 4.0;

/// A point of a stroke with the pen's radius there; x and y in any unit, the radius in pixels of the final image.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dab {
    pub x: f32,
    pub y: f32,
    pub radius: f32,
}

/// Scales and moves the strokes so that the longest side of their ink is 20 pixels and starts at `MARGIN`.
fn fit(strokes: &mut [Vec<Dab>], phase: f32, softness: f32) {
    // A soft edge reaches further than a pixel's own half.
    let side = BOX - 0.02 - (softness - 1.0).max(0.0);
    for _ in 0..3 {
        let bounds = bounds(strokes);
        let [width, height] = [bounds[1] - bounds[0], bounds[3] - bounds[2]];
        let bare = bare_extent(strokes);
        let horizontal = width > height;
        let ink = if horizontal { width } else { height };
        let extent = if horizontal { bare[0] } else { bare[1] }.max(1e-3);
        // The pen's radius does not scale: only the bare path is stretched to fill what the radius leaves.
        let scale = ((side - (ink - extent)) / extent).max(0.01);
        for dab in strokes.iter_mut().flatten() {
            dab.x *= scale;
            dab.y *= scale;
        }
    }
    let bounds = bounds(strokes);
    let horizontal = bounds[1] - bounds[0] > bounds[3] - bounds[2];
    let (dx, dy) = if horizontal {
        (MARGIN + 0.5 * (BOX - side) - bounds[0], 14.0 - 0.5 * (bounds[2] + bounds[3]) + phase)
    } else {
        (14.0 - 0.5 * (bounds[0] + bounds[1]) + phase, MARGIN + 0.5 * (BOX - side) - bounds[2])
    };
    for dab in strokes.iter_mut().flatten() {
        dab.x += dx;
        dab.y += dy;
    }
}

/// [left, right, top, bottom] of the ink.
fn bounds(strokes: &[Vec<Dab>]) -> [f32; 4] {
    strokes.iter().flatten().fold([f32::MAX, f32::MIN, f32::MAX, f32::MIN], |b, dab| {
        [
            b[0].min(dab.x - dab.radius),
            b[1].max(dab.x + dab.radius),
            b[2].min(dab.y - dab.radius),
            b[3].max(dab.y + dab.radius),
        ]
    })
}

/// [width, height] of the path without the pen's width.
fn bare_extent(strokes: &[Vec<Dab>]) -> [f32; 2] {
    let b = strokes.iter().flatten().fold([f32::MAX, f32::MIN, f32::MAX, f32::MIN], |b, dab| {
        [b[0].min(dab.x), b[1].max(dab.x), b[2].min(dab.y), b[3].max(dab.y)]
    });
    [b[1] - b[0], b[3] - b[2]]
}

/// Draws the strokes as a 28×28 image, 0 background to 255 ink. `phase` (in ±0.5) moves the shorter side against the
/// pixel grid; `noise` gives a number in ±1 for each edge pixel, by which the paper's grain moves its grey.
pub(in crate::data) fn draw(
    strokes: &mut [Vec<Dab>],
    phase: f32,
    softness: f32,
    mut noise: impl FnMut() -> f32,
) -> [u8; SIZE * SIZE] {
    fit(strokes, phase, softness);
    let mut ink = [0f32; SIZE * SIZE];
    for stroke in strokes.iter() {
        if let [dab] = stroke[..] {
            segment(&mut ink, dab, dab, softness);
        }
        for pair in stroke.windows(2) {
            segment(&mut ink, pair[0], pair[1], softness);
        }
    }
    place(&ink, &mut noise)
}

/// Covers the pixels of one step of the pen, a line whose ends are round: 1 inside, falling to 0 over `softness` pixels.
fn segment(ink: &mut [f32; SIZE * SIZE], a: Dab, b: Dab, softness: f32) {
    let reach = a.radius.max(b.radius) + 0.5 * softness;
    let range = |p: f32, q: f32| {
        let low = (p.min(q) - reach - 0.5).max(0.0) as usize;
        let high = (p.max(q) + reach + 0.5).clamp(0.0, SIZE as f32) as usize;
        low..high
    };
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    let per_length = 1.0 / (dx * dx + dy * dy).max(1e-6);
    let (slope, sharp) = (b.radius - a.radius, 1.0 / softness);
    let columns = range(a.x, b.x);
    for row in range(a.y, b.y) {
        let py = row as f32 + 0.5 - a.y;
        for column in columns.clone() {
            let px = column as f32 + 0.5 - a.x;
            let t = ((px * dx + py * dy) * per_length).clamp(0.0, 1.0);
            let (ex, ey) = (px - t * dx, py - t * dy);
            let inside = a.radius + t * slope - (ex * ex + ey * ey).sqrt();
            let pixel = &mut ink[row * SIZE + column];
            *pixel = pixel.max(inside * sharp + 0.5);
        }
    }
}

/// Moves the centre of mass to the middle by whole pixels, and turns cover into grey levels.
fn place(ink: &[f32; SIZE * SIZE], noise: &mut impl FnMut() -> f32) -> [u8; SIZE * SIZE] {
    let mut grey = [0u8; SIZE * SIZE];
    let (mut mass, mut sum_x, mut sum_y) = (0u32, 0u32, 0u32);
    for (i, (&cover, grey)) in ink.iter().zip(&mut grey).enumerate() {
        if cover <= 0.0 {
            continue;
        }
        let cover = cover.min(1.0);
        // An S-shaped edge: more of very light and very dark than of middle grey, as in an averaged scan.
        let cover = cover * cover * (3.0 - 2.0 * cover);
        let grain = if cover < 1.0 { 0.6 * noise() * cover * (1.0 - cover) } else { 0.0 };
        *grey = ((cover + grain).clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
        mass += u32::from(*grey);
        sum_x += u32::from(*grey) * (i % SIZE) as u32;
        sum_y += u32::from(*grey) * (i / SIZE) as u32;
    }
    let mut image = [0u8; SIZE * SIZE];
    if mass == 0 {
        return image;
    }
    let shift = |sum: u32| (14.0 - sum as f32 / mass as f32).round() as isize;
    let (dx, dy) = (shift(sum_x), shift(sum_y));
    for (i, &grey) in grey.iter().enumerate().filter(|&(_, &grey)| grey > 0) {
        let (x, y) = ((i % SIZE) as isize + dx, (i / SIZE) as isize + dy);
        if (0..SIZE as isize).contains(&x) && (0..SIZE as isize).contains(&y) {
            image[y as usize * SIZE + x as usize] = grey;
        }
    }
    image
}
