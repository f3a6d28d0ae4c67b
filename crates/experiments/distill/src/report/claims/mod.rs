//! The claims of Hinton et al. 2015. `claims.toml` has the numbers and the rule that decide each.
//! `docs/studies/distillation.md` lists the changes that were made after runs had been seen.

mod measurement;
mod metric;
mod temperatures;

use std::sync::LazyLock;

use assay_report::claims::{ClaimResult, ClaimSpec, parse_claims};
use assay_report::data;
use assay_runs::Verdict;

pub use self::metric::Metric;
use super::contrast;
use super::index::Index;
use super::paper;

/// The claims, in the order of the report.
///
/// # Panics
/// Never: a test parses the file.
pub static CLAIMS: LazyLock<Vec<ClaimSpec<Metric>>> = LazyLock::new(|| {
    parse_claims(include_str!("../../../claims.toml")).expect("claims.toml has this form")
});

/// Every claim that the plan has cells for, in the order of the table.
#[must_use]
pub fn read_claims(index: &Index) -> Vec<ClaimResult> {
    CLAIMS.iter().filter_map(|claim| read_claim(index, claim)).collect()
}

fn read_claim(index: &Index, claim: &ClaimSpec<Metric>) -> Option<ClaimResult> {
    let measured = metric::measure(index, claim.metric)?;
    let of_paper = from_paper(claim.metric).filter(|_| data::are(index.plan(), paper::DATA));
    let detail = format!(" ({})", measured.of);
    let hypothesis = claim.hypothesis(index.plan(), &detail, of_paper, measured.absent);
    let mut result = hypothesis.answer_all(&measured.members, measured.left_out);
    let no_share = result.claim.measured.is_none() && measured.absent != metric::NO_SEED;
    result.claim.note = no_share.then(|| measured.absent.to_owned());
    if measured.absent == contrast::WORSE_TEACHER {
        result.claim.verdict = Verdict::NotTestable;
        result.claim.note = Some(format!("not testable: {}", measured.absent));
    }
    Some(result)
}

/// The paper's number on MNIST. Its data for speech and JFT are not available to any run.
fn from_paper(metric: Metric) -> Option<f64> {
    match metric {
        Metric::StudentLessTeacher => Some(paper::TEACHER_GAIN),
        Metric::StudentLessDistilled => Some(paper::DISTILLED_GAIN),
        Metric::Recovered => Some(paper::RECOVERED),
        Metric::OmittedClass => Some(paper::THREES_KNOWN),
        Metric::FewClasses => Some(paper::KNOWN_BY_7_8),
        _ => None,
    }
}
