//! Which images an epoch draws, in which order.

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// Which images an epoch draws, in which order. An epoch is a whole number of batches.
pub trait Sampler {
    /// The number of batches of `batch` in an epoch.
    fn steps(&self, batch: usize) -> usize;

    /// The numbers of an epoch's images, batch after batch; what is more than the batches hold is not used.
    fn draw(&self, batch: usize, rng: &mut ChaCha8Rng) -> Vec<u32>;
}

/// Every image once, but for a ragged last batch.
#[derive(Debug, Clone, Copy)]
pub struct ShuffledSampler {
    /// How many images there are.
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

/// A fixed share of every batch from some images, each of which an epoch draws once; the rest of the batch
/// at random from all others, none of which comes twice before all have come.
#[derive(Debug, Clone)]
pub struct StratifiedSampler {
    /// The numbers of the images of which each batch has its share.
    pub own: Vec<u32>,
    /// The numbers of all others.
    pub rest: Vec<u32>,
    /// The share of a batch, in (0, 1).
    pub share: f64,
}

impl StratifiedSampler {
    /// How many images of a batch are own: the share, but at least one of either kind, and no more than there
    /// are.
    ///
    /// # Panics
    /// When a batch has fewer than two images.
    #[must_use]
    pub fn own_of(&self, batch: usize) -> usize {
        assert!(batch >= 2, "a batch of {batch}; it needs one image of either kind");
        let share = (batch as f64 * self.share).round() as usize;
        share.min(self.own.len()).clamp(1, batch - 1)
    }
}

impl Sampler for StratifiedSampler {
    fn steps(&self, batch: usize) -> usize {
        self.own.len() / self.own_of(batch)
    }

    fn draw(&self, batch: usize, rng: &mut ChaCha8Rng) -> Vec<u32> {
        let own_of = self.own_of(batch);
        let mut own = self.own.clone();
        own.shuffle(rng);
        let mut rest: Vec<u32> = Vec::new();
        let mut drawn = Vec::with_capacity(self.steps(batch) * batch);
        for own in own.chunks_exact(own_of) {
            drawn.extend(own);
            for _ in own_of..batch {
                if rest.is_empty() {
                    rest.clone_from(&self.rest);
                }
                drawn.push(rest.swap_remove(rng.random_range(0..rest.len())));
            }
        }
        drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_runs::stream;

    #[test]
    fn an_epoch_has_every_image_once() {
        let order = ShuffledSampler { images: 10 };
        assert_eq!(order.steps(4), 2);
        let mut drawn = order.draw(4, &mut stream(&"order", "epoch 0"));
        assert_ne!(drawn, (0..10).collect::<Vec<_>>());
        drawn.sort_unstable();
        assert_eq!(drawn, (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn every_batch_has_its_share_of_own_images_and_an_epoch_each_of_them_once() {
        // Of batches of 6, two are own: 5 own images make 2 batches, and one is left for another epoch.
        let order =
            StratifiedSampler { own: (0..5).collect(), rest: (5..25).collect(), share: 1.0 / 3.0 };
        assert_eq!((order.own_of(6), order.steps(6)), (2, 2));
        let drawn = order.draw(6, &mut stream(&"order", "epoch 0"));
        assert_eq!(drawn.len(), 12);
        for batch in drawn.chunks(6) {
            assert!(batch[..2].iter().all(|&image| image < 5), "{batch:?}");
            assert!(batch[2..].iter().all(|&image| image >= 5), "{batch:?}");
        }
        let mut seen = drawn;
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 12, "no image came twice");
    }

    #[test]
    fn others_come_again_only_when_all_have_come() {
        let order = StratifiedSampler { own: (0..6).collect(), rest: (6..9).collect(), share: 0.5 };
        let drawn = order.draw(4, &mut stream(&"order", "epoch 0"));
        let mut rest: Vec<u32> = drawn.into_iter().filter(|&image| image >= 6).collect();
        assert_eq!(rest.len(), 6);
        let (first, second) = rest.split_at_mut(3);
        first.sort_unstable();
        second.sort_unstable();
        assert_eq!((first, second), (&mut [6, 7, 8][..], &mut [6, 7, 8][..]));
    }

    #[test]
    fn a_batch_has_one_image_of_either_kind_at_least() {
        let of = |share| StratifiedSampler { own: (0..9).collect(), rest: vec![9], share };
        assert_eq!([of(0.01).own_of(8), of(0.5).own_of(8), of(0.99).own_of(8)], [1, 4, 7]);
    }

    #[test]
    fn fewer_own_images_than_a_batchs_share_are_all_in_every_batch() {
        let order = StratifiedSampler { own: vec![0, 1], rest: (2..9).collect(), share: 0.5 };
        assert_eq!((order.own_of(8), order.steps(8)), (2, 1));
        let drawn = order.draw(8, &mut stream(&"order", "epoch 0"));
        assert_eq!(drawn.iter().filter(|&&image| image < 2).count(), 2);
    }
}
