//! Claims that several comparisons must bear out together.

use assay_runs::Verdict;

use super::{ClaimResult, Hypothesis};
use assay_stats::{CONFIDENCE, Estimate, holm};

/// A comparison that a claim of several is read from.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// What is compared with what.
    pub name: String,
    /// By how much; none where no cluster has all its cells.
    pub estimate: Option<Estimate>,
}

impl Hypothesis {
    /// Decides a claim that is true only if it is true of every member.
    ///
    /// It holds when it holds of every member by its own interval: to claim all of them needs no
    /// adjustment (an intersection-union test, Berger 1982). It does not hold when, after Holm's
    /// adjustment for their number, one member lies significantly on the other side of the margin. The
    /// number shown is that of the member that supports the claim least.
    #[must_use]
    pub fn answer_all(self, members: &[Member], left_out: Vec<String>) -> ClaimResult {
        let (rule, margin) = (self.rule, self.margin);
        let verdicts: Vec<Verdict> = members
            .iter()
            .map(|member| rule.decide(member.estimate.and_then(|one| one.interval), margin))
            .collect();
        let against: Vec<f64> = members
            .iter()
            .filter_map(|member| rule.p_value_against(&member.estimate?, margin))
            .collect();
        let refuted = holm(&against).iter().any(|p| *p < 1.0 - CONFIDENCE);
        let verdict = match () {
            () if refuted => Verdict::DoesNotHold,
            () if verdicts.iter().all(|verdict| *verdict == Verdict::Holds) => Verdict::Holds,
            () => Verdict::NotEnoughData,
        };
        let least = members
            .iter()
            .filter_map(|member| Some((member, member.estimate?)))
            .min_by(|a, b| rule.support(a.1.value).total_cmp(&rule.support(b.1.value)));
        let name = least.map(|(member, _)| member.name.as_str()).filter(|_| members.len() > 1);
        let text = name.map_or(self.text.clone(), |name| {
            format!("{} (least so of {} comparisons: {name})", self.text, members.len())
        });
        let estimate = least.map(|(_, estimate)| estimate);
        let mut claim_result = Self { text, ..self }.answer(estimate, left_out);
        claim_result.claim.verdict = verdict;
        claim_result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_stats::Rule;
    use assay_stats::estimate_mean;

    /// Of two clusters, a distance apart: the interval is 6.3531 times that on each side of the mean.
    fn member(mean: f64, apart: f64) -> Member {
        let estimate = estimate_mean(&[mean - apart / 2.0, mean + apart / 2.0]);
        Member { name: format!("{mean}"), estimate }
    }

    fn read(rule: Rule, members: &[Member]) -> ClaimResult {
        let question = Hypothesis {
            id: "id".to_owned(),
            text: "All".to_owned(),
            rule,
            margin: 0.5,
            unit: "points".to_owned(),
            paper: None,
            absent: "nothing",
            topic: String::new(),
            finding: String::new(),
        };
        question.answer_all(members, Vec::new())
    }

    #[test]
    fn a_claim_of_several_holds_only_where_each_of_them_does() {
        let holds = read(Rule::Equal, &[member(0.1, 0.01), member(-0.3, 0.01)]);
        assert_eq!(holds.claim.verdict, Verdict::Holds);
        assert!((holds.claim.measured.unwrap() + 0.3).abs() < 1e-9);
        assert_eq!(holds.claim.text, "All (least so of 2 comparisons: -0.3): within ±0.5 points");
        let open = read(Rule::Equal, &[member(0.1, 0.01), member(0.3, 0.1)]);
        assert_eq!(open.claim.verdict, Verdict::NotEnoughData);
        let lacking = Member { estimate: None, ..member(0.0, 0.0) };
        let open = read(Rule::Equal, &[member(0.1, 0.01), lacking]);
        assert_eq!(open.claim.verdict, Verdict::NotEnoughData);
    }

    #[test]
    fn a_claim_of_several_fails_where_one_does_even_after_holms_adjustment() {
        // t = (2 - .5) / .05 = 30 on one degree of freedom: p = 2 / pi atan(1 / 30) = .0212, and twice
        // that with two members; with three it is no longer below .05.
        let far = member(2.0, 0.1);
        let near = member(0.0, 0.01);
        let pair = [far.clone(), near.clone()];
        assert_eq!(read(Rule::Equal, &pair).claim.verdict, Verdict::DoesNotHold);
        let three = [far, near.clone(), near];
        assert_eq!(read(Rule::Equal, &three).claim.verdict, Verdict::NotEnoughData);
    }

    #[test]
    fn a_claim_of_one_comparison_is_decided_as_any_other() {
        for (mean, apart, verdict) in [
            (1.0, 0.01, Verdict::Holds),
            (0.2, 0.01, Verdict::DoesNotHold),
            (0.6, 0.1, Verdict::NotEnoughData),
            (0.2, 0.1, Verdict::NotEnoughData),
        ] {
            let claim_result = read(Rule::MoreThan, &[member(mean, apart)]);
            assert_eq!(claim_result.claim.verdict, verdict, "{mean} {apart}");
            assert_eq!(claim_result.claim.text, "All: more than +0.5 points");
        }
    }
}
