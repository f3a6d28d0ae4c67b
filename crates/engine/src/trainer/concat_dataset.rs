//! Rows of two sources, one after the other.

use std::rc::Rc;

use assay_datasets::{Batches, DataError, Shape};
use burn::tensor::{Int, Tensor, TensorData};

/// The rows of one source, then those of another.
pub struct ConcatDataset {
    first: Rc<dyn Batches>,
    second: Rc<dyn Batches>,
}

impl ConcatDataset {
    /// # Panics
    /// When their rows have different shapes.
    #[must_use]
    pub fn new(first: Rc<dyn Batches>, second: Rc<dyn Batches>) -> Self {
        assert!(
            first.shape() == second.shape(),
            "rows of {} after rows of {}",
            second.shape(),
            first.shape()
        );
        Self { first, second }
    }

    /// Those of the first source, and those of the second as they are numbered there.
    fn of_each(&self, rows: &[u32]) -> (Vec<u32>, Vec<u32>) {
        let border = self.first.rows() as u32;
        (
            rows.iter().copied().filter(|&row| row < border).collect(),
            rows.iter().filter_map(|&row| row.checked_sub(border)).collect(),
        )
    }
}

impl Batches for ConcatDataset {
    fn rows(&self) -> usize {
        self.first.rows() + self.second.rows()
    }

    fn shape(&self) -> Shape {
        self.first.shape()
    }

    fn batch(&self, rows: &[u32]) -> Result<Tensor<4>, DataError> {
        let border = self.first.rows() as u32;
        let (of_first, of_second) = self.of_each(rows);
        if of_second.is_empty() {
            return self.first.batch(rows);
        }
        if of_first.is_empty() {
            return self.second.batch(&of_second);
        }
        // Each row's place once those of both sources stand one after the other.
        let (mut in_first, mut in_second) = (0..of_first.len(), of_first.len()..rows.len());
        let place = |&row: &u32| {
            let next = if row < border { in_first.next() } else { in_second.next() };
            let next = next.expect("every row is of one of the two");
            i32::try_from(next).expect("a batch has fewer than 2^31 rows")
        };
        let places: Vec<i32> = rows.iter().map(place).collect();
        let both = vec![self.first.batch(&of_first)?, self.second.batch(&of_second)?];
        let both = Tensor::cat(both, 0);
        let index = TensorData::new(places, [rows.len()]);
        let index = Tensor::<1, Int>::from_data(index, &both.device());
        Ok(both.select(0, index))
    }

    fn read_ahead(&self, rows: &[u32]) -> Result<(), DataError> {
        let (of_first, of_second) = self.of_each(rows);
        self.first.read_ahead(&of_first)?;
        self.second.read_ahead(&of_second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_datasets::{Images, Normalization, ViewBank, ViewSettings};
    use burn::tensor::Device;

    /// Images of one pixel.
    fn bank(pixels: &[u8]) -> Rc<dyn Batches> {
        let shape = Shape { channels: 1, height: 1, width: 1 };
        let images = Images::new(shape, pixels.to_vec(), vec![0; pixels.len()]);
        let (plain, device) = (Normalization::identity(1), Device::flex());
        Rc::new(ViewBank::plain(&images, &ViewSettings::PLAIN, &plain, &device).unwrap())
    }

    #[test]
    fn rows_come_in_the_order_they_are_asked_for_from_either_source() {
        let both = ConcatDataset::new(bank(&[10, 11, 12]), bank(&[20, 21]));
        let batch = |rows: &[u32]| -> Vec<i32> {
            let pixels = both.batch(rows).unwrap().into_data().try_into_vec::<f32>().unwrap();
            pixels.into_iter().map(|pixel| pixel as i32).collect()
        };
        assert_eq!(both.rows(), 5);
        assert_eq!(batch(&[4, 0, 3, 2, 2, 4]), [21, 10, 20, 12, 12, 21]);
        assert_eq!(batch(&[2, 0]), [12, 10]);
        assert_eq!(batch(&[4, 3]), [21, 20]);
    }
}
