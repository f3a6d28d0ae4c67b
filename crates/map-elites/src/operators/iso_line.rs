//! Iso+LineDD: variation along the line between two elites.

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::error::{MapElitesError, require};
use crate::streams::{NORMALS, fill_standard_normal};

/// The operator Iso+LineDD (Vassiliades and Mouret, "Discovering the elite hypervolume by
/// leveraging interspecies correlation", 2018, eq. 1), on genes in 0..=1.
///
/// A child of x and y is x + `iso_sigma` n + `line_sigma` m (y - x), clamped. Here n is a standard
/// normal draw per gene, and m is one per child.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IsoLine {
    /// Standard deviation of the isotropic part, as a share of the genes' range; at least 0.
    pub iso_sigma: f32,
    /// Standard deviation along the line, as a share of the parents' distance; at least 0.
    pub line_sigma: f32,
}

impl IsoLine {
    /// The genes of a child of `first`, moved along the line towards or away from `second`.
    ///
    /// # Panics
    /// If the parents differ in length.
    #[must_use]
    pub fn vary(&self, first: &[f32], second: &[f32], rng: &mut ChaCha8Rng) -> Vec<f32> {
        assert!(
            first.len() == second.len(),
            "cannot draw a line between parents of {} and of {} genes",
            first.len(),
            second.len()
        );
        let mut block = [0.0; NORMALS];
        fill_standard_normal(&mut block, rng);
        let line_factor = self.line_sigma * block[0];
        let mut child = first.to_vec();
        for (genes, mates) in child.chunks_mut(NORMALS).zip(second.chunks(NORMALS)) {
            fill_standard_normal(&mut block, rng);
            for ((gene, mate), noise) in genes.iter_mut().zip(mates).zip(&block) {
                let moved = *gene + self.iso_sigma * noise + line_factor * (mate - *gene);
                *gene = moved.clamp(0.0, 1.0);
            }
        }
        child
    }

    pub(crate) fn check(self) -> Result<(), MapElitesError> {
        let is_valid = |sigma: f32| sigma >= 0.0 && sigma.is_finite();
        require(is_valid(self.iso_sigma), "iso_sigma", &self.iso_sigma, "at least 0")?;
        require(is_valid(self.line_sigma), "line_sigma", &self.line_sigma, "at least 0")
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn without_isotropic_noise_a_child_lies_on_the_line_of_its_parents() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let operator = IsoLine { iso_sigma: 0.0, line_sigma: 0.2 };
        for _ in 0..100 {
            let child = operator.vary(&[0.4, 0.5], &[0.5, 0.3], &mut rng);
            // The line from (0.4, 0.5) in the direction (0.1, -0.2).
            assert!((2.0 * (child[0] - 0.4) + (child[1] - 0.5)).abs() < 1e-6, "{child:?}");
        }
    }

    #[test]
    fn without_line_noise_the_spread_is_iso_sigma() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let operator = IsoLine { iso_sigma: 0.01, line_sigma: 0.0 };
        let child = operator.vary(&vec![0.5; 40_000], &vec![1.0; 40_000], &mut rng);
        let squares: f64 = child.iter().map(|gene| f64::from(gene - 0.5).powi(2)).sum();
        let sigma = (squares / 40_000.0).sqrt();
        // The standard error is sigma / sqrt(80000), a third of a percent.
        assert!((sigma / 0.01 - 1.0).abs() < 0.018, "{sigma}");
    }

    #[test]
    fn the_spread_along_the_line_is_a_share_of_the_distance() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let operator = IsoLine { iso_sigma: 0.0, line_sigma: 0.2 };
        let steps: Vec<f64> = (0..10_000)
            .map(|_| f64::from(operator.vary(&[0.5], &[0.6], &mut rng)[0] - 0.5))
            .collect();
        let sigma = (steps.iter().map(|step| step * step).sum::<f64>() / 10_000.0).sqrt();
        assert!((sigma / 0.02 - 1.0).abs() < 0.036, "{sigma}");
    }
}
