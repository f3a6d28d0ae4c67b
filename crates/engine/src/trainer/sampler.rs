//! Samplers: which images an epoch uses, in which order.

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// Draws the images of an epoch. An epoch is a whole number of batches.
pub trait Sampler {
    /// The number of batches per epoch, for batches of `batch` images.
    fn steps(&self, batch: usize) -> usize;

    /// Draws the image numbers of an epoch, batch after batch. Numbers beyond the last batch are ignored.
    fn draw(&self, batch: usize, rng: &mut ChaCha8Rng) -> Vec<u32>;
}

/// Draws every image once, in random order. An incomplete last batch is dropped.
#[derive(Debug, Clone, Copy)]
pub struct ShuffledSampler {
    /// The number of images.
    pub images: u32,
}

impl Sampler for ShuffledSampler {
    fn steps(&self, batch: usize) -> usize {
        self.images as usize / batch
    }

    fn draw(&self, _batch: usize, rng: &mut ChaCha8Rng) -> Vec<u32> {
        let mut images: Vec<u32> = (0..self.images).collect();
        images.shuffle(rng);
        images
    }
}

/// Takes a fixed share of every batch from some images and the rest from all others.
///
/// An epoch draws each oversampled image once. The others are drawn at random; none repeats before all
/// have been drawn.
#[derive(Debug, Clone)]
pub struct StratifiedSampler {
    /// The numbers of the oversampled images.
    pub oversampled: Vec<u32>,
    /// The numbers of all other images.
    pub others: Vec<u32>,
    /// The share of a batch that is oversampled, in (0, 1).
    pub share: f64,
}

impl StratifiedSampler {
    /// The number of oversampled images per batch.
    ///
    /// This is `share` of the batch, but at least one of each kind and at most all that exist.
    ///
    /// # Panics
    /// Panics if `batch` is below 2.
    #[must_use]
    pub fn oversampled_per_batch(&self, batch: usize) -> usize {
        assert!(batch >= 2, "a batch of {batch} images; it must have at least 2");
        let share = (batch as f64 * self.share).round() as usize;
        share.min(self.oversampled.len()).clamp(1, batch - 1)
    }
}

impl Sampler for StratifiedSampler {
    fn steps(&self, batch: usize) -> usize {
        self.oversampled.len() / self.oversampled_per_batch(batch)
    }

    fn draw(&self, batch: usize, rng: &mut ChaCha8Rng) -> Vec<u32> {
        let per_batch = self.oversampled_per_batch(batch);
        let mut oversampled = self.oversampled.clone();
        oversampled.shuffle(rng);
        let mut others: Vec<u32> = Vec::new();
        let mut drawn = Vec::with_capacity(self.steps(batch) * batch);
        for chunk in oversampled.chunks_exact(per_batch) {
            drawn.extend(chunk);
            for _ in per_batch..batch {
                if others.is_empty() {
                    others.clone_from(&self.others);
                }
                drawn.push(others.swap_remove(rng.random_range(0..others.len())));
            }
        }
        drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_runs::random_stream;

    #[test]
    fn an_epoch_has_every_image_once() {
        let sampler = ShuffledSampler { images: 10 };
        assert_eq!(sampler.steps(4), 2);
        let mut drawn = sampler.draw(4, &mut random_stream(&"order", "epoch 0"));
        assert_ne!(drawn, (0..10).collect::<Vec<_>>());
        drawn.sort_unstable();
        assert_eq!(drawn, (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn an_epoch_draws_every_oversampled_image_once() {
        // Two of six images per batch are oversampled. Five such images make two batches; one is left over.
        let sampler = StratifiedSampler {
            oversampled: (0..5).collect(),
            others: (5..25).collect(),
            share: 1.0 / 3.0,
        };
        assert_eq!((sampler.oversampled_per_batch(6), sampler.steps(6)), (2, 2));
        let drawn = sampler.draw(6, &mut random_stream(&"order", "epoch 0"));
        assert_eq!(drawn.len(), 12);
        for batch in drawn.chunks(6) {
            assert!(batch[..2].iter().all(|&image| image < 5), "{batch:?}");
            assert!(batch[2..].iter().all(|&image| image >= 5), "{batch:?}");
        }
        let mut unique = drawn;
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), 12, "an image repeats");
    }

    #[test]
    fn other_images_repeat_only_after_all_were_drawn() {
        let sampler = StratifiedSampler {
            oversampled: (0..6).collect(),
            others: (6..9).collect(),
            share: 0.5,
        };
        let drawn = sampler.draw(4, &mut random_stream(&"order", "epoch 0"));
        let mut others: Vec<u32> = drawn.into_iter().filter(|&image| image >= 6).collect();
        assert_eq!(others.len(), 6);
        let (first, second) = others.split_at_mut(3);
        first.sort_unstable();
        second.sort_unstable();
        assert_eq!((first, second), (&mut [6, 7, 8][..], &mut [6, 7, 8][..]));
    }

    #[test]
    fn a_batch_has_at_least_one_image_of_each_kind() {
        let per_batch = |share| {
            let sampler =
                StratifiedSampler { oversampled: (0..9).collect(), others: vec![9], share };
            sampler.oversampled_per_batch(8)
        };
        assert_eq!([per_batch(0.01), per_batch(0.5), per_batch(0.99)], [1, 4, 7]);
    }

    #[test]
    fn few_oversampled_images_are_all_in_every_batch() {
        let sampler =
            StratifiedSampler { oversampled: vec![0, 1], others: (2..9).collect(), share: 0.5 };
        assert_eq!((sampler.oversampled_per_batch(8), sampler.steps(8)), (2, 1));
        let drawn = sampler.draw(8, &mut random_stream(&"order", "epoch 0"));
        assert_eq!(drawn.iter().filter(|&&image| image < 2).count(), 2);
    }
}
