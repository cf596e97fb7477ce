//! The first layer's weights as pictures: what each unit looks for in the image.

use maud::{Markup, html};
use tenfold::Sequential;
use tenfold::model::{Dense, Layer};

use crate::format::{count, counted};
use crate::picture;

/// Units shown.
const SHOWN: usize = 128;
/// Weights beyond this part of all are drawn in the strongest colour, so that a few extremes do not pale the rest.
const SATURATED: f64 = 0.995;

pub(crate) fn section(model: &Sequential) -> Option<Markup> {
    let layer = first(model)?;
    let shown = layer.units.min(SHOWN);
    let limit = limit(&layer.weights)?;
    Some(html! {
        p.text {
            @if shown < layer.units {
                "The first " (shown) " of " (count(layer.units)) " units of the first layer. "
            } @else {
                "The " (counted(shown, "unit", "units")) " of the first layer. "
            }
            "Ink on blue speaks for the unit, ink on orange against it. All share one scale. \
             Pixels that are empty in every training image never learn: there the random start still shows."
        }
        p.scale {
            span { "−" (format!("{limit:.2}")) } span.ramp {} span { "+" (format!("{limit:.2}")) }
        }
        ul.units {
            @for unit in 0..shown {
                @let weights: Vec<f32> =
                    layer.weights.iter().skip(unit).step_by(layer.units).copied().collect();
                li { (picture::signed(&weights, model.input, limit, &format!("Unit {unit}"))) }
            }
        }
    })
}

/// The first dense layer, where it sees the pixels themselves and has its weights.
fn first(model: &Sequential) -> Option<&Dense> {
    let mut layers = model.layers.iter().skip_while(|layer| matches!(layer, Layer::Flatten));
    let Some(Layer::Dense(dense)) = layers.next() else { return None };
    let pixels = model.input[0].checked_mul(model.input[1])?;
    (dense.units > 0 && dense.weights.len() == pixels.checked_mul(dense.units)?).then_some(dense)
}

/// The absolute weight below which [`SATURATED`] of all lie.
fn limit(weights: &[f32]) -> Option<f32> {
    let mut sizes: Vec<f32> =
        weights.iter().map(|weight| weight.abs()).filter(|size| size.is_finite()).collect();
    let index = (sizes.len().checked_sub(1)? as f64 * SATURATED) as usize;
    Some(sizes.select_nth_unstable_by(index, f32::total_cmp).1.max(f32::MIN_POSITIVE))
}
