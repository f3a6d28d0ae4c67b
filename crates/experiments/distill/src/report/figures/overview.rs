//! The errors of every condition, next to the paper's.

use assay_classifier_cells::Role;

use super::dots::{Row, dots, one_a_seed};
use super::style::{ENSEMBLE, color, least_error};
use crate::report::beside::beside;
use crate::report::choice;
use crate::report::group::{Group, step_of};
use crate::report::index::Index;
use crate::report::paper;
use crate::report::quality::Quality;
use assay_report::ReportError;
use assay_report::figures::Figure;
use assay_report::words::plural;

/// The errors of the conditions. If classes or images are missing, only those of the main network
/// at one temperature, so that they fit on a page.
pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let row = |group: &Group| {
        let (condition, values) = (&group.condition, group.errors());
        let name = condition.name(&index.plan().classes);
        let paper = paper::errors(condition);
        let color = color(condition.role);
        let step = group.step();
        (!values.is_empty()).then_some(Row { name, color, values, step, paper })
    };
    let of_role = |role: Role| {
        index.groups().iter().filter(move |group| group.condition.role == role).filter_map(row)
    };
    let distilled = choice::networks(index).into_iter().flat_map(|network| {
        let by_temperature = choice::by_temperature(index, network).into_iter();
        by_temperature.chain(choice::by_other_losses(index, network))
    });
    let fewer = choice::with_fewest_images(index).into_iter().chain(choice::without_classes(index));
    let rows: Vec<Row> = of_role(Role::Teacher)
        .chain(ensembles(index))
        .chain(panels(index))
        .chain(of_role(Role::Student))
        .chain(distilled.chain(fewer).chain(choice::of_panels(index)).filter_map(row))
        .collect();
    let networks: usize =
        rows.iter().map(|row| row.values.iter().map(Vec::len).sum::<usize>()).sum();
    let caption = format!(
        "Errors on the test images after the last step. Bars: means over seeds with 95 % intervals (t, \
         seeds as units: the members of an ensemble count once), cut at the edge. Where classes or images are missing, the main network \
         at one temperature; the table has the others. {}.",
        plural(networks, "network")
    );
    dots(("conditions", "Test errors by condition", caption), &rows, least_error(index))
}

fn ensembles(index: &Index) -> Option<Row> {
    let several = || index.all_teachers().iter().filter(|teachers| teachers.members.len() > 1);
    let size = several().next()?.members.len();
    let qualities: Vec<&Quality> = several()
        .filter(|teachers| teachers.members.len() == size)
        .filter_map(|teachers| Some(&teachers.quality.as_ref().ok()?.1))
        .collect();
    together(format!("ensemble of {}", plural(size, "teacher")), &qualities)
}

fn panels(index: &Index) -> Option<Row> {
    let known = index.panels().iter().filter_map(|panel| panel.together.as_ref().ok());
    let qualities: Vec<&Quality> = known.map(|known| &known.together).collect();
    let specialists = index.panels().first()?.specialists.len();
    together(format!("generalist and {}", plural(specialists, "specialist")), &qualities)
}

/// Networks that predict together, once per seed.
fn together(name: String, qualities: &[&Quality]) -> Option<Row> {
    let values = one_a_seed(qualities.iter().map(|one| one.error_percent()).collect());
    let step = step_of(qualities);
    (!values.is_empty()).then_some(Row { name, color: ENSEMBLE, values, step, paper: None })
}

/// Only the paper's numbers.
pub(super) fn beside_the_paper(index: &Index) -> Result<Option<Figure>, ReportError> {
    let row = |row: crate::report::beside::Beside| Row {
        name: row.name,
        color: color(row.condition.role),
        values: row.ours,
        step: row.step,
        paper: Some(row.paper),
    };
    let rows: Vec<Row> = beside(index).into_iter().map(row).collect();
    let caption = "Test errors of the networks the paper has numbers of, one network each there, beside \
                   this run's. The paper chose its corrections on the test images; they stand beside \
                   this run's so chosen, and beside those chosen without any label."
        .to_owned();
    dots(("paper", "The paper's errors and this run's", caption), &rows, least_error(index))
}
