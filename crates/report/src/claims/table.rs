//! The table of claims of any experiment.

use super::ClaimResult;
use crate::table_spec::TableSpec;
use crate::tables::Table;
use crate::words::verdict_in_words;

/// The claims of any experiment.
#[must_use]
pub fn claims_table(title: &str, claim_results: &[ClaimResult]) -> Table {
    TableSpec::new("claims", title)
        .text("claim", |one: &&ClaimResult| one.claim.id.clone())
        .text("text", |one| one.claim.text.clone())
        .text("rule", |one| one.rule.clone())
        .difference("paper", |one| one.claim.paper)
        .difference("measured", |one| one.claim.measured)
        .difference("low", |one| one.claim.low)
        .difference("high", |one| one.claim.high)
        .text("clusters", |one| one.clusters)
        .text("left out", |one| one.left_out.len())
        .text("verdict", |one| verdict_in_words(one.claim.verdict))
        .text_if_known("note", |one| one.claim.note.clone())
        .rows(claim_results)
}
