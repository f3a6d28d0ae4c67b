//! The product of gathered rows and packed weights, which computes a convolution without copying
//! its inputs once per kernel position.
//!
//! In an image with the channels last, the inputs of one output pixel are a few contiguous *runs*:
//! one for each row of the kernel. All output pixels have the same distances between their runs, so
//! a pixel is given by where its first run starts.
//!
//! Each output is the sum over runs and values in order, one fused multiply-add each. So its bits
//! depend neither on the size of the tiles nor on the width of the SIMD vectors.

use pulp::{Simd, WithSimd};

use super::panels::{Panel, Panels};

/// Maximum number of values of each row that are multiplied before the next panel: a tile's rows and
/// weights stay in the first two caches.
const MAX_BLOCK: usize = 512;

/// Where the values of a row are: `run` values from each of these distances to its start.
#[derive(Debug, Clone)]
pub(crate) struct Runs {
    pub(crate) distances: Vec<usize>,
    pub(crate) run: usize,
}

impl Runs {
    /// Number of values of a row.
    pub(crate) fn depth(&self) -> usize {
        self.distances.len() * self.run
    }

    /// The runs in blocks of at most [`MAX_BLOCK`] values or one run.
    fn blocks(&self) -> Vec<Runs> {
        if self.run > MAX_BLOCK {
            let parts = |&distance: &usize| {
                (0..self.run).step_by(MAX_BLOCK).map(move |from| Runs {
                    distances: vec![distance + from],
                    run: MAX_BLOCK.min(self.run - from),
                })
            };
            return self.distances.iter().flat_map(parts).collect();
        }
        let block = |distances: &[usize]| Runs { distances: distances.to_vec(), run: self.run };
        self.distances.chunks(MAX_BLOCK / self.run).map(block).collect()
    }
}

/// The weights of a product, in the order in which its tiles read them.
#[derive(Debug)]
pub(crate) struct PackedWeights {
    /// Block after block, panel after panel, value after value: the weights of the panel's outputs.
    values: Vec<f32>,
    /// Start values of the outputs, padded.
    start: Vec<f32>,
    panels: Panels,
    blocks: Vec<Runs>,
}

impl PackedWeights {
    /// Packs a matrix of weights. That of output o for value v is at `o * stride + sources[v]`.
    /// Output o starts at `start[o]`, or at 0 if `start` is empty.
    pub(crate) fn new(
        weights: &[f32],
        (outputs, stride): (usize, usize),
        (runs, sources): (&Runs, &[usize]),
        start: &[f32],
        lanes: usize,
    ) -> Self {
        let panels = Panels::new(outputs, lanes);
        let blocks = runs.blocks();
        let mut values = Vec::with_capacity(panels.width * runs.depth());
        let mut from = 0;
        for block in &blocks {
            let sources = &sources[from..from + block.depth()];
            for panel in &panels.all {
                let (first, wide) = (panel.first * lanes, panel.vectors * lanes);
                let count = wide.min(outputs - first);
                let weights = &weights[first * stride..];
                pack(weights, (count, stride), sources, wide, &mut values);
            }
            from += block.depth();
        }
        let start = (0..panels.width).map(|output| start.get(output).copied().unwrap_or(0.0));
        Self { values, start: start.collect(), panels, blocks }
    }

    /// Number of outputs of a row, padding included.
    pub(crate) fn width(&self) -> usize {
        self.panels.width
    }
}

/// Values that are packed at once: their rows stay in the first cache.
const PACKED: usize = 16;

/// Packs one panel: appends rows of `wide` weights. Output o of row v is the weight at `o * stride +
/// sources[v]`.
fn pack(
    weights: &[f32],
    (count, stride): (usize, usize),
    sources: &[usize],
    wide: usize,
    packed: &mut Vec<f32>,
) {
    if stride == 1 {
        for source in sources {
            packed.extend_from_slice(&weights[*source..source + count]);
            packed.resize(packed.len() + wide - count, 0.0);
        }
        return;
    }
    for sources in sources.chunks(PACKED) {
        let from = packed.len();
        packed.resize(from + sources.len() * wide, 0.0);
        let packed = &mut packed[from..];
        let is_contiguous = sources.windows(2).all(|pair| pair[1] == pair[0] + 1);
        for output in 0..count {
            let weights = &weights[output * stride..];
            if is_contiguous && sources.len() == PACKED {
                let weights: &[f32; PACKED] =
                    weights[sources[0]..].first_chunk().expect("the sources are weights");
                let rows = packed.chunks_exact_mut(wide);
                rows.zip(weights).for_each(|(row, weight)| row[output] = *weight);
                continue;
            }
            for (row, source) in packed.chunks_exact_mut(wide).zip(sources) {
                row[output] = weights[*source];
            }
        }
    }
}

/// A product: `outputs[r]` is the start values plus row r times the weights.
#[derive(Debug)]
pub(crate) struct Product<'a> {
    pub(crate) values: &'a [f32],
    /// Where each row starts.
    pub(crate) rows: &'a [usize],
    pub(crate) weights: &'a PackedWeights,
    /// Whether `outputs` holds the start values, in place of those of the weights.
    pub(crate) is_started: bool,
    /// `[rows, width]`.
    pub(crate) outputs: &'a mut [f32],
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { values, rows, weights, is_started, outputs } = self;
        let (lanes, width) = (S::F32_LANES, weights.width());
        assert_eq!(outputs.len(), rows.len() * width, "one output row per row");
        let mut rest = weights.values.as_slice();
        for (number, runs) in weights.blocks.iter().enumerate() {
            for panel in &weights.panels.all {
                let (packed, after) = rest.split_at(runs.depth() * panel.vectors * lanes);
                rest = after;
                let is_first = number == 0 && !is_started;
                let start = is_first.then_some(weights.start.as_slice());
                let part = Part { values, rows, runs, packed, start, panel: *panel, width };
                // Eight to 24 sums stay in registers: there are 32 with AVX-512, 16 otherwise.
                match (panel.vectors, lanes > 8) {
                    (1, _) => part.multiply::<S, 8, 1>(simd, outputs),
                    (2, true) => part.multiply::<S, 8, 2>(simd, outputs),
                    (_, true) => part.multiply::<S, 8, 3>(simd, outputs),
                    (2, false) => part.multiply::<S, 6, 2>(simd, outputs),
                    (_, false) => part.multiply::<S, 4, 3>(simd, outputs),
                }
            }
        }
    }
}

/// One block of the rows' values times one panel of the weights.
struct Part<'a> {
    values: &'a [f32],
    rows: &'a [usize],
    runs: &'a Runs,
    packed: &'a [f32],
    /// The start values; none if the outputs are continued.
    start: Option<&'a [f32]>,
    panel: Panel,
    width: usize,
}

impl Part<'_> {
    #[inline(always)]
    fn multiply<S: Simd, const M: usize, const V: usize>(&self, simd: S, outputs: &mut [f32]) {
        let weights = vectors::<S, V>(self.packed);
        let at = self.panel.first * S::F32_LANES;
        let wide = V * S::F32_LANES;
        let start = self.start.map(|start| vectors::<S, V>(&start[at..at + wide])[0]);
        let output_rows = outputs.chunks_mut(M * self.width);
        for (rows, outputs) in self.rows.chunks(M).zip(output_rows) {
            // The last tile repeats a row.
            let starts = std::array::from_fn(|m| rows[m.min(rows.len() - 1)]);
            let mut sums = match start {
                Some(start) => [start; M],
                None => std::array::from_fn(|m| {
                    let from = m.min(rows.len() - 1) * self.width + at;
                    vectors::<S, V>(&outputs[from..from + wide])[0]
                }),
            };
            self.add::<S, M, V>(simd, &starts, weights, &mut sums);
            for (output, sums) in outputs.chunks_exact_mut(self.width).zip(&sums) {
                let (vectors, _) = S::as_mut_simd_f32s(&mut output[at..at + wide]);
                vectors.copy_from_slice(sums);
            }
        }
    }

    #[inline(always)]
    fn add<S: Simd, const M: usize, const V: usize>(
        &self,
        simd: S,
        starts: &[usize; M],
        weights: &[[S::f32s; V]],
        sums: &mut [[S::f32s; V]; M],
    ) {
        let mut local = *sums;
        let Runs { distances, run } = self.runs;
        // All rows have this length, so that one check of a run holds for all of them.
        let length = distances[distances.len() - 1] + run;
        let rows: [&[f32]; M] = std::array::from_fn(|m| &self.values[starts[m]..][..length]);
        for (distance, weights) in distances.iter().zip(weights.chunks_exact(*run)) {
            assert!(*distance <= length && weights.len() <= length - distance, "within the rows");
            let rows: [&[f32]; M] = std::array::from_fn(|m| &rows[m][*distance..][..weights.len()]);
            for (k, weights) in weights.iter().enumerate() {
                for m in 0..M {
                    let value = simd.splat_f32s(rows[m][k]);
                    for v in 0..V {
                        local[m][v] = simd.mul_add_f32s(value, weights[v], local[m][v]);
                    }
                }
            }
        }
        *sums = local;
    }
}

/// A slice as groups of `V` vectors.
#[inline(always)]
pub(crate) fn vectors<S: Simd, const V: usize>(values: &[f32]) -> &[[S::f32s; V]] {
    let (vectors, rest) = S::as_simd_f32s(values);
    let (groups, more) = vectors.as_chunks::<V>();
    assert!(rest.is_empty() && more.is_empty(), "a whole number of groups");
    groups
}
