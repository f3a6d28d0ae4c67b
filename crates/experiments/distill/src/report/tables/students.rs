//! Distilled students, compared with their teachers and with their baselines.

use crate::report::agreement::Agreement;
use crate::report::comparison::Network;
use crate::report::condition::Condition;
use crate::report::gap::{SeedErrors, mean_of_known, recovered};
use crate::report::group::Group;
use crate::report::index::Index;
use crate::report::measure::Measure;
use assay_classifier_cells::Role;
use assay_report::TableSpec;
use assay_report::tables::Table;
use assay_stats::{Estimate, holm};

/// A distilled student and its gain over the baseline.
struct Row<'a> {
    group: &'a Group<'a>,
    gain: Estimate,
    /// Holm's p value.
    adjusted: Option<f64>,
    /// The gap recovered, or why there is none.
    share: Result<Estimate, &'static str>,
}

impl Row<'_> {
    fn agreement(&self, value: fn(&Agreement) -> Option<f64>) -> Option<f64> {
        mean_of_known(self.group.metrics().filter_map(|one| value(one.agreement.as_ref()?)))
    }
}

/// The gain of distillation, the gap recovered, and the agreement of student and teacher.
pub(super) fn students<'a>(index: &'a Index<'a>) -> Table {
    let gains: Vec<(&Group, Estimate)> = index
        .groups_of_role(Role::Distilled)
        .filter_map(|group| {
            let gain = index.compare(group, Measure::Errors, |percent| {
                Ok(percent(Network::Baseline)? - percent(Network::Distilled)?)
            });
            Some((group, gain.estimate_of(2.0)?))
        })
        .collect();
    let adjusted = adjusted(&gains);
    let rows = gains.into_iter().zip(adjusted).map(|((group, gain), adjusted)| Row {
        group,
        gain,
        adjusted,
        share: share_of_the_gap(index, group, gain),
    });
    let title = "Distilled students: errors of the baseline minus theirs (percentage points, paired by \
                seed; p is two-sided against 0, p (Holm) adjusted over the temperatures and losses of a \
                student), the share of the gap to the teacher that this gain closes (above 100: better \
                than the teacher), agreement with the teacher on all test images and on those it gets wrong, \
                and KL divergence from teacher to student";
    TableSpec::new("students", title)
        .text("condition", |row: &Row| index.name(&row.group.condition))
        .text("seeds", |row| row.gain.clusters)
        .estimate("gain", 2, |row| Some(row.gain))
        .number("p", 4, |row| row.gain.p_value())
        .number("p (Holm)", 4, |row| row.adjusted)
        .number("recovered %", 1, |row| row.share.ok().map(|share| share.value))
        .number("recovered low", 1, |row| Some(row.share.ok()?.interval?.low))
        .number("recovered high", 1, |row| Some(row.share.ok()?.interval?.high))
        .text_if_known("why no share", |row| row.share.err())
        .number("agreement %", 2, |row| row.agreement(|one| Some(one.percent)))
        .number("where the teacher errs %", 1, |row| row.agreement(|one| one.percent_where_wrong))
        .number("KL at T = 1", 4, |row| row.agreement(|one| Some(one.divergence)))
        .number("KL at the training's T", 4, |row| row.agreement(|one| one.divergence_in_training))
        .rows(rows)
}

/// The gap recovered by a gain, or why there is none.
fn share_of_the_gap(
    index: &Index,
    group: &Group,
    gain: Estimate,
) -> Result<Estimate, &'static str> {
    if !group.condition.excluded_classes.is_empty() {
        return Err("classes were excluded, and no bias correction is applied here");
    }
    if gain.interval.is_some_and(|ends| ends.high < 0.0) {
        return Err("nothing is gained: the baseline makes fewer errors");
    }
    let seeds = index
        .compare(group, Measure::Errors, |percent| SeedErrors::new(percent, Network::Baseline));
    recovered(&seeds.values, seeds.step)
}

/// Holm's p values. A family is one student at all its temperatures and with all its losses.
fn adjusted(gains: &[(&Group, Estimate)]) -> Vec<Option<f64>> {
    let family = |group: &Group| Condition {
        temperature: None,
        other_loss: None,
        ..group.condition.clone()
    };
    let mut adjusted = vec![None; gains.len()];
    for (at, (group, _)) in gains.iter().enumerate() {
        let of_family = (0..gains.len()).filter(|&other| family(gains[other].0) == family(group));
        let tested: Vec<(usize, f64)> =
            of_family.filter_map(|other| Some((other, gains[other].1.p_value()?))).collect();
        let found = holm(&tested.iter().map(|test| test.1).collect::<Vec<_>>());
        adjusted[at] = tested.iter().position(|test| test.0 == at).map(|own| found[own]);
    }
    adjusted
}
