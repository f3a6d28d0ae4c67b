//! The gradient of a product's weights: for each weight, the sum over rows of value times gradient.
//!
//! Each weight's sum runs over the rows in order, so that its bits depend neither on the size of the
//! tiles nor on the width of the SIMD vectors.

use pulp::{Simd, WithSimd};

use super::panels::{Panel, Panels};
use super::product::{Runs, vectors};

/// Adds the gradient of the weights of one product to `sums`.
pub(crate) struct WeightGradient<'a> {
    pub(crate) values: &'a [f32],
    /// Where each row starts.
    pub(crate) rows: &'a [usize],
    pub(crate) runs: &'a Runs,
    pub(crate) panels: &'a Panels,
    /// Gradients of the outputs, `[rows, width]`; 0 in the padding.
    pub(crate) gradients: &'a [f32],
    /// Which values of a row, in the order of the runs.
    pub(crate) part: std::ops::Range<usize>,
    /// `[values of the part, width]`.
    pub(crate) sums: &'a mut [f32],
}

impl WithSimd for WeightGradient<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        assert_eq!(self.gradients.len(), self.rows.len() * self.panels.width, "a row's gradients");
        assert_eq!(self.sums.len(), self.part.len() * self.panels.width, "sums of the part");
        let run = self.runs.run;
        let mut from = self.part.start;
        // Neighboring values of one run, so that they are contiguous.
        while from < self.part.end {
            let to = (from - from % run + run).min(self.part.end);
            self.add_run(simd, from, to);
            from = to;
        }
    }
}

impl WeightGradient<'_> {
    #[inline(always)]
    fn add_run<S: Simd>(&mut self, simd: S, from: usize, to: usize) {
        let distance = self.runs.distances[from / self.runs.run] + from % self.runs.run;
        let count = to - from;
        // All values of a few tiles before the next panel: they stay in the first cache.
        for strip in (0..count).step_by(STRIP) {
            let strip_end = count.min(strip + STRIP);
            for panel in self.panels.all.clone() {
                let largest = largest_tile(panel.vectors, S::F32_LANES);
                let tiles = (strip_end - strip).div_ceil(largest);
                let mut at = strip;
                for tile in 0..tiles {
                    // Tiles of nearly the same size.
                    let size = (strip_end - at).div_ceil(tiles - tile);
                    let sums = (from - self.part.start + at) * self.panels.width;
                    self.add_tile_of(simd, distance + at, size, panel, sums);
                    at += size;
                }
            }
        }
    }

    #[inline(always)]
    fn add_tile_of<S: Simd>(
        &mut self,
        simd: S,
        distance: usize,
        size: usize,
        panel: Panel,
        sums: usize,
    ) {
        macro_rules! tile {
            ($($size:literal)*) => {
                match (panel.vectors, size) {
                    $((1, $size) => self.add_tile::<S, $size, 1>(simd, distance, panel, sums),)*
                    $((2, $size) => self.add_tile::<S, $size, 2>(simd, distance, panel, sums),)*
                    $((_, $size) => self.add_tile::<S, $size, 3>(simd, distance, panel, sums),)*
                    _ => unreachable!("a tile has at most {MAX_TILE} values"),
                }
            };
        }
        tile!(1 2 3 4 5 6 7 8 9 10 11 12);
    }

    #[inline(always)]
    fn add_tile<S: Simd, const M: usize, const V: usize>(
        &mut self,
        simd: S,
        distance: usize,
        panel: Panel,
        first_sum: usize,
    ) {
        let (width, wide) = (self.panels.width, V * S::F32_LANES);
        let at = panel.first * S::F32_LANES;
        let mut sums = [[simd.splat_f32s(0.0); V]; M];
        for (start, gradients) in self.rows.iter().zip(self.gradients.chunks_exact(width)) {
            let values: &[f32; M] =
                self.values[start + distance..].first_chunk().expect("the rows' values exist");
            let gradients = &vectors::<S, V>(&gradients[at..at + wide])[0];
            for m in 0..M {
                let value = simd.splat_f32s(values[m]);
                for v in 0..V {
                    sums[m][v] = simd.mul_add_f32s(value, gradients[v], sums[m][v]);
                }
            }
        }
        for (total, sums) in self.sums[first_sum..].chunks_exact_mut(width).zip(&sums) {
            let (total, _) = S::as_mut_simd_f32s(&mut total[at..at + wide]);
            for (total, sum) in total.iter_mut().zip(sums) {
                *total = simd.add_f32s(*total, *sum);
            }
        }
    }
}

const MAX_TILE: usize = 12;

/// Values of a row for which the gradients of all panels are computed, before the next ones.
const STRIP: usize = 48;

/// The most values of a tile with this number of vectors: their sums stay in registers.
fn largest_tile(vectors: usize, lanes: usize) -> usize {
    match (vectors, lanes > 8) {
        (3, true) => 8,
        (_, true) | (1, false) => MAX_TILE,
        (2, false) => 6,
        (_, false) => 4,
    }
}
