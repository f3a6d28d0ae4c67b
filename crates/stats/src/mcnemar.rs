//! Two networks on the same images (`McNemar` 1947).

use statrs::distribution::{Binomial, ChiSquared, ContinuousCDF, DiscreteCDF};

/// Fewer images than this on which one network alone is right, and the test is exact.
const FEW: usize = 25;

/// Two networks compared by the images that only one of them gets right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct McNemar {
    /// Images that only the first gets right.
    pub only_first: usize,
    /// Images that only the second gets right.
    pub only_second: usize,
    /// Two-sided p value of both being as good.
    pub p_value: f64,
}

impl McNemar {
    /// Of whether each network is right on each image.
    ///
    /// # Panics
    /// When the two are not of as many images.
    #[must_use]
    pub fn of(first: &[bool], second: &[bool]) -> Self {
        assert!(
            first.len() == second.len(),
            "networks on the same images: {} and {}",
            first.len(),
            second.len()
        );
        let pairs = || first.iter().zip(second);
        let only_first = pairs().filter(|(first, second)| **first && !**second).count();
        let only_second = pairs().filter(|(first, second)| !**first && **second).count();
        Self { only_first, only_second, p_value: p_value(only_first, only_second) }
    }
}

/// Exact by the binomial distribution for few discordant images; else by chi squared on one degree of
/// freedom, with the continuity correction of Edwards (1948).
fn p_value(left: usize, right: usize) -> f64 {
    let all = left + right;
    if all == 0 {
        return 1.0;
    }
    if all < FEW {
        let smaller = left.min(right) as u64;
        let binomial = Binomial::new(0.5, all as u64).expect("a share of one half");
        return (2.0 * binomial.cdf(smaller)).min(1.0);
    }
    let apart = (left.abs_diff(right) as f64 - 1.0).max(0.0);
    let one = ChiSquared::new(1.0).expect("one degree of freedom");
    one.sf(apart.powi(2) / all as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_discordant_images_are_tested_exactly() {
        // Images 1 and 2 against image 3: 2 (C(3,0) + C(3,1)) / 8 = 1.
        let got = McNemar::of(&[true, true, true, false], &[true, false, false, true]);
        assert_eq!((got.only_first, got.only_second, got.p_value), (2, 1, 1.0));
        // 1 of 10: 2 (1 + 10) / 1024.
        assert!((p_value(9, 1) - 22.0 / 1024.0).abs() < 1e-12);
        assert!((p_value(0, 0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn many_are_tested_by_chi_squared_with_continuity() {
        // (|40 - 60| - 1)^2 / 100 = 3.61, the square of 1.9: p = 2 (1 - Phi(1.9)) = 0.0574.
        assert!((p_value(40, 60) - 0.057_433).abs() < 1e-5);
        assert!((p_value(30, 30) - 1.0).abs() < 1e-12);
    }
}
