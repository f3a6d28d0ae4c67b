//! Variation along the line between two elites.

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::error::{MapElitesError, require};
use crate::streams::{NORMALS, normals};

/// The operator "Iso+LineDD" (Vassiliades and Mouret, "Discovering the elite hypervolume by
/// leveraging interspecies correlation", 2018, eq. 1), on genes in 0..=1.
///
/// A child of x and y is x + `iso_sigma` n + `line_sigma` m (y - x), clamped, where n is a standard
/// normal draw for each gene and m is one for the child.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IsoLine {
    /// The standard deviation in every direction, as a share of the genes' range; at least 0.
    pub iso_sigma: f32,
    /// The standard deviation along the line, as a share of the distance between the parents; at
    /// least 0.
    pub line_sigma: f32,
}

impl IsoLine {
    /// The genes of a child of `first`, moved along the line towards or away from `second`.
    ///
    /// # Panics
    /// If the parents are not of the same length.
    #[must_use]
    pub fn vary(&self, first: &[f32], second: &[f32], rng: &mut ChaCha8Rng) -> Vec<f32> {
        assert!(
            first.len() == second.len(),
            "there is no line between parents of {} and of {} genes",
            first.len(),
            second.len()
        );
        let mut block = [0.0; NORMALS];
        normals(&mut block, rng);
        let along = self.line_sigma * block[0];
        let mut child = first.to_vec();
        for (genes, mates) in child.chunks_mut(NORMALS).zip(second.chunks(NORMALS)) {
            normals(&mut block, rng);
            for ((gene, mate), aside) in genes.iter_mut().zip(mates).zip(&block) {
                let moved = *gene + self.iso_sigma * aside + along * (mate - *gene);
                *gene = moved.clamp(0.0, 1.0);
            }
        }
        child
    }

    pub(crate) fn check(self) -> Result<(), MapElitesError> {
        let fine = |sigma: f32| sigma >= 0.0 && sigma.is_finite();
        require(fine(self.iso_sigma), "iso_sigma", &self.iso_sigma, "at least 0")?;
        require(fine(self.line_sigma), "line_sigma", &self.line_sigma, "at least 0")
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn without_the_isotropic_part_a_child_lies_on_the_line_of_its_parents() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let operator = IsoLine { iso_sigma: 0.0, line_sigma: 0.2 };
        for _ in 0..100 {
            let child = operator.vary(&[0.4, 0.5], &[0.5, 0.3], &mut rng);
            // The line from (0.4, 0.5) in the direction (0.1, -0.2).
            assert!((2.0 * (child[0] - 0.4) + (child[1] - 0.5)).abs() < 1e-6, "{child:?}");
        }
    }

    #[test]
    fn without_the_line_the_spread_is_the_isotropic_one() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let operator = IsoLine { iso_sigma: 0.01, line_sigma: 0.0 };
        let child = operator.vary(&vec![0.5; 40_000], &vec![1.0; 40_000], &mut rng);
        let squares: f64 = child.iter().map(|gene| f64::from(gene - 0.5).powi(2)).sum();
        let sigma = (squares / 40_000.0).sqrt();
        // The standard error is sigma / sqrt(80000), a third of a percent.
        assert!((sigma / 0.01 - 1.0).abs() < 0.018, "{sigma}");
    }

    #[test]
    fn along_the_line_the_spread_is_a_share_of_the_distance() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let operator = IsoLine { iso_sigma: 0.0, line_sigma: 0.2 };
        let steps: Vec<f64> = (0..10_000)
            .map(|_| f64::from(operator.vary(&[0.5], &[0.6], &mut rng)[0] - 0.5))
            .collect();
        let sigma = (steps.iter().map(|step| step * step).sum::<f64>() / 10_000.0).sqrt();
        assert!((sigma / 0.02 - 1.0).abs() < 0.036, "{sigma}");
    }
}
