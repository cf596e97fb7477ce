//! How a scene looks, drawn at random: what is written how large, on which paper, in which light. Draws no pixels.

use super::Difficulty;
use crate::random::Stream;

/// What is printed on the paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Print {
    Nothing,
    Rules,
    Squares,
    /// A box around all.
    Frame,
    /// A box around each digit.
    Cells,
}

/// Where the light is less: a soft edge across the picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shadow {
    /// A point of the edge, as shares of width and height.
    pub at: [f32; 2],
    /// Towards the shadow; length 1.
    pub direction: [f32; 2],
    /// Of the picture's longest side.
    pub softness: f32,
    /// What is left of the light.
    pub left: f32,
}

/// All that is common to a scene. Lengths are in pixels, grey levels from 0 (black) to 255.
#[derive(Clone, Debug)]
pub(in crate::read) struct Look {
    /// Digits on each line.
    pub lines: Vec<usize>,
    /// A digit's height.
    pub height: f32,
    /// The pen's radius.
    pub pen: f32,
    /// Least distance between neighbours that do not touch.
    pub gap: f32,
    /// Pairs of neighbours that touch, of 100.
    pub touching: u32,
    /// How far digits leave the baseline, of their height.
    pub wander: f32,
    /// How much the line climbs or falls.
    pub slope: f32,
    /// Points or dashes between neighbours, of 100.
    pub separators: u32,
    pub(super) print: Print,
    /// What is left of the paper's grey where it is printed on.
    pub printed: f32,
    /// Whether the board is dark and the pen is chalk.
    pub chalk: bool,
    pub paper: f32,
    pub ink: f32,
    /// How uneven the ink is: 0 to 1.
    pub grain: f32,
    /// How the light falls off from the middle to each side, of 1.
    pub light: [f32; 2],
    pub(super) shadow: Option<Shadow>,
    /// How far the picture's corners leave their place, of its shorter side.
    pub tilt: f32,
    /// In radians.
    pub turn: f32,
    /// Standard deviation of the blur.
    pub blur: f32,
    /// Standard deviation of the noise, in grey levels.
    pub noise: f32,
    /// Spots on the paper.
    pub specks: u32,
}

/// What a difficulty allows.
struct Limits {
    height: [f32; 2],
    gap: [f32; 2],
    touching: u32,
    wander: f32,
    slope: f32,
    separators: u32,
    rules: u32,
    boxes: u32,
    printed: [f32; 2],
    contrast: f32,
    light: f32,
    shadows: u32,
    shadow: [f32; 2],
    tilt: f32,
    turn: f32,
    blur: [f32; 2],
    noise: [f32; 2],
    specks: u32,
}

const EASY: Limits = Limits {
    height: [28.0, 200.0],
    gap: [0.2, 0.5],
    touching: 0,
    wander: 0.03,
    slope: 0.01,
    separators: 0,
    rules: 0,
    boxes: 0,
    printed: [0.9, 0.95],
    contrast: 130.0,
    light: 0.02,
    shadows: 0,
    shadow: [1.0, 1.0],
    tilt: 0.0,
    turn: 0.0,
    blur: [0.3, 0.6],
    noise: [0.0, 2.0],
    specks: 0,
};

const MEDIUM: Limits = Limits {
    height: [14.0, 200.0],
    gap: [0.1, 0.5],
    touching: 3,
    wander: 0.07,
    slope: 0.03,
    separators: 2,
    rules: 25,
    boxes: 10,
    printed: [0.72, 0.92],
    contrast: 90.0,
    light: 0.15,
    shadows: 20,
    shadow: [0.6, 0.85],
    tilt: 0.03,
    turn: 0.025,
    blur: [0.3, 1.0],
    noise: [0.5, 5.0],
    specks: 5,
};

const HARD: Limits = Limits {
    height: [14.0, 200.0],
    gap: [0.06, 0.4],
    touching: 15,
    wander: 0.12,
    slope: 0.08,
    separators: 4,
    rules: 40,
    boxes: 20,
    printed: [0.5, 0.85],
    contrast: 60.0,
    light: 0.3,
    shadows: 45,
    shadow: [0.45, 0.8],
    tilt: 0.06,
    turn: 0.06,
    blur: [0.4, 1.6],
    noise: [2.0, 11.0],
    specks: 20,
};

impl Look {
    /// A look within what `difficulty` allows.
    pub fn new(difficulty: Difficulty, r: &mut Stream) -> Self {
        let limits = match difficulty {
            Difficulty::Easy => &EASY,
            Difficulty::Medium => &MEDIUM,
            Difficulty::Hard => &HARD,
        };
        let between = |r: &mut Stream, [low, high]: [f32; 2]| r.range(low, high);
        let lines = lines(r);
        let height =
            limits.height[0] * libm::expf(r.unit() * libm::logf(limits.height[1] / limits.height[0]));
        // A hairline's diameter is a thirtieth of the height, a marker's a sixth.
        let pen = (0.5 * height * 0.033 * libm::expf(r.unit() * libm::logf(5.0))).max(0.65);
        // Far away, the lens blurs no more pixels than near.
        let blur = between(r, limits.blur).min(0.02 * height + 0.25);
        let gap = (between(r, limits.gap) * height).max(2.0 + 2.0 * blur);
        let print = print(limits, r);
        let chalk = r.chance(20);
        let (paper, ink) = greys(chalk, limits.contrast, r);
        Self {
            lines,
            height,
            pen,
            gap,
            touching: limits.touching,
            wander: limits.wander * r.unit(),
            slope: limits.slope * r.range(-1.0, 1.0),
            separators: if r.chance(30) { 3 * limits.separators } else { 0 },
            print,
            printed: between(r, limits.printed),
            chalk,
            paper,
            ink,
            grain: if chalk { r.range(0.2, 0.5) } else { r.range(0.0, 0.25) },
            light: [limits.light * r.range(-1.0, 1.0), limits.light * r.range(-1.0, 1.0)],
            shadow: r.chance(limits.shadows).then(|| Shadow::new(limits.shadow, r)),
            tilt: limits.tilt * r.unit(),
            turn: limits.turn * r.range(-1.0, 1.0),
            blur,
            noise: between(r, limits.noise),
            specks: r.below(limits.specks + 1),
        }
    }
}

/// 1 to 12 digits; a few long ones on more than one line.
fn lines(r: &mut Stream) -> Vec<usize> {
    let digits = 1 + r.below(12) as usize;
    let most = match r.below(100) {
        0..75 => 1,
        75..92 => 2,
        _ => 3,
    };
    let count = most.min(digits / 2).max(1);
    (0..count).map(|line| (digits + line) / count).collect()
}

fn print(limits: &Limits, r: &mut Stream) -> Print {
    let draw = r.below(100);
    let second = r.chance(50);
    if draw < limits.boxes {
        [Print::Frame, Print::Cells][usize::from(second)]
    } else if draw < limits.boxes + limits.rules {
        [Print::Rules, Print::Squares][usize::from(second)]
    } else {
        Print::Nothing
    }
}

/// The greys of paper and ink, at least `contrast` apart.
fn greys(chalk: bool, contrast: f32, r: &mut Stream) -> (f32, f32) {
    let paper = if chalk { r.range(20.0, 75.0) } else { r.range(165.0, 250.0) };
    let ink =
        if chalk { r.range(paper + contrast, 250.0) } else { r.range(12.0, (paper - contrast).min(110.0)) };
    (paper, ink)
}

impl Shadow {
    fn new(left: [f32; 2], r: &mut Stream) -> Self {
        let (sin, cos) = libm::sincosf(r.range(0.0, core::f32::consts::TAU));
        Self {
            at: [r.range(0.15, 0.85), r.range(0.15, 0.85)],
            direction: [cos, sin],
            softness: r.range(0.03, 0.2),
            left: r.range(left[0], left[1]),
        }
    }
}
