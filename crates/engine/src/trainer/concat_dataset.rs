//! Concatenation of two data sources, as `torch.utils.data.ConcatDataset`.

use std::rc::Rc;

use assay_datasets::{BatchSource, DataError, Shape};
use burn::tensor::{Int, Tensor, TensorData};

/// The rows of one source followed by the rows of another.
pub struct ConcatDataset {
    first: Rc<dyn BatchSource>,
    second: Rc<dyn BatchSource>,
}

impl ConcatDataset {
    /// Concatenates two sources.
    ///
    /// # Panics
    /// Panics if their rows have different shapes.
    #[must_use]
    pub fn new(first: Rc<dyn BatchSource>, second: Rc<dyn BatchSource>) -> Self {
        assert!(
            first.shape() == second.shape(),
            "cannot concatenate rows of {} and {}",
            first.shape(),
            second.shape()
        );
        Self { first, second }
    }

    /// Splits rows into those of each source, numbered as there.
    fn split_rows(&self, rows: &[u32]) -> (Vec<u32>, Vec<u32>) {
        let offset = self.first.rows() as u32;
        (
            rows.iter().copied().filter(|&row| row < offset).collect(),
            rows.iter().filter_map(|&row| row.checked_sub(offset)).collect(),
        )
    }
}

impl BatchSource for ConcatDataset {
    fn rows(&self) -> usize {
        self.first.rows() + self.second.rows()
    }

    fn shape(&self) -> Shape {
        self.first.shape()
    }

    fn batch(&self, rows: &[u32]) -> Result<Tensor<4>, DataError> {
        let offset = self.first.rows() as u32;
        let (first_rows, second_rows) = self.split_rows(rows);
        if second_rows.is_empty() {
            return self.first.batch(rows);
        }
        if first_rows.is_empty() {
            return self.second.batch(&second_rows);
        }
        // The position of each row in the two batches put together.
        let (mut in_first, mut in_second) = (0..first_rows.len(), first_rows.len()..rows.len());
        let position = |&row: &u32| {
            let next = if row < offset { in_first.next() } else { in_second.next() };
            let next = next.expect("every row belongs to one of the two");
            i32::try_from(next).expect("a batch has fewer than 2^31 rows")
        };
        let positions: Vec<i32> = rows.iter().map(position).collect();
        let both = vec![self.first.batch(&first_rows)?, self.second.batch(&second_rows)?];
        let both = Tensor::cat(both, 0);
        let index = TensorData::new(positions, [rows.len()]);
        let index = Tensor::<1, Int>::from_data(index, &both.device());
        Ok(both.select(0, index))
    }

    fn prefetch(&self, rows: &[u32]) -> Result<(), DataError> {
        let (first_rows, second_rows) = self.split_rows(rows);
        self.first.prefetch(&first_rows)?;
        self.second.prefetch(&second_rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_datasets::{Images, Normalization, ViewConfig, ViewSource};
    use burn::tensor::Device;

    /// A source of one-pixel images.
    fn bank(pixels: &[u8]) -> Rc<dyn BatchSource> {
        let shape = Shape { channels: 1, height: 1, width: 1 };
        let images = Images::new(shape, pixels.to_vec(), vec![0; pixels.len()]);
        let (plain, device) = (Normalization::identity(1), Device::flex());
        Rc::new(ViewSource::unaugmented(&images, &ViewConfig::IDENTITY, &plain, &device).unwrap())
    }

    #[test]
    fn rows_keep_the_requested_order() {
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
