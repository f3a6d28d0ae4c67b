//! The product of a transposed matrix of gathered rows and a matrix: for each value of a row and each
//! column, the sum over the rows of value times column. The gradient of weights is one.
//!
//! Each sum runs over the rows in order, so that its bits depend neither on the size of the tiles nor on
//! the width of the SIMD vectors.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::panels::{Panel, Panels};
use super::product::{Runs, vectors};

/// Adds `leftᵀ x right` to `sums`.
pub(crate) struct TransposedProduct<'a> {
    pub(crate) left: &'a [f32],
    /// Where each row of `left` starts.
    pub(crate) rows: &'a [usize],
    /// Where the values of a row are.
    pub(crate) runs: &'a Runs,
    /// Which values of a row, in the order of the runs.
    pub(crate) part: Range<usize>,
    /// `[rows, width]`; 0 in the padding.
    pub(crate) right: &'a [f32],
    /// The columns of `right`.
    pub(crate) panels: &'a Panels,
    /// `[values of the part, width]`.
    pub(crate) sums: &'a mut [f32],
    /// Whether each row is added to `sums`, in place of the sum over all rows. The bits differ.
    pub(crate) continues: bool,
}

impl WithSimd for TransposedProduct<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        assert_eq!(self.right.len(), self.rows.len() * self.panels.width, "right rows");
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

impl TransposedProduct<'_> {
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
        let all = &mut self.sums[first_sum..];
        let mut sums = [[simd.splat_f32s(0.0); V]; M];
        if self.continues {
            for (sums, row) in sums.iter_mut().zip(all.chunks_exact(width)) {
                *sums = vectors::<S, V>(&row[at..at + wide])[0];
            }
        }
        for (start, right) in self.rows.iter().zip(self.right.chunks_exact(width)) {
            let left: &[f32; M] =
                self.left[start + distance..].first_chunk().expect("the rows' values exist");
            let right = &vectors::<S, V>(&right[at..at + wide])[0];
            for m in 0..M {
                let value = simd.splat_f32s(left[m]);
                for v in 0..V {
                    sums[m][v] = simd.mul_add_f32s(value, right[v], sums[m][v]);
                }
            }
        }
        for (row, sums) in all.chunks_exact_mut(width).zip(&sums) {
            let (row, _) = S::as_mut_simd_f32s(&mut row[at..at + wide]);
            for (total, sum) in row.iter_mut().zip(sums) {
                *total = if self.continues { *sum } else { simd.add_f32s(*total, *sum) };
            }
        }
    }
}

const MAX_TILE: usize = 12;

/// Values of a row for which the gradients of all panels are computed, before the next ones.
const STRIP: usize = 16;

/// The most values of a tile with this number of vectors: their sums stay in registers.
fn largest_tile(vectors: usize, lanes: usize) -> usize {
    match (vectors, lanes > 8) {
        (3, true) => 8,
        (_, true) | (1, false) => MAX_TILE,
        (2, false) => 6,
        (_, false) => 4,
    }
}
