//! From how many images on a pack is faster than one image after the other: vector operations, counted. It decides about
//! time alone, since both give the same bits.

use crate::engine::kernels::winograd_piece::PRODUCTS;
use crate::engine::lanes::LANES;
use crate::engine::packs::graph::{Graph, Kind, Operation};
use crate::engine::simd::Simd;

/// Vector operations of a whole piece's two transforms, less than one a cycle; narrow ones count by their products.
const SPREAD: usize = 150;
const GATHER: usize = 125;
/// Bytes of a layer's weights that stay near; beyond, a load takes some [`FAR`] cycles.
const NEAR: usize = 1 << 19;
const FAR: usize = 4;

/// As many images one by one take as long as a pack.
pub(crate) fn worth_a_pack(graph: &Graph, simd: Simd) -> usize {
    let (mut pack, mut alone) = (0usize, 0usize);
    for operation in &graph.operations {
        let (mut of_pack, of_one) = cost(graph, operation);
        // Where a vector is two registers, a pack's kernels go over it in parts, and load each weight once a part (as measured
        // on AVX2); those of one image load other weights each time.
        if simd < Simd::Avx512 {
            of_pack = match &operation.kind {
                Kind::Conv(conv) if conv.pieces.as_ref().is_some_and(|pieces| pieces.ways.forward) => {
                    of_pack.saturating_add(of_pack / 20)
                }
                Kind::Conv(_) | Kind::Dense(_) => of_pack.saturating_add(of_pack / 5),
                _ => of_pack,
            };
        }
        pack = pack.saturating_add(of_pack);
        alone = alone.saturating_add(of_one);
    }
    pack.div_ceil(alone.max(1))
}

/// (a pack's, one image's).
fn cost(graph: &Graph, operation: &Operation) -> (usize, usize) {
    let [from, to] = [operation.from.value, operation.to].map(|value| &graph.values[value].planes);
    let (inputs, outputs) = (from.channels, to.channels);
    let [in_vectors, out_vectors] = [inputs, outputs].map(|channels| channels.div_ceil(LANES));
    let far = |weights: usize| if weights * size_of::<f32>() > NEAR { FAR } else { 1 };
    match &operation.kind {
        Kind::Conv(conv) => match conv.pieces.as_ref().filter(|pieces| pieces.ways.forward) {
            Some(pieces) => {
                let products: usize = pieces.forward.iter().map(|piece| piece.size.count()).sum();
                let of = |inputs: usize, ins: usize, outs: usize| {
                    products * inputs * outs + products * (SPREAD * ins + GATHER * outs) / PRODUCTS
                };
                (of(inputs, inputs, outputs), of(inputs, in_vectors, out_vectors))
            }
            None => {
                let places = to.height * to.width * conv.blocks.taps;
                let weights = conv.blocks.len();
                (places * inputs * outputs, places * (inputs * out_vectors * far(weights / 4) + in_vectors))
            }
        },
        // A pack is computed as three (see `kernels/conv.rs`).
        Kind::Dense(dense) => (3 * inputs * outputs, inputs * out_vectors * far(dense.blocks.len())),
        Kind::Flatten => (from.len(), from.len()),
        Kind::Pool(pooling) => {
            let each = 2 * pooling.places.len();
            (outputs * each, out_vectors * each)
        }
        _ => {
            let each = 2 * to.height * to.width;
            (outputs * each, out_vectors * each)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::presets;

    /// What is counted is registers, and those of the two kinds of AVX-512 are as wide.
    #[test]
    fn the_network_that_ships_answers_many_images_in_packs_on_either_avx512() {
        let graph = Graph::to_answer(&presets::by_name("world", [28, 28], 11).unwrap()).unwrap();
        let [two_registers, one, one_with_pairs] =
            [Simd::Avx2, Simd::Avx512, Simd::Avx512Bf16].map(|simd| worth_a_pack(&graph, simd));
        assert_eq!(one, one_with_pairs);
        assert!(one <= LANES && one < two_registers, "{one}, {two_registers}");
    }
}
