//! Networks that nobody chose: layers in any order, as far as they fit, held to the reference.

use proptest::prelude::*;
use tenfold::Sequential;
use tenfold::engine::Predictor;
use tenfold::model::{Activation, BatchNorm, Conv2d, Layer, Padding, Pool};

use crate::networks::{filled, light, noise};
use crate::reference::{Mode, probabilities};
use crate::weights;

fn padding() -> impl Strategy<Value = Padding> {
    prop_oneof![Just(Padding::Same), Just(Padding::Valid)]
}

fn layer() -> impl Strategy<Value = Layer> {
    let sides = |most: usize| [1..=most, 1..=most];
    let conv = (1usize..20, sides(5), sides(3), padding(), any::<bool>());
    let pool = (sides(3), sides(3), padding(), any::<bool>());
    prop_oneof![
        4 => conv.prop_map(|(channels, kernel, stride, padding, use_bias)| {
            Conv2d { kernel, stride, padding, use_bias, ..Conv2d::new(channels, 1) }.into()
        }),
        2 => pool.prop_map(|(size, stride, padding, max)| {
            let pool = Pool { size, stride, padding };
            if max { Layer::MaxPool(pool) } else { Layer::AveragePool(pool) }
        }),
        2 => Just(Layer::Activation(Activation::Relu)),
        1 => Just(Layer::Activation(Activation::Silu)),
        1 => Just(Layer::Activation(Activation::LeakyRelu { slope: 0.2 })),
        2 => Just(Layer::BatchNorm(BatchNorm { epsilon: 1e-2, ..BatchNorm::default() })),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn networks_answer_as_the_reference(
        height in 1usize..13,
        width in 1usize..13,
        layers in prop::collection::vec(layer(), 1..7),
        inner in prop::collection::vec(layer(), 0..3),
        images in 1usize..20,
    ) {
        let mut model = Sequential::new([height, width]);
        let fits = |model: &Sequential| model.shapes().is_ok();
        for layer in layers {
            let longer = model.clone().layer(layer);
            if fits(&longer) {
                model = longer;
            }
        }
        let block = model.clone().residual(|block| inner.into_iter().fold(block, Sequential::layer));
        if fits(&block) {
            model = block;
        }
        let model = filled(model.flatten().dense(4).softmax());
        let data = noise(1, images, model.input);
        let found = Predictor::new(&model, 1).unwrap().predict(data.pixels());
        let expected = probabilities(&model, &weights(&model), &light(&data), Mode::Inference, &mut Vec::new());
        for (found, expected) in found.iter().zip(expected.iter().flatten()) {
            prop_assert!((f64::from(*found) - expected).abs() < 1e-4, "{found} instead of {expected}");
        }
    }
}
