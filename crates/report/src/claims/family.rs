//! Claims that several comparisons must bear out together.

use assay_runs::Verdict;

use super::{ClaimResult, UndecidedClaim};
use assay_stats::{CONFIDENCE, Estimate, holm};

/// One of the comparisons that decide a claim together.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// What is compared with what.
    pub name: String,
    /// By how much; none where no cluster has all its cells.
    pub estimate: Option<Estimate>,
}

impl UndecidedClaim {
    /// Decides a claim that is true only if it is true of every comparison.
    ///
    /// It holds when it holds of every comparison by its own interval: to claim all of them needs no
    /// adjustment (an intersection-union test, Berger 1982). It does not hold when, after Holm's
    /// adjustment for their number, one comparison lies significantly on the other side of the margin.
    /// Without comparisons there is not enough data. The number shown is that of the comparison that
    /// supports the claim least.
    #[must_use]
    pub fn decide_all(self, comparisons: &[Comparison], left_out: Vec<String>) -> ClaimResult {
        let (rule, margin) = (self.rule, self.margin);
        let verdicts: Vec<Verdict> = comparisons
            .iter()
            .map(|one| rule.decide(one.estimate.and_then(|found| found.interval), margin))
            .collect();
        let against: Vec<f64> = comparisons
            .iter()
            .filter_map(|one| rule.p_value_against(&one.estimate?, margin))
            .collect();
        let refuted = holm(&against).iter().any(|p| *p < 1.0 - CONFIDENCE);
        let all_hold = verdicts.iter().all(|verdict| *verdict == Verdict::Holds);
        let all_hold = all_hold && !verdicts.is_empty();
        let verdict = match () {
            () if refuted => Verdict::DoesNotHold,
            () if all_hold => Verdict::Holds,
            () => Verdict::NotEnoughData,
        };
        let least = comparisons
            .iter()
            .filter_map(|one| Some((one, one.estimate?)))
            .min_by(|a, b| rule.support(a.1.value).total_cmp(&rule.support(b.1.value)));
        let name = least.map(|(one, _)| one.name.as_str()).filter(|_| comparisons.len() > 1);
        let text = name.map_or(self.text.clone(), |name| {
            format!("{} (least so of {} comparisons: {name})", self.text, comparisons.len())
        });
        let estimate = least.map(|(_, estimate)| estimate);
        // All comparisons must be decided: the note is that of the least decided one.
        let undecided = verdict == Verdict::NotEnoughData;
        let notes = comparisons.iter().filter(|_| undecided).filter_map(|one| {
            let note = self.seeds_to_decide(one.estimate)?;
            let clusters = rule.clusters_to_decide(&one.estimate?, margin);
            Some((clusters.unwrap_or(usize::MAX), note))
        });
        let note = notes.max_by_key(|one| one.0).map(|one| one.1);
        let mut claim_result = Self { text, ..self }.decide(estimate, left_out);
        claim_result.claim.verdict = verdict;
        claim_result.claim.note = note;
        claim_result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_stats::Rule;
    use assay_stats::estimate_mean;

    /// Of two clusters, a distance apart: the interval is 6.3531 times that on each side of the mean.
    fn comparison(mean: f64, apart: f64) -> Comparison {
        let estimate = estimate_mean(&[mean - apart / 2.0, mean + apart / 2.0]);
        Comparison { name: format!("{mean}"), estimate }
    }

    fn decided(rule: Rule, comparisons: &[Comparison]) -> ClaimResult {
        let undecided = UndecidedClaim {
            id: "id".to_owned(),
            source: "added here".to_owned(),
            text: "All".to_owned(),
            rule,
            margin: 0.5,
            unit: "points".to_owned(),
            paper: None,
            absent: "nothing",
            topic: String::new(),
            finding: String::new(),
            seeds: 0,
        };
        undecided.decide_all(comparisons, Vec::new())
    }

    #[test]
    fn a_claim_of_several_holds_only_where_each_of_them_does() {
        let holds = decided(Rule::Equal, &[comparison(0.1, 0.01), comparison(-0.3, 0.01)]);
        assert_eq!(holds.claim.verdict, Verdict::Holds);
        assert!((holds.claim.measured.unwrap() + 0.3).abs() < 1e-9);
        assert_eq!(holds.claim.text, "All (least so of 2 comparisons: -0.3): within ±0.5 points");
        let open = decided(Rule::Equal, &[comparison(0.1, 0.01), comparison(0.3, 0.1)]);
        assert_eq!(open.claim.verdict, Verdict::NotEnoughData);
        let lacking = Comparison { estimate: None, ..comparison(0.0, 0.0) };
        let open = decided(Rule::Equal, &[comparison(0.1, 0.01), lacking]);
        assert_eq!(open.claim.verdict, Verdict::NotEnoughData);
    }

    #[test]
    fn a_claim_without_comparisons_has_not_enough_data() {
        let claim_result = decided(Rule::NotWorse, &[]);
        assert_eq!(claim_result.claim.verdict, Verdict::NotEnoughData);
        assert_eq!((claim_result.claim.measured, claim_result.clusters), (None, 0));
    }

    #[test]
    fn a_claim_of_several_fails_where_one_does_even_after_holms_adjustment() {
        // t = (2 - .5) / .05 = 30 on one degree of freedom: p = 2 / pi atan(1 / 30) = .0212, and twice
        // that with two comparisons; with three it is no longer below .05.
        let far = comparison(2.0, 0.1);
        let near = comparison(0.0, 0.01);
        let pair = [far.clone(), near.clone()];
        assert_eq!(decided(Rule::Equal, &pair).claim.verdict, Verdict::DoesNotHold);
        let three = [far, near.clone(), near];
        assert_eq!(decided(Rule::Equal, &three).claim.verdict, Verdict::NotEnoughData);
    }

    #[test]
    fn a_claim_of_one_comparison_is_decided_as_any_other() {
        for (mean, apart, verdict) in [
            (1.0, 0.01, Verdict::Holds),
            (0.2, 0.01, Verdict::DoesNotHold),
            (0.6, 0.1, Verdict::NotEnoughData),
            (0.2, 0.1, Verdict::NotEnoughData),
        ] {
            let claim_result = decided(Rule::MoreThan, &[comparison(mean, apart)]);
            assert_eq!(claim_result.claim.verdict, verdict, "{mean} {apart}");
            assert_eq!(claim_result.claim.text, "All: more than +0.5 points");
        }
    }
}
