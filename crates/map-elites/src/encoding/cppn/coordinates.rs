//! The coordinates of pixels, which are the inputs of a CPPN.

use serde::{Deserialize, Serialize};

/// What the inputs x and y of a CPPN are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Coordinates {
    /// From -1 (left, top) to 1 (right, bottom).
    Normalized,
    /// The index of the column or row, as in the authors' code: from 0 to the evolved size minus 1.
    /// At another size the range stays the same, so the image only becomes finer or coarser.
    PixelIndices,
}

/// The inputs of a CPPN for every pixel of an image, in row-major order. The fourth input is 1
/// everywhere.
#[derive(Debug, Clone)]
pub(crate) struct CoordinateGrid {
    pub(crate) x: Vec<f32>,
    pub(crate) y: Vec<f32>,
    /// Distance from the center. The corners are at the square root of 2, for both kinds of x and
    /// y.
    pub(crate) distance: Vec<f32>,
}

impl Coordinates {
    /// The inputs for an image of `[height, width]` pixels, from a genome that evolved at the size
    /// `evolved`, `[height, width]`.
    pub(crate) fn grid(self, [height, width]: [usize; 2], evolved: [usize; 2]) -> CoordinateGrid {
        let rows: Vec<f64> = (0..height).map(|i| normalized(i, height)).collect();
        let columns: Vec<f64> = (0..width).map(|i| normalized(i, width)).collect();
        let coordinate = |normalized: f64, size: usize| match self {
            Self::Normalized => normalized as f32,
            Self::PixelIndices => (f64::midpoint(normalized, 1.0) * (size - 1) as f64) as f32,
        };
        let pixels = || rows.iter().flat_map(|&y| columns.iter().map(move |&x| (x, y)));
        CoordinateGrid {
            x: pixels().map(|(x, _)| coordinate(x, evolved[1])).collect(),
            y: pixels().map(|(_, y)| coordinate(y, evolved[0])).collect(),
            distance: pixels().map(|(x, y)| (x * x + y * y).sqrt() as f32).collect(),
        }
    }
}

/// Maps pixel `index` of `count` to -1..=1; a single pixel is at 0.
fn normalized(index: usize, count: usize) -> f64 {
    if count == 1 { 0.0 } else { 2.0 * index as f64 / (count - 1) as f64 - 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalized_coordinates_run_from_minus_one_to_one() {
        let grid = Coordinates::Normalized.grid([3, 2], [3, 2]);
        assert_eq!(grid.x, [-1.0, 1.0, -1.0, 1.0, -1.0, 1.0]);
        assert_eq!(grid.y, [-1.0, -1.0, 0.0, 0.0, 1.0, 1.0]);
        let corner = std::f32::consts::SQRT_2;
        assert_eq!(grid.distance, [corner, corner, 1.0, 1.0, corner, corner]);
    }

    #[test]
    fn pixel_indices_are_integers_at_the_evolved_size_and_interpolated_at_others() {
        let indices: Vec<f32> = (0..28).map(|i| i as f32).collect();
        let grid = Coordinates::PixelIndices.grid([28, 28], [28, 28]);
        assert_eq!(grid.x[..28], indices);
        assert_eq!(grid.y[27 * 28..], [27.0; 28]);
        assert!((grid.distance[0] - std::f32::consts::SQRT_2).abs() < 1e-7);
        let finer = Coordinates::PixelIndices.grid([1, 55], [28, 28]);
        assert!((finer.x[1] - 0.5).abs() < 1e-6 && (finer.x[54] - 27.0).abs() < 1e-6);
        assert!((finer.y[0] - 13.5).abs() < 1e-6);
    }
}
