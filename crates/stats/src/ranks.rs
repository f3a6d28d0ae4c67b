//! Whether the values of one sample tend to be larger than those of another, whatever they are values of.

use statrs::distribution::{ContinuousCDF, Normal};

/// Up to so many values of both samples together the p value is exact; beyond, it is
/// approximate.
const EXACT: usize = 60;

/// A comparison of two independent samples by ranks (Mann and Whitney 1947).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankTest {
    /// U: the pairs of a left and a right value in which the left one is larger, equal ones counting a
    /// half.
    pub larger: f64,
    /// All pairs.
    pub pairs: f64,
    /// Two-sided p value of both samples being draws from one distribution: twice the smaller tail, at
    /// most 1.
    pub p_value: f64,
}

impl RankTest {
    /// The share of pairs in which the left value is larger less the share in which it is smaller, in
    /// [-1, 1] (Cliff 1993).
    #[must_use]
    pub fn delta(&self) -> f64 {
        2.0 * self.larger / self.pairs - 1.0
    }
}

/// Compares two samples; none where one is empty, or has a value that is not a number. Infinite values are
/// larger, or smaller, than all finite ones, and equal to one another.
///
/// The p value is exact, ties included, up to 60 values in all: over every way to divide the values that
/// were seen among the two samples. Beyond, it is that of a normal approximation corrected for ties and
/// for continuity.
#[must_use]
pub fn mann_whitney(left: &[f64], right: &[f64]) -> Option<RankTest> {
    let all = [left, right].concat();
    if left.is_empty() || right.is_empty() || all.iter().any(|value| value.is_nan()) {
        return None;
    }
    let (doubled, ties) = doubled_ranks(&all);
    let count = left.len();
    let sum: usize = doubled[..count].iter().sum();
    let pairs = (count * right.len()) as f64;
    let larger = (sum - count * (count + 1)) as f64 / 2.0;
    let p_value = if all.len() <= EXACT {
        exact_p_value(&doubled, count, sum)
    } else {
        approximate_p_value(larger, pairs, all.len() as f64, &ties)
    };
    Some(RankTest { larger, pairs, p_value })
}

/// Spearman's correlation of pairs, in [-1, 1], ties sharing their mean rank. None from fewer than three pairs,
/// or where one side is all equal.
#[must_use]
pub fn rank_correlation(pairs: &[(f64, f64)]) -> Option<f64> {
    if pairs.len() < 3 {
        return None;
    }
    let (left, right): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    let centered = |values: &[f64]| {
        let ranks: Vec<f64> =
            doubled_ranks(values).0.iter().map(|&rank| rank as f64 / 2.0).collect();
        let center = crate::mean(&ranks);
        ranks.iter().map(|rank| rank - center).collect::<Vec<_>>()
    };
    let (left, right) = (centered(&left), centered(&right));
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let scale = (product(&left, &left) * product(&right, &right)).sqrt();
    (scale > 0.0).then(|| product(&left, &right) / scale)
}

/// Twice the rank of each value, from 2; equal values share the mean of their ranks. And how many values
/// share each rank.
fn doubled_ranks(values: &[f64]) -> (Vec<usize>, Vec<f64>) {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let (mut doubled, mut ties, mut before) = (vec![0; values.len()], Vec::new(), 0);
    for group in order.chunk_by(|&a, &b| values[a].total_cmp(&values[b]).is_eq()) {
        // Ranks before + 1 to before + n: their mean is before + (n + 1) / 2.
        for &at in group {
            doubled[at] = 2 * before + group.len() + 1;
        }
        ties.push(group.len() as f64);
        before += group.len();
    }
    (doubled, ties)
}

/// Twice the smaller tail, `sum` included, of the sum of `count` of the ranks, all choices of them being
/// as likely.
fn exact_p_value(doubled: &[usize], count: usize, sum: usize) -> f64 {
    let most: usize = doubled.iter().sum();
    // ways[n][s]: choices of n of the ranks so far whose sum is s.
    let mut ways = vec![vec![0.0; most + 1]; count + 1];
    ways[0][0] = 1.0;
    for &rank in doubled {
        for chosen in (1..=count).rev() {
            let (fewer, these) = ways.split_at_mut(chosen);
            for total in (rank..=most).rev() {
                these[0][total] += fewer[chosen - 1][total - rank];
            }
        }
    }
    let all: f64 = ways[count].iter().sum();
    let below: f64 = ways[count][..=sum].iter().sum();
    let above: f64 = ways[count][sum..].iter().sum();
    (2.0 * below.min(above) / all).min(1.0)
}

/// By the normal distribution of the same mean and variance, half a pair nearer to the middle.
fn approximate_p_value(larger: f64, pairs: f64, count: f64, ties: &[f64]) -> f64 {
    let lost: f64 = ties.iter().map(|tie| tie.powi(3) - tie).sum();
    let variance = pairs / 12.0 * (count + 1.0 - lost / (count * (count - 1.0)));
    let away = (larger - pairs / 2.0).abs() - 0.5;
    if variance <= 0.0 || away <= 0.0 {
        return 1.0;
    }
    2.0 * Normal::standard().sf(away / variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: f64, wanted: f64) {
        assert!((got - wanted).abs() < 1e-9, "{got} instead of {wanted}");
    }

    #[test]
    fn the_tortoises_and_the_hare_give_the_published_u() {
        // Places of six tortoises and six hares, from the last: U = 11, p = 0.3095 by R and SciPy.
        let test =
            mann_whitney(&[12.0, 6.0, 5.0, 4.0, 3.0, 2.0], &[11.0, 10.0, 9.0, 8.0, 7.0, 1.0]);
        let test = test.unwrap();
        close(test.larger, 11.0);
        close(test.p_value, 0.309_523_809_523_809_5);
        close(test.delta(), 22.0 / 36.0 - 1.0);
    }

    #[test]
    fn samples_of_different_sizes_give_the_p_value_of_other_programs() {
        let males = [19.0, 22.0, 16.0, 29.0, 24.0];
        let females = [20.0, 11.0, 17.0, 12.0];
        let test = mann_whitney(&males, &females).unwrap();
        close(test.larger, 17.0);
        close(test.p_value, 1.0 / 9.0);
        let other = mann_whitney(&females, &males).unwrap();
        close(other.larger, 3.0);
        close(other.p_value, test.p_value);
    }

    #[test]
    fn a_rank_correlation_is_1_where_the_order_is_the_same_and_ties_share_their_rank() {
        close(rank_correlation(&[(1.0, 10.0), (2.0, 20.0), (9.0, 21.0)]).unwrap(), 1.0);
        close(rank_correlation(&[(1.0, 3.0), (2.0, 2.0), (3.0, 1.0)]).unwrap(), -1.0);
        // Ranks 3.5, 1, 3.5, 2 against 4, 1, 3, 2: 4.5 over the root of 4.5 times 5.
        let tied = [(3.0, 4.0), (1.0, 1.0), (3.0, 3.0), (2.0, 2.0)];
        close(rank_correlation(&tied).unwrap(), 4.5 / 22.5_f64.sqrt());
        assert_eq!(rank_correlation(&tied[..2]), None);
        assert_eq!(rank_correlation(&[(1.0, 1.0), (1.0, 2.0), (1.0, 3.0)]), None);
    }

    #[test]
    fn equal_values_share_their_ranks() {
        let test =
            mann_whitney(&[1.0, 2.0, 2.0, 3.0, 5.0], &[2.0, 4.0, 4.0, 5.0, 6.0, 6.0]).unwrap();
        // By hand: 2 > nothing, 2 = 2 twice, 3 > 2, 5 > 2, 4, 4 and = 5: 1 + 1 + 3.5.
        close(test.larger, 5.5);
        // By SciPy over all 462 divisions.
        close(test.p_value, 0.103_896_103_896_103_9);
    }

    #[test]
    fn samples_that_lie_apart_have_the_smallest_p_value_of_their_size() {
        // 2 / C(10, 5).
        let test = mann_whitney(&[6.0, 7.0, 8.0, 9.0, 10.0], &[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        close(test.p_value, 2.0 / 252.0);
        close(test.delta(), 1.0);
        let never = f64::INFINITY;
        let test = mann_whitney(&[never, never, never], &[1.0, 2.0, 3.0]).unwrap();
        close(test.p_value, 2.0 / 20.0);
    }

    #[test]
    fn nothing_is_said_of_samples_that_are_all_equal_empty_or_no_numbers() {
        let test = mann_whitney(&[1.0; 4], &[1.0; 3]).unwrap();
        close(test.p_value, 1.0);
        close(test.delta(), 0.0);
        close(mann_whitney(&[1.0; 40], &[1.0; 30]).unwrap().p_value, 1.0);
        assert_eq!(mann_whitney(&[], &[1.0]), None);
        assert_eq!(mann_whitney(&[f64::NAN], &[1.0]), None);
    }

    #[test]
    fn many_values_are_approximated_as_other_programs_do() {
        // 0 to 39 against 7 to 46; SciPy's asymptotic p value with continuity.
        let left: Vec<f64> = (0..40).map(f64::from).collect();
        let right: Vec<f64> = (7..47).map(f64::from).collect();
        let test = mann_whitney(&left, &right).unwrap();
        close(test.larger, 544.5);
        close(test.p_value, 0.014_119_319_954_939_558);
    }
}
