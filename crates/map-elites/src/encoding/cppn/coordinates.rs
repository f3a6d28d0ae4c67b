//! Where a pixel is, as a CPPN is told.

use serde::{Deserialize, Serialize};

/// What the inputs x and y of a CPPN are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Coordinates {
    /// From -1 at the left and at the top to 1 at the right and at the bottom.
    Normalized,
    /// From 0 to the size evolved at less one, as in the authors' code: the index of the column or
    /// the row. At another size the range is the same, so that the picture is, only finer or
    /// coarser.
    PixelIndices,
}

/// The inputs of a CPPN for every pixel of an image, row by row; the fourth is 1 everywhere.
#[derive(Debug, Clone)]
pub(crate) struct Plane {
    pub(crate) x: Vec<f32>,
    pub(crate) y: Vec<f32>,
    /// From the center, which is 0; the corners are at the square root of 2 whatever x and y are.
    pub(crate) distance: Vec<f32>,
}

impl Coordinates {
    /// The inputs for an image of `[height, width]` pixels of a genome evolved at `evolved`,
    /// `[height, width]`.
    pub(crate) fn plane(self, [height, width]: [usize; 2], evolved: [usize; 2]) -> Plane {
        let rows: Vec<f64> = (0..height).map(|i| normalized(i, height)).collect();
        let columns: Vec<f64> = (0..width).map(|i| normalized(i, width)).collect();
        let told = |place: f64, size: usize| match self {
            Self::Normalized => place as f32,
            Self::PixelIndices => (f64::midpoint(place, 1.0) * (size - 1) as f64) as f32,
        };
        let pixels = || rows.iter().flat_map(|&y| columns.iter().map(move |&x| (x, y)));
        Plane {
            x: pixels().map(|(x, _)| told(x, evolved[1])).collect(),
            y: pixels().map(|(_, y)| told(y, evolved[0])).collect(),
            distance: pixels().map(|(x, y)| (x * x + y * y).sqrt() as f32).collect(),
        }
    }
}

/// The place of pixel `index` of `count` in -1..=1; a single one is in the middle.
fn normalized(index: usize, count: usize) -> f64 {
    if count == 1 { 0.0 } else { 2.0 * index as f64 / (count - 1) as f64 - 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalized_coordinates_run_from_minus_one_to_one_and_a_corner_is_at_the_root_of_two() {
        let plane = Coordinates::Normalized.plane([3, 2], [3, 2]);
        assert_eq!(plane.x, [-1.0, 1.0, -1.0, 1.0, -1.0, 1.0]);
        assert_eq!(plane.y, [-1.0, -1.0, 0.0, 0.0, 1.0, 1.0]);
        let corner = std::f32::consts::SQRT_2;
        assert_eq!(plane.distance, [corner, corner, 1.0, 1.0, corner, corner]);
    }

    #[test]
    fn pixel_indices_are_whole_at_the_size_evolved_at_and_between_at_a_finer_one() {
        let indices: Vec<f32> = (0..28).map(|i| i as f32).collect();
        let plane = Coordinates::PixelIndices.plane([28, 28], [28, 28]);
        assert_eq!(plane.x[..28], indices);
        assert_eq!(plane.y[27 * 28..], [27.0; 28]);
        assert!((plane.distance[0] - std::f32::consts::SQRT_2).abs() < 1e-7);
        let finer = Coordinates::PixelIndices.plane([1, 55], [28, 28]);
        assert!((finer.x[1] - 0.5).abs() < 1e-6 && (finer.x[54] - 27.0).abs() < 1e-6);
        assert!((finer.y[0] - 13.5).abs() < 1e-6);
    }
}
