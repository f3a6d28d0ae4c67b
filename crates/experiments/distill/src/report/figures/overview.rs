//! Rows of dots: the errors of every condition, the paper's next to this run's, and word errors.

use assay_classifier_cells::Role;
use assay_report::ReportError;
use assay_report::figures::Figure;
use assay_report::words::plural;

use super::dots::{Row, dots};
use super::{ENSEMBLE, color};
use crate::report::comparison::Network;
use crate::report::gap::SeedErrors;
use crate::report::group::Group;
use crate::report::index::Index;
use crate::report::measure::Measure;
use crate::report::paper;
use crate::report::paper_comparison::paper_comparisons;
use crate::report::select;

/// Half an error in percent of the test images: the position of no errors on a logarithmic scale.
fn least_error(index: &Index) -> f64 {
    let mut metrics = index.groups.iter().flat_map(Group::metrics);
    50.0 / metrics.next().map_or(100, |one| one.classification.images()).max(1) as f64
}

/// One number per seed.
fn one_per_seed(values: impl IntoIterator<Item = f64>) -> Vec<Vec<f64>> {
    values.into_iter().map(|value| vec![value]).collect()
}

/// The errors of the conditions. If classes or images are missing, only those of the main network
/// at one temperature, so that they fit on a page.
pub(super) fn conditions(index: &Index) -> Result<Option<Figure>, ReportError> {
    let row = |group: &Group| Row {
        name: index.name(&group.condition),
        color: color(group.condition.role),
        values: group.errors(),
        step: group.step(),
        paper: paper::errors(&group.condition),
    };
    let ensembles = index.ensembles().into_iter().map(|(name, metrics)| {
        let values = one_per_seed(metrics.iter().map(|one| one.error_percent()));
        Row { name, color: ENSEMBLE, values, step: Measure::Errors.step(&metrics), paper: None }
    });
    let distilled = select::networks(index).into_iter().flat_map(|network| {
        let by_temperature = select::by_temperature(index, network).into_iter();
        by_temperature.chain(select::by_other_losses(index, network))
    });
    let fewer = select::with_fewest_images(index).into_iter().chain(select::without_classes(index));
    let distilled = distilled.chain(fewer).chain(select::of_specialist_ensembles(index));
    let mut rows: Vec<Row> = index.groups_of_role(Role::Teacher).map(row).collect();
    rows.extend(ensembles);
    rows.extend(index.groups_of_role(Role::Continued).map(row));
    rows.extend(index.groups_of_role(Role::Student).chain(distilled).map(row));
    rows.retain(|row| !row.values.is_empty());
    let networks: usize =
        rows.iter().map(|row| row.values.iter().map(Vec::len).sum::<usize>()).sum();
    let caption = format!(
        "Test error after the last step. Bars: means over seeds with 95 % intervals (t, \
         seeds as units: the members of an ensemble count once), cut at the edge. With excluded \
         classes or a smaller share of the images: only the main network at one temperature; the table has \
         the others. {}.",
        plural(networks, "network")
    );
    dots(
        ("conditions", "Test error by condition", caption),
        (&rows, "Test error"),
        least_error(index),
    )
}

/// Only the paper's numbers.
pub(super) fn paper(index: &Index) -> Result<Option<Figure>, ReportError> {
    let rows = paper_comparisons(index).into_iter().map(|row| Row {
        name: row.name,
        color: color(row.condition.role),
        values: row.ours,
        step: row.step,
        paper: Some(row.paper),
    });
    let caption = "Test error of the networks that the paper has numbers of (one network each) next to this \
                   run's. The paper chose its corrections on the test images; they appear next to this \
                   run's corrections on test labels, and next to those without labels."
        .to_owned();
    let heading = ("paper", "Test error of the paper and of this run", caption);
    dots(heading, (&rows.collect::<Vec<_>>(), "Test error"), least_error(index))
}

/// Word error rates of the baseline, of its teachers together, and of the main network distilled at
/// each temperature.
pub(super) fn words(index: &Index) -> Result<Option<Figure>, ReportError> {
    let Some(main) = select::main_of_speech(index) else { return Ok(None) };
    let step = Measure::WordErrors.step(&main.classification());
    let row = |name, color, group: &Group, errors: fn(&SeedErrors) -> f64| {
        let found = index.compare(group, Measure::WordErrors, |percent| {
            Ok(errors(&SeedErrors::new(percent, Network::Baseline)?))
        });
        Row { name, color, values: one_per_seed(found.values), step, paper: None }
    };
    let name = index.name(&main.condition.baseline());
    let teachers = format!("ensemble of {} teachers", main.condition.teachers);
    let mut rows = vec![
        row(name, color(Role::Student), main, |seed| seed.baseline),
        row(teachers, ENSEMBLE, main, |seed| seed.teacher),
    ];
    let by_temperature = select::by_temperature(index, &main.condition).into_iter();
    rows.extend(by_temperature.map(|group| {
        row(index.name(&group.condition), color(Role::Distilled), group, |seed| seed.distilled)
    }));
    rows.retain(|row| !row.values.is_empty());
    let caption = "Word error rate on the test recordings, in percent. A word is an error if the best path \
                   through the states of another digit has a higher score. Bars: means over seeds with 95 % \
                   intervals, whose standard error is at least that of counting whole words. Without any word error, the dot \
                   is at half a word."
        .to_owned();
    let least = if step > 0.0 { step / 2.0 } else { 0.5 };
    dots(("words", "Word error rate", caption), (&rows, "Word error rate"), least)
}
