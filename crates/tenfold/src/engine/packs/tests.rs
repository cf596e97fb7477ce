//! Whole graphs forward and back, by their numbers: a convolution in pieces is the direct one, and every instruction set
//! gives the same bits.

use super::floats::Floats;
use super::graph::{Graph, Kind};
use super::memory::Memory;
use super::norms::NormNumbers;
use super::pieces::{Backward, WANTED, Ways};
use super::step::{Operator, Slice};
use super::turn::{Forms, turn};
use crate::engine::lanes::LANES;
use crate::engine::precision::Precision;
use crate::engine::simd::Simd;
use crate::model::{Conv2d, Layer, Padding, Pool, Sequential, presets};
use crate::random::{Purpose, Stream};

/// Some packs of random images through a graph with random weights, `size` times as large as usual, and random slopes back: the last
/// values, the slopes at the images, and the weights' gradient.
fn numbers(graph: &Graph, simd: Simd, packs: usize, size: f32) -> [Vec<f32>; 3] {
    let mut random = Stream::new(5, Purpose::Strokes, 0, 96);
    let [mut parameters, mut turned] = [graph.floats; 2].map(Floats::zeros);
    let mut spread = Floats::zeros(graph.spread);
    (0..graph.floats).for_each(|place| parameters.set(place, size * random.range(-0.3, 0.3)));
    let forms = Forms {
        kernels: simd.kernels(),
        parameters: parameters.as_ptr(),
        turned: turned.as_mut_ptr(),
        spread: spread.as_mut_ptr(),
    };
    let (mut gradient, mut room) = (Floats::zeros(graph.floats), Floats::zeros(graph.room()));
    let memory = Memory::new(graph, packs, 1, true);
    let norms = graph.operations.iter().map(|operation| {
        let channels = graph.values[operation.to].planes.channels;
        NormNumbers { statistics: Vec::new(), factors: vec![[0.9, 0.0, 0.1]; channels] }
    });
    let norms: Vec<_> = norms.collect();
    let operator = Operator {
        graph,
        kernels: &simd.kernels(),
        places: memory.places(),
        parameters: parameters.as_ptr(),
        turned: turned.as_ptr(),
        spread: spread.as_ptr(),
        gradient: gradient.as_mut_ptr(),
    };
    let slice = Slice { number: 0, packs: [0, packs], images: packs * LANES };
    let (image, logits) = (&graph.values[0].planes, graph.logits);
    let places = |pack: usize| {
        let places = (0..image.height).flat_map(move |y| (0..image.width).map(move |x| [y, x]));
        places.flat_map(move |[y, x]| {
            let place = pack * image.pack() + image.at(y as isize, x as isize);
            place..place + LANES
        })
    };
    // SAFETY: all memory is made for this graph and this many packs, and the kernels fit the processor.
    unsafe {
        (0..3).for_each(|part| turn(graph, forms, part, 3));
        for place in (0..packs).flat_map(places) {
            *memory.places().values[0].add(place) = random.unit();
        }
        for (index, norm) in norms.iter().enumerate() {
            operator.forward(index, slice, norm, room.as_mut_ptr());
        }
        for place in 0..packs * graph.classes() * LANES {
            *memory.places().gradients[logits].add(place) = random.range(-1.0, 1.0);
        }
        for (index, norm) in norms.iter().enumerate().rev() {
            operator.backward(index, slice, norm, room.as_mut_ptr());
        }
        operator.dense_gradients(0, 1, packs);
        let answers =
            (0..packs * graph.classes() * LANES).map(|place| *memory.places().values[logits].add(place));
        let slopes = (0..packs).flat_map(places).map(|place| *memory.places().gradients[0].add(place));
        [answers.collect(), slopes.collect(), (0..graph.floats).map(|place| gradient.get(place)).collect()]
    }
}

fn graph(model: Sequential, precision: Precision) -> Graph {
    Graph::compile(&model.flatten().dense(4).softmax(), true, false, precision).unwrap()
}

/// What [`numbers`] are.
const NAMES: [&str; 3] = ["answers", "slopes", "gradient"];

/// How far `others` are from `numbers`, as a share of these; root mean squares.
fn apart(numbers: &[f32], others: &[f32]) -> f64 {
    assert_eq!(numbers.len(), others.len());
    let squares = |values: &mut dyn Iterator<Item = f32>| values.map(|x| f64::from(x).powi(2)).sum::<f64>();
    let apart = squares(&mut numbers.iter().zip(others).map(|(number, other)| number - other));
    (apart / squares(&mut numbers.iter().copied())).sqrt()
}

#[test]
fn pieces_are_a_direct_convolution() {
    let every = |backward| Ways { forward: true, backward, gradient: true };
    let kernels = [(3, 5), (3, 18), (5, 5), (5, 18)].into_iter();
    let paddings = [Padding::Same, Padding::Valid];
    // Pieces of every size: what is left along an axis is 0 to 3 outputs, before it whole pieces or none.
    let sizes = [[10, 12], [11, 10], [9, 14], [13, 13], [4, 12], [5, 6]];
    for (kernel, channels) in kernels {
        for (padding, size) in paddings.into_iter().flat_map(|padding| sizes.map(|size| (padding, size))) {
            let size = size.map(|side| side + kernel - 3);
            let conv = Conv2d { padding, ..Conv2d::new(channels, kernel) };
            // Two ways to one value: what goes back is added up.
            let twice = Conv2d { padding: Padding::Same, ..Conv2d::new(channels + 1, kernel) };
            let model = Sequential::new(size).conv2d(channels + 1, 2).relu();
            let model = model.residual(|block| block.layer(twice)).layer(conv).silu();
            let packs = 1 + size[0] % 3;
            let numbers = |ways, precision| {
                WANTED.set(Some(ways));
                let graph = graph(model.clone(), precision);
                WANTED.set(None);
                let numbers = numbers(&graph, Simd::Portable, packs, 1.0);
                (numbers, graph.parameters)
            };
            let (direct, _) = numbers(Ways::default(), Precision::Float32);
            for backward in [Backward::Turned, Backward::Transposed] {
                let (pieces, _) = numbers(every(backward), Precision::Float32);
                for (what, (pieces, direct)) in NAMES.iter().zip(pieces.iter().zip(&direct)) {
                    let largest = direct.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
                    assert!(largest > 0.0);
                    for (piece, direct) in pieces.iter().zip(direct) {
                        assert!(
                            (piece - direct).abs() < 2e-5 * largest,
                            "{what} of {kernel}×{kernel}, {backward:?}: {piece} instead of {direct}, of {largest} at most"
                        );
                    }
                }
                // Of eight significant bits, after transforms that add and subtract numbers ten times as large, four or five are
                // left, and fewer of a bias's gradient, in which most cancels out. A wrong one is as far away as it is large, or
                // farther; each layer's is looked at by itself, so that a large one hides no other.
                let ([answers, slopes, gradient], parameters) = numbers(every(backward), Precision::BFloat16);
                assert!(apart(&direct[0], &answers) > 1e-4, "all significant bits");
                let each = parameters.iter().map(|parameter| {
                    let range = parameter.start..parameter.start + parameter.len();
                    (NAMES[2], &direct[2][range.clone()], &gradient[range])
                });
                let others = [(NAMES[0], &direct[0][..], &answers[..]), (NAMES[1], &direct[1], &slopes)];
                for (what, direct, pairs) in others.into_iter().chain(each) {
                    let apart = apart(direct, pairs);
                    assert!(apart < 0.5, "{what} of {kernel}×{kernel} in pairs, {backward:?}: {apart} apart");
                }
            }
        }
    }
}

#[test]
fn every_instruction_set_gives_the_same_bits() {
    let new = |side| Sequential::new([side, side + 1]);
    let pool = |size, stride, padding| Layer::MaxPool(Pool { size: [size; 2], stride: [stride; 2], padding });
    let strided = Conv2d { stride: [2, 1], kernel: [3, 2], ..Conv2d::new(11, 1) };
    let networks = [
        ("pieces", new(10).conv2d_same(19, 3).silu().conv2d_same(24, 3).relu().conv2d(24, 5)),
        ("a convolution with its pool", new(9).conv2d(11, 2).relu().max_pool(2).conv2d(5, 3).gelu()),
        ("pieces without a border", new(14).conv2d_same(19, 3).relu().conv2d(24, 3).silu().conv2d(18, 3)),
        ("strides", new(9).conv2d_same(3, 3).leaky_relu(0.1).layer(strided).relu()),
        ("pools", new(9).conv2d(4, 2).layer(pool(3, 2, Padding::Same)).average_pool(2)),
        ("a residual block", new(6).conv2d_same(5, 3).residual(|b| b.batch_norm().relu().conv2d_same(5, 3))),
        ("dense layers", new(5).flatten().dense(37).relu().dense(18).silu()),
    ];
    for (name, model) in networks {
        // The last have weights of which some become 0 in a pair, and some not.
        for (precision, packs, size) in [
            (Precision::Float32, 2, 1.0),
            (Precision::BFloat16, 1, 1.0),
            (Precision::BFloat16, 2, 1.0),
            (Precision::BFloat16, 3, 2e-14),
        ] {
            let graph = graph(model.clone(), precision);
            let bits = |simd| {
                numbers(&graph, simd, packs, size).map(|numbers| numbers.into_iter().map(f32::to_bits))
            };
            let bits = |simd| bits(simd).map(Iterator::collect::<Vec<_>>);
            let portable = bits(Simd::Portable);
            for simd in Simd::available() {
                assert!(
                    bits(simd) == portable,
                    "{name}, {precision:?}, {packs} packs, {size}: {} gives other bits than portable code",
                    simd.name()
                );
            }
        }
    }
}

/// Another way would give `world` other bits: then train the model that ships again, or say in its card which version made it.
#[test]
fn the_network_that_ships_keeps_its_ways() {
    let model = presets::by_name("world", [28, 28], 10).unwrap();
    let graph = Graph::new(&model, Precision::Float32).unwrap();
    let ways = graph.operations.iter().filter_map(|operation| match &operation.kind {
        Kind::Conv(conv) => Some(conv.pieces.as_ref().map_or(Ways::default(), |pieces| pieces.ways)),
        _ => None,
    });
    let every = |backward| Ways { forward: true, backward, gradient: true };
    let (inner, same) = (every(Backward::Transposed), every(Backward::Turned));
    assert_eq!(ways.collect::<Vec<_>>(), [Ways::default(), inner, same, same, inner]);
}
