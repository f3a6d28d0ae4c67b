//! Generalists with their specialists.

use crate::report::classification::percent;
use crate::report::gap::mean_of_known;
use crate::report::index::Index;
use crate::report::measure::step_of_counts;
use crate::report::paper;
use crate::report::specialist_ensembles::{
    Coverage, EnsembleMetrics, EnsembleResult, Reference, SpecialistResult,
};
use assay_report::TableSpec;
use assay_report::tables::Table;
use assay_stats::{Estimate, McNemar, estimate_mean, mean};

/// The gain from specialists, in percentage points: of one seed, its mean, or the paper's.
struct Gain {
    seed: String,
    specialists: Option<usize>,
    /// Accuracy of the generalist alone and of the specialist ensemble, in percent.
    accuracies: [f64; 2],
    /// The same of the generalist after further training, and of the mean of both.
    control: Option<[f64; 2]>,
    points: f64,
    mean: Option<Estimate>,
    /// The gain over the better of these two.
    over_control: Option<f64>,
    mean_over_control: Option<Estimate>,
    test: Option<McNemar>,
}

fn known<'a>(
    index: &'a Index<'a>,
) -> impl Iterator<Item = (&'a EnsembleResult<'a>, &'a EnsembleMetrics)> {
    index.specialist_ensembles.iter().filter_map(|one| Some((one, one.metrics.as_ref().ok()?)))
}

/// One row for each specialist ensemble, then the mean and the paper's.
fn gain_rows<'a>(index: &'a Index<'a>) -> Vec<Gain> {
    let gain = |(ensemble, metrics): (&EnsembleResult, &EnsembleMetrics)| Gain {
        seed: ensemble.seed().to_string(),
        specialists: Some(ensemble.specialists.len()),
        accuracies: [&metrics.generalist, &metrics.ensemble].map(|one| 100.0 - one.error_percent()),
        control: metrics.control.as_ref().ok().map(|control| {
            [&control.alone, &control.with_generalist].map(|one| 100.0 - one.error_percent())
        }),
        points: metrics.generalist.error_percent() - metrics.ensemble.error_percent(),
        mean: None,
        over_control: metrics.gain(Reference::Control).ok(),
        mean_over_control: None,
        test: Some(McNemar::of(&metrics.ensemble.right, &metrics.generalist.right)),
    };
    let mut rows: Vec<Gain> = known(index).map(gain).collect();
    if rows.is_empty() {
        return rows;
    }
    let estimate = |over| index.gains_from_specialists(over).estimate_of(2.0);
    let over_control = estimate(Reference::Control);
    let estimate = estimate(Reference::Generalist).filter(|_| rows.len() > 1);
    let accuracy = |at: usize| rows.iter().map(|row| row.accuracies[at]).collect::<Vec<_>>();
    let accuracies = [mean(&accuracy(0)), mean(&accuracy(1))];
    let of_control =
        |at: usize| mean_of_known(rows.iter().filter_map(|row| Some(row.control?[at])));
    let control = of_control(0).zip(of_control(1)).map(|(alone, both)| [alone, both]);
    rows.extend(estimate.map(|estimate| Gain {
        seed: "mean".to_owned(),
        specialists: None,
        accuracies,
        control,
        points: estimate.value,
        mean: Some(estimate),
        over_control: over_control.as_ref().map(|one| one.value),
        mean_over_control: over_control,
        test: None,
    }));
    rows.push(Gain {
        seed: "paper (JFT)".to_owned(),
        specialists: Some(paper::SPECIALISTS_COUNT),
        accuracies: paper::SPECIALISTS,
        control: None,
        points: paper::SPECIALISTS[1] - paper::SPECIALISTS[0],
        mean: None,
        over_control: None,
        mean_over_control: None,
        test: None,
    });
    rows
}

/// The gain from specialists.
pub(super) fn gains<'a>(index: &'a Index<'a>) -> Table {
    let title = "Test accuracy in percent of the generalist and of the specialist ensemble; the difference in \
                points, its 95 % interval over seeds; images that only one of the two gets right, with \
                McNemar's test. Trained further: the generalist, trained further on all classes with at least the \
                computation of the specialists; with both: the mean of its probabilities and the \
                generalist's; the last columns: the gain over the better of these two";
    TableSpec::new("specialists", title)
        .text("seed", |row: &Gain| row.seed.clone())
        .text_if_known("specialists", |row| row.specialists)
        .number("generalist %", 2, |row| Some(row.accuracies[0]))
        .number("specialist ensemble %", 2, |row| Some(row.accuracies[1]))
        .number("gain", 2, |row| Some(row.points))
        .number("low", 2, |row| Some(row.mean?.interval?.low))
        .number("high", 2, |row| Some(row.mean?.interval?.high))
        .text_if_known("only specialist ensemble", |row| {
            row.test.as_ref().map(|test| test.only_first)
        })
        .text_if_known("only generalist", |row| row.test.as_ref().map(|test| test.only_second))
        .number("p", 4, |row| row.test.as_ref().map(|test| test.p_value))
        .number("trained further %", 2, |row| Some(row.control?[0]))
        .number("with both %", 2, |row| Some(row.control?[1]))
        .number("gain over the better", 2, |row| row.over_control)
        .number("its low", 2, |row| Some(row.mean_over_control?.interval?.low))
        .number("its high", 2, |row| Some(row.mean_over_control?.interval?.high))
        .rows(gain_rows(index))
}

/// The same by the number of specialists whose class subset has an image's class; one row for each
/// number, with the seeds that have such images.
pub(super) fn coverage<'a>(index: &'a Index<'a>) -> Table {
    let all: Vec<Coverage> = known(index).flat_map(|(_, metrics)| metrics.by_coverage()).collect();
    let most = all.iter().map(|one| one.specialists).max().unwrap_or(0);
    let rows = (0..=most).map(|specialists| -> Vec<Coverage> {
        all.iter().filter(|one| one.specialists == specialists).copied().collect()
    });
    let share = |row: &[Coverage], value: fn(&Coverage) -> usize| {
        mean_of_known(row.iter().map(|one| percent(value(one), one.images)))
    };
    let title = "Test accuracy by how many specialists have an image's class in their class subset: images, \
                mean over the seeds that have any; the gain in points of these images, with its 95 % \
                interval over those seeds; relative: the gain in percent of the images that the generalist \
                gets right";
    TableSpec::new("specialists_per_class", title)
        .text("specialists with the class", |row: &Vec<Coverage>| row[0].specialists)
        .text("seeds", Vec::len)
        .number("images", 1, |row| mean_of_known(row.iter().map(|one| one.images as f64)))
        .number("generalist %", 2, move |row| share(row, |one| one.generalist))
        .number("specialist ensemble %", 2, move |row| share(row, |one| one.ensemble))
        .estimate("gain", 2, |row| gain(row))
        .number("relative %", 1, |row| {
            let sum = |value: fn(&Coverage) -> usize| row.iter().map(value).sum::<usize>() as f64;
            let right = sum(|one| one.generalist);
            let relative = 100.0 * (sum(|one| one.ensemble) - right) / right;
            Some(relative).filter(|relative| relative.is_finite())
        })
        .rows(rows.filter(|row| !row.is_empty()))
}

/// The mean gain in points of the images of one coverage.
fn gain(seeds: &[Coverage]) -> Option<Estimate> {
    let gain =
        |one: &Coverage| percent(one.ensemble, one.images) - percent(one.generalist, one.images);
    let gain = estimate_mean(&seeds.iter().map(gain).collect::<Vec<_>>())?;
    Some(gain.of_counts(step_of_counts(seeds.iter().map(|one| one.images)), 2.0))
}

/// Every planned specialist with the classes of its class subset.
pub(super) fn class_subsets<'a>(index: &'a Index<'a>) -> Table {
    let classes = &index.plan.classes;
    let name = |&class: &u16| classes.get(usize::from(class)).map_or("?", String::as_str);
    let rows = index.specialist_ensembles.iter().flat_map(|ensemble| {
        ensemble.specialists.iter().map(move |specialist| (ensemble.seed(), specialist))
    });
    let title = "Specialists and the classes of their class subsets: those whose predictions by the generalist \
                vary together (the paper's clusters); accuracy on all test images, where the right \
                output for other classes is the dustbin";
    TableSpec::new("class_subsets", title)
        .text("seed", |(seed, _): &(u32, &SpecialistResult)| *seed)
        .text("specialist", |(_, one)| one.number)
        .text("outcome", |(_, one)| one.cell_result.ending())
        .text_if_known("classes", move |(_, one)| {
            Some(one.class_subset()?.iter().map(name).collect::<Vec<_>>().join(", "))
        })
        .number("accuracy %", 2, |(_, one)| {
            Some(100.0 * one.cell_result.record()?.test?.accuracy())
        })
        .number("seconds", 1, |(_, one)| Some(one.cell_result.provenance()?.seconds.total))
        .rows(rows)
}
