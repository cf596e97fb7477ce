//! The end of a training step: the gradient's norm where it has a largest, and the weights' step.

use super::batch::Work;
use crate::engine::kernels::adapt::Adapt;
use crate::engine::kernels::update::Rule;
use crate::engine::lanes::LANES;

// As in `batch.rs`.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Work<'_> {
    /// Where the gradient has a largest norm: adds up its parts, and finds the factor that keeps it. The number of parts
    /// that are left, and the factor.
    pub(super) unsafe fn clip(&self, thread: usize, slices: usize) -> (usize, f32) {
        if self.recipe.clip_norm == 0.0 {
            return (slices, 1.0);
        }
        let graph = self.operator.graph;
        unsafe {
            for (index, parameter) in graph.parameters.iter().enumerate() {
                if index % self.threads != thread {
                    continue;
                }
                let mut squares = 0.0;
                for place in parameter.start..parameter.start + parameter.len() {
                    let gradient = self.operator.gradient.add(place);
                    for part in 1..if parameter.whole { 1 } else { slices } {
                        *gradient += *gradient.add(part * graph.floats);
                    }
                    squares += f64::from(*gradient) * f64::from(*gradient);
                }
                *self.squares.add(index) = squares;
            }
            self.barrier.wait(thread);
            let norm = (0..graph.parameters.len()).map(|index| *self.squares.add(index)).sum::<f64>().sqrt();
            (1, (f64::from(self.recipe.clip_norm) / norm).min(1.0) as f32)
        }
    }

    /// This thread's share of the weights takes step `number` (from 0) along `scale` times the sum of the gradient's
    /// `parts`, and their average follows.
    pub(super) unsafe fn update(&self, thread: usize, parts: usize, scale: f32, rule: Rule, number: usize) {
        // Early averages follow the weights closely, as in TensorFlow's ExponentialMovingAverage.
        let decay = f64::from(self.recipe.average).min((1 + number) as f64 / (10 + number) as f64);
        let graph = self.operator.graph;
        let vectors = graph.floats / LANES;
        let [begin, end] = [thread, thread + 1].map(|part| vectors * part / self.threads * LANES);
        for parameter in &graph.parameters {
            let first = parameter.start.max(begin);
            let last = (parameter.start + parameter.room()).min(end);
            if first >= last {
                continue;
            }
            unsafe {
                (self.operator.kernels.adapt)(&Adapt {
                    count: last - first,
                    gradient: self.operator.gradient.add(first),
                    parts: if parameter.whole { 1 } else { parts },
                    stride: graph.floats,
                    scale,
                    w: self.parameters.add(first),
                    m: self.state[0].wrapping_add(first),
                    v: self.state[1].wrapping_add(first),
                    average: if self.recipe.average > 0.0 {
                        self.state[2].add(first)
                    } else {
                        std::ptr::null_mut()
                    },
                    rest: (1.0 - decay) as f32,
                    rule,
                });
            }
        }
    }
}
