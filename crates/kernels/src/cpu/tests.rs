//! The width of the SIMD vectors changes no bit.

use pulp::Arch;

use super::panels::Panels;
use super::product::{PackedWeights, Product, Runs};
use super::simd::{avx2, lanes_of};
use super::transposed_product::TransposedProduct;

fn values(count: usize, factor: f32) -> Vec<f32> {
    (0..count).map(|i| (i as f32 * factor).sin()).collect()
}

/// The outputs of a product and the gradients of its weights, without padding, as bits.
fn run(arch: Arch, outputs: usize, runs: &Runs, rows: &[usize]) -> [Vec<u32>; 2] {
    let lanes = lanes_of(arch);
    let inputs = values(rows.iter().max().unwrap() + 10_000, 0.7);
    let weights = values(outputs * runs.depth(), 1.3);
    let start = values(outputs, 2.1);
    let sources: Vec<usize> = (0..runs.depth()).collect();
    let weights =
        PackedWeights::new(&weights, (outputs, runs.depth()), (runs, &sources), &start, lanes);
    let mut products = vec![0.0; rows.len() * weights.width()];
    let is_started = false;
    let product =
        Product { values: &inputs, rows, weights: &weights, is_started, outputs: &mut products };
    arch.dispatch(product);
    let panels = Panels::new(outputs, lanes);
    let mut gradients = vec![0.0; runs.depth() * panels.width];
    arch.dispatch(TransposedProduct {
        left: &inputs,
        rows,
        runs,
        part: 0..runs.depth(),
        right: &products,
        panels: &panels,
        sums: &mut gradients,
        continues: false,
    });
    [products, gradients].map(|padded| {
        let rows = padded.chunks_exact(panels.width);
        rows.flat_map(|row| &row[..outputs]).map(|value| value.to_bits()).collect()
    })
}

#[test]
fn the_width_of_the_vectors_changes_no_bit() {
    let widest = Arch::new();
    let Some(avx2) = avx2().filter(|avx2| lanes_of(*avx2) != lanes_of(widest)) else {
        println!("skipped: this CPU has vectors of one width");
        return;
    };
    for (outputs, run_length, distances, rows) in [
        (1, 3, vec![0], 1),
        (8, 12, vec![0, 40, 80], 37),
        (20, 5, vec![0, 28, 56, 84, 112], 100),
        (48, 1300, vec![0], 19),
        (100, 96, vec![0, 1000, 2000], 64),
    ] {
        let runs = Runs { distances, run: run_length };
        let rows: Vec<usize> = (0..rows).map(|row| row * 3).collect();
        let [products, gradients] = run(widest, outputs, &runs, &rows);
        let [narrow_products, narrow_gradients] = run(avx2, outputs, &runs, &rows);
        assert!(products == narrow_products, "products of {outputs} outputs, {runs:?}");
        assert!(gradients == narrow_gradients, "gradients of {outputs} outputs, {runs:?}");
    }
}
