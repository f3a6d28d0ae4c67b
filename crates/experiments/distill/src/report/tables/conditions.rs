//! The measurements of the networks of each condition.

use assay_report::TableSpec;
use assay_report::tables::Table;
use assay_report::words::plural;
use assay_stats::{Estimate, deviation};

use super::mean_of;
use crate::report::beside::{Beside, beside};
use crate::report::contrast::over_seeds;
use crate::report::group::{Group, step_of};
use crate::report::index::Index;
use crate::report::panels::PanelOutcome;
use crate::report::paper;
use crate::report::quality::{Quality, percent};

/// The networks of a condition.
struct Row<'a> {
    name: String,
    qualities: Vec<&'a Quality>,
    /// For each network, in percent.
    errors: Vec<f64>,
    estimate: Estimate,
    /// In percent.
    training_accuracy: Option<f64>,
    paper: Option<f64>,
}

impl<'a> Row<'a> {
    /// A row of networks by seed; none without networks.
    fn new(name: String, by_seed: &[Vec<&'a Quality>]) -> Option<Self> {
        let of_seed = |networks: &Vec<&Quality>| -> Vec<f64> {
            networks.iter().map(|one| one.error_percent()).collect()
        };
        let errors: Vec<Vec<f64>> = by_seed.iter().map(of_seed).collect();
        let qualities = by_seed.concat();
        let estimate = over_seeds(&errors, step_of(&qualities))?;
        let errors = errors.concat();
        Some(Self { name, qualities, errors, estimate, training_accuracy: None, paper: None })
    }

    fn mean(&self, value: fn(&Quality) -> f64) -> Option<f64> {
        mean_of(self.qualities.iter().map(|one| value(one)))
    }
}

/// Test errors and the quality of probabilities, by condition; ensembles have their own rows.
pub(super) fn conditions(index: &Index) -> Table {
    let groups = index.groups().iter().filter_map(|group| {
        let name = group.condition.name(&index.plan().classes);
        let qualities = group.by_seed(|measures| Some(&measures.quality));
        let training_accuracy = mean_of(training_accuracies(group));
        let paper = paper::errors(&group.condition);
        Some(Row { training_accuracy, paper, ..Row::new(name, &qualities)? })
    });
    let together = ensembles(index).into_iter().chain(panels(index));
    let together = together.filter_map(|(name, qualities)| {
        Row::new(name, &qualities.into_iter().map(|one| vec![one]).collect::<Vec<_>>())
    });
    let title = "Test errors by condition: mean, its 95 % interval over seeds (networks of one seed, such as \
                the members of an ensemble, count once), standard deviation and range over networks; what the \
                probabilities are worth at T = 1; paper: errors in percent";
    TableSpec::new("conditions", title)
        .text("condition", |row: &Row| row.name.clone())
        .text("networks", |row| row.qualities.len())
        .number("errors", 1, |row| row.mean(|one| one.errors() as f64))
        .estimate("error %", 2, |row| Some(row.estimate))
        .number("sd", 2, |row| deviation(&row.errors))
        .number("least", 2, |row| row.errors.iter().copied().reduce(f64::min))
        .number("most", 2, |row| row.errors.iter().copied().reduce(f64::max))
        .number("training accuracy %", 2, |row| row.training_accuracy)
        .number("NLL (nats)", 4, |row| row.mean(|one| one.nll))
        .number("Brier", 4, |row| row.mean(|one| one.brier))
        .number("ECE-15 %", 2, |row| row.mean(Quality::calibration_error))
        .number("paper", 2, |row| row.paper)
        .rows(groups.chain(together))
}

fn training_accuracies<'t>(group: &'t Group) -> impl Iterator<Item = f64> + use<'t> {
    let trained = group.trainings.iter().filter(|training| training.measures.is_some());
    let records = trained.filter_map(|training| training.cell_result.record()?.train);
    records.map(|train| 100.0 * train.accuracy())
}

/// Ensembles of several teachers, by size.
pub(super) fn ensembles<'a>(index: &'a Index) -> Vec<(String, Vec<&'a Quality>)> {
    let mut found: Vec<(String, Vec<&Quality>)> = Vec::new();
    for teachers in index.all_teachers().iter().filter(|one| one.members.len() > 1) {
        let Ok((_, together)) = &teachers.quality else { continue };
        let name = format!("ensemble of {}", plural(teachers.members.len(), "teacher"));
        match found.iter_mut().find(|(known, _)| *known == name) {
            Some((_, qualities)) => qualities.push(together),
            None => found.push((name, vec![together])),
        }
    }
    found
}

/// Specialist ensembles, by the number of their specialists.
fn panels<'a>(index: &'a Index) -> Vec<(String, Vec<&'a Quality>)> {
    let together = |panel: &'a PanelOutcome| Some(&panel.together.as_ref().ok()?.together);
    let qualities: Vec<&Quality> = index.panels().iter().filter_map(together).collect();
    let specialists = index.panels().first().map_or(0, |panel| panel.specialists.len());
    let name = format!("generalist and {}", plural(specialists, "specialist"));
    if qualities.is_empty() { Vec::new() } else { vec![(name, qualities)] }
}

/// The paper's errors next to those of this run.
pub(super) fn beside_the_paper(index: &Index) -> Table {
    let title =
        "The paper's test errors in percent beside this run's, with 95 % intervals over seeds";
    TableSpec::new("paper", title)
        .text("network", |row: &Beside| row.name.clone())
        .number("paper", 2, |row| Some(row.paper))
        .estimate("this run", 2, |row| over_seeds(&row.ours, row.step))
        .text("networks", |row| row.ours.iter().map(Vec::len).sum::<usize>())
        .rows(beside(index))
}

/// The errors of a condition's networks on one class.
struct ClassRow<'a> {
    condition: String,
    class: usize,
    qualities: Vec<&'a Quality>,
}

impl ClassRow<'_> {
    /// In percent. If folds are speakers, the seeds have different images.
    fn rates(&self) -> Vec<f64> {
        let classes = self.qualities.iter().map(|one| one.by_class[self.class]);
        classes.map(|class| percent(class.errors, class.images)).collect()
    }
}

/// Errors by class.
pub(super) fn by_class(index: &Index) -> Table {
    let classes = &index.plan().classes;
    let rows = index.groups().iter().flat_map(|group| {
        let condition = group.condition.name(classes);
        let qualities = group.qualities();
        let shown = if qualities.is_empty() { 0 } else { classes.len() };
        (0..shown).map(move |class| {
            let (condition, qualities) = (condition.clone(), qualities.clone());
            ClassRow { condition, class, qualities }
        })
    });
    TableSpec::new("classes", "Test errors by class, mean over the condition's networks")
        .text("condition", |row: &ClassRow| row.condition.clone())
        .text("class", |row| classes[row.class].clone())
        .text("images", |row| row.qualities[0].by_class[row.class].images)
        .number("errors", 1, |row| {
            mean_of(row.qualities.iter().map(|one| one.by_class[row.class].errors as f64))
        })
        .number("error %", 2, |row| mean_of(row.rates()))
        .number("sd", 2, |row| deviation(&row.rates()))
        .text("networks", |row| row.qualities.len())
        .rows(rows)
}

/// The cost of a network of each condition.
pub(super) fn costs(index: &Index) -> Table {
    let parameters = |group: &Group| {
        group.trainings.iter().find_map(|one| Some(one.cell_result.record()?.parameters))
    };
    let mean = |group: &Group, value: fn(&assay_runs::Provenance) -> Option<f64>| {
        let done = group.trainings.iter().filter_map(|one| one.cell_result.provenance());
        mean_of(done.filter_map(value))
    };
    let title = "What a network costs: its size, one forward pass of one image and of 128 in \
                milliseconds, and its training; means over the condition's networks";
    TableSpec::new("costs", title)
        .text("condition", |group: &&Group| group.condition.name(&index.plan().classes))
        .text_if_known("parameters", |group| parameters(group).map(|one| one.total))
        .text_if_known("multiplications", |group| {
            parameters(group).map(|one| one.multiplications).filter(|count| *count > 0)
        })
        .number("weights KiB", 0, |group| {
            let sizes = group.trainings.iter().filter_map(|training| training.weights_bytes);
            mean_of(sizes.map(|bytes| bytes as f64)).map(|bytes| bytes / 1024.0)
        })
        .number("ms, 1 image", 3, |group| mean(group, |one| Some(one.latency?.batch_1)))
        .number("ms, 128 images", 3, |group| mean(group, |one| Some(one.latency?.batch_128)))
        .number("training s", 1, |group| mean(group, |one| Some(one.seconds.train)))
        .rows(index.groups().iter().filter(|group| parameters(group).is_some()))
}
