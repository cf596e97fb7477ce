//! The path of a pen: nodes joined by smooth curves, turned into many short steps. Knows nothing of digits or pixels.
//!
//! Coordinates: x to the right, y down, a digit's height is about 1.

/// A point of the pen's path.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::data) struct Point {
    pub x: f32,
    pub y: f32,
}

impl Point {
    fn distance(self, other: Self) -> f32 {
        ((self.x - other.x) * (self.x - other.x) + (self.y - other.y) * (self.y - other.y)).sqrt()
    }

    fn lerp(self, other: Self, t: f32) -> Self {
        Self { x: self.x + t * (other.x - self.x), y: self.y + t * (other.y - self.y) }
    }
}

/// Part of an ellipse.
#[derive(Clone, Copy, Debug)]
pub(in crate::data) struct Arc {
    pub centre: [f32; 2],
    /// Horizontal and vertical.
    pub radii: [f32; 2],
    /// From one angle to another: 0 right, 90 down, −90 up; falling angles run anticlockwise on paper.
    pub degrees: [f32; 2],
    /// What the radii have grown by at the end.
    pub spiral: f32,
    /// How much the ellipse sinks from left to right, as a slope.
    pub lean: f32,
}

impl Arc {
    /// The point at `degrees`, with the radii times `grow`.
    pub fn at(&self, degrees: f32, grow: f32) -> Point {
        let (sin, cos) = libm::sincosf(degrees.to_radians());
        let x = self.radii[0] * grow * cos;
        Point { x: self.centre[0] + x, y: self.centre[1] + self.radii[1] * grow * sin + self.lean * x }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Join {
    /// The pen is set down here.
    Start,
    /// The path passes smoothly.
    Smooth,
    /// The path turns sharply.
    Corner,
}

/// Nodes that the pen passes, one stroke after the other.
#[derive(Debug, Default)]
pub(in crate::data) struct Path {
    nodes: Vec<(Point, Join)>,
}

impl Path {
    /// Lifts the pen and sets it down at (x, y).
    pub fn start(&mut self, x: f32, y: f32) -> &mut Self {
        self.nodes.push((Point { x, y }, Join::Start));
        self
    }

    /// Goes on to (x, y) and passes it smoothly.
    pub fn to(&mut self, x: f32, y: f32) -> &mut Self {
        self.nodes.push((Point { x, y }, Join::Smooth));
        self
    }

    /// Goes on to (x, y) and turns sharply there.
    pub fn corner(&mut self, x: f32, y: f32) -> &mut Self {
        self.nodes.push((Point { x, y }, Join::Corner));
        self
    }

    /// Goes along part of an ellipse.
    pub fn arc(&mut self, arc: &Arc) -> &mut Self {
        let [from, to] = arc.degrees;
        let steps = ((to - from).abs() / 38.0).floor() + 1.0;
        for step in 0..=steps as usize {
            let t = step as f32 / steps;
            let point = arc.at(from + t * (to - from), 1.0 + arc.spiral * t);
            self.to(point.x, point.y);
        }
        self
    }

    /// Moves each node.
    pub fn move_nodes(&mut self, mut to: impl FnMut(Point) -> Point) {
        for (node, _) in &mut self.nodes {
            *node = to(*node);
        }
    }

    /// The strokes, each as points about `step` apart on smooth curves through the nodes
    /// (cubic Hermite with chord-length tangents; Catmull and Rom 1974 in the chordal form).
    pub fn strokes(&self, step: f32) -> Vec<Vec<Point>> {
        let mut strokes = Vec::with_capacity(3);
        let mut begin = 0;
        while begin < self.nodes.len() {
            let mut end = begin + 1;
            while end < self.nodes.len() && self.nodes[end].1 != Join::Start {
                end += 1;
            }
            let mut stroke = Vec::with_capacity(96);
            stroke.push(self.nodes[begin].0);
            let mut from = begin;
            for to in begin + 1..end {
                if to + 1 == end || self.nodes[to].1 == Join::Corner {
                    curve(&self.nodes[from..=to], step, &mut stroke);
                    from = to;
                }
            }
            strokes.push(stroke);
            begin = end;
        }
        strokes
    }
}

/// Appends one smooth curve through `nodes`, without its first point.
fn curve(nodes: &[(Point, Join)], step: f32, out: &mut Vec<Point>) {
    let at = |i: usize| nodes[i].0;
    let last = nodes.len() - 1;
    let length = |i: usize| at(i).distance(at(i + 1)).max(1e-4);
    let direction = |i: usize| {
        let d = length(i);
        Point { x: (at(i + 1).x - at(i).x) / d, y: (at(i + 1).y - at(i).y) / d }
    };
    let inner = |i: usize| direction(i - 1).lerp(direction(i), length(i - 1) / (length(i - 1) + length(i)));
    let tangent = |i: usize| {
        if i > 0 && i < last {
            return inner(i);
        }
        let (chord, neighbour) = if i == 0 { (direction(0), 1) } else { (direction(last - 1), last - 1) };
        if last == 1 { chord } else { inner(neighbour).lerp(chord, 1.5) }
    };
    for i in 0..last {
        let (a, b, d) = (at(i), at(i + 1), length(i));
        let (u, v) = (tangent(i), tangent(i + 1));
        let steps = (d / step).floor() + 1.0;
        for k in 1..=steps as usize {
            let t = k as f32 / steps;
            let (t2, t3) = (t * t, t * t * t);
            let (h0, h1, h2, h3) =
                (2.0 * t3 - 3.0 * t2 + 1.0, t3 - 2.0 * t2 + t, 3.0 * t2 - 2.0 * t3, t3 - t2);
            out.push(Point {
                x: h0 * a.x + h2 * b.x + d * (h1 * u.x + h3 * v.x),
                y: h0 * a.y + h2 * b.y + d * (h1 * u.y + h3 * v.y),
            });
        }
    }
}

/// Rounds a stroke's corners: `times` passes of the weights ¼ ½ ¼ over its points; the ends stay.
pub(in crate::data) fn smooth(stroke: &mut [Point], times: u32) {
    for _ in 0..times {
        for i in 1..stroke.len().saturating_sub(1) {
            // In place, each point sees its predecessor already moved: a little lag, as a hand has.
            let middle = stroke[i - 1].lerp(stroke[i + 1], 0.5);
            stroke[i] = stroke[i].lerp(middle, 0.5);
        }
    }
}

/// Lengthens (`by` > 0) or shortens (`by` < 0) a stroke at its end, along its last direction.
pub(in crate::data) fn extend(stroke: &mut Vec<Point>, by: f32) {
    let mut left = -by;
    while left > 0.0 && stroke.len() > 4 {
        let d = stroke[stroke.len() - 1].distance(stroke[stroke.len() - 2]);
        stroke.pop();
        left -= d.max(1e-3);
    }
    if by > 0.0 && stroke.len() > 3 {
        let (a, b) = (stroke[stroke.len() - 3], stroke[stroke.len() - 1]);
        let d = a.distance(b).max(1e-3);
        stroke.push(a.lerp(b, 1.0 + by / d));
    }
}
