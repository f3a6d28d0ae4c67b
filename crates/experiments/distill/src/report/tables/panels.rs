//! Generalists with their specialists.

use super::{mean_of, with_interval};
use crate::report::contrast::panel_gains;
use crate::report::index::Index;
use crate::report::panels::{Coverage, PanelOutcome, SpecialistOutcome, Together};
use crate::report::paper;
use crate::report::quality::percent;
use assay_report::TableSpec;
use assay_report::tables::{Entry, Table};
use assay_stats::McNemar;
use assay_stats::estimate_mean;

/// The gain from specialists, for each specialist ensemble, with the mean and the paper's.
pub(super) fn gains(index: &Index) -> Table {
    let known: Vec<(&PanelOutcome, &Together)> = known(index).collect();
    let mut rows: Vec<Vec<Entry>> =
        known.iter().map(|(panel, together)| gain(panel, together)).collect();
    let accuracy = |of: fn(&Together) -> f64| mean_of(known.iter().map(|(_, one)| 100.0 - of(one)));
    if known.len() > 1 {
        let mut row = vec![
            Entry::text("mean"),
            Entry::Nothing,
            Entry::number(accuracy(|one| one.generalist.error_percent()), 2),
            Entry::number(accuracy(|one| one.together.error_percent()), 2),
        ];
        row.extend(with_interval(panel_gains(index).estimate_of(2.0), 2));
        row.extend([Entry::Nothing, Entry::Nothing, Entry::Nothing]);
        rows.push(row);
    }
    if !rows.is_empty() {
        let [generalist, together] = paper::SPECIALISTS;
        let mut row = vec![Entry::text("paper (JFT)"), Entry::count(paper::SPECIALISTS_COUNT)];
        row.extend(
            [generalist, together, together - generalist].map(|n| Entry::number(Some(n), 2)),
        );
        row.extend([const { Entry::Nothing }; 5]);
        rows.push(row);
    }
    Table {
        name: "specialists".to_owned(),
        title: "Percent of the test images that the generalist gets right, and that it and its \
                specialists get right together; the difference in points, its 95 % interval over \
                seeds; images that only one of the two gets right, with McNemar's test"
            .to_owned(),
        columns: vec![
            "seed",
            "specialists",
            "generalist %",
            "together %",
            "gain",
            "low",
            "high",
            "only together",
            "only generalist",
            "p",
        ],
        rows,
    }
}

fn known<'a>(index: &'a Index<'a>) -> impl Iterator<Item = (&'a PanelOutcome<'a>, &'a Together)> {
    index.panels().iter().filter_map(|panel| Some((panel, panel.together.as_ref().ok()?)))
}

fn gain(panel: &PanelOutcome, together: &Together) -> Vec<Entry> {
    let test = McNemar::of(&together.together.right, &together.generalist.right);
    vec![
        Entry::text(panel.seed()),
        Entry::count(panel.specialists.len()),
        Entry::number(Some(100.0 - together.generalist.error_percent()), 2),
        Entry::number(Some(100.0 - together.together.error_percent()), 2),
        Entry::number(panel.gain().ok(), 2),
        Entry::Nothing,
        Entry::Nothing,
        Entry::count(test.only_first),
        Entry::count(test.only_second),
        Entry::number(Some(test.p_value), 4),
    ]
}

/// The same by the number of specialists whose class subset has an image's class.
pub(super) fn coverage(index: &Index) -> Table {
    let by_seed: Vec<Vec<Coverage>> =
        known(index).map(|(_, together)| together.by_coverage()).collect();
    let most = by_seed.iter().flatten().map(|one| one.specialists).max();
    let rows = (0..=most.unwrap_or(0)).filter_map(|specialists| {
        let found = by_seed.iter().flatten().filter(|one| one.specialists == specialists);
        covered(specialists, &found.copied().collect::<Vec<_>>())
    });
    Table {
        name: "coverage".to_owned(),
        title: "The same by how many specialists have an image's class in their field: images, mean \
                over the seeds that have any; the gain in points of these images, with its 95 % \
                interval over those seeds; relative: the gain in percent of what the generalist gets \
                right"
            .to_owned(),
        columns: vec![
            "specialists with the class", "seeds", "images", "generalist %", "together %", "gain",
            "low", "high", "relative %",
        ],
        rows: rows.collect(),
    }
}

fn covered(specialists: usize, found: &[Coverage]) -> Option<Vec<Entry>> {
    let share =
        |of: fn(&Coverage) -> usize| mean_of(found.iter().map(|one| percent(of(one), one.images)));
    let gain =
        |one: &Coverage| percent(one.together, one.images) - percent(one.generalist, one.images);
    let sum = |of: fn(&Coverage) -> usize| found.iter().map(of).sum::<usize>() as f64;
    let right = sum(|one| one.generalist);
    let relative = 100.0 * (sum(|one| one.together) - right) / right;
    let mut row = vec![
        Entry::count(specialists),
        Entry::count(found.len()),
        Entry::number(Some(mean_of(found.iter().map(|one| one.images as f64))?), 1),
        Entry::number(share(|one| one.generalist), 2),
        Entry::number(share(|one| one.together), 2),
    ];
    let fewest = found.iter().map(|one| one.images).min().unwrap_or(0).max(1);
    let gain = estimate_mean(&found.iter().map(gain).collect::<Vec<_>>());
    row.extend(with_interval(gain.map(|gain| gain.of_counts(100.0 / fewest as f64, 2.0)), 2));
    row.push(Entry::number(Some(relative).filter(|relative| relative.is_finite()), 1));
    Some(row)
}

/// Every planned specialist with the classes of its class subset.
pub(super) fn fields<'a>(index: &'a Index<'a>) -> Table {
    let classes = &index.plan().classes;
    let name = |&class: &u16| classes.get(usize::from(class)).map_or("?", String::as_str);
    let rows = index.panels().iter().flat_map(|panel| {
        panel.specialists.iter().map(move |specialist| (panel.seed(), specialist))
    });
    let title = "Specialists and the classes of their fields: those whose predictions by the generalist \
                vary together (the paper's clusters); test images put into the right one of them, or \
                rightly into none";
    TableSpec::new("fields", title)
        .text("seed", |(seed, _): &(u32, &SpecialistOutcome)| *seed)
        .text("specialist", |(_, one)| one.number)
        .text("outcome", |(_, one)| one.cell_result.ending())
        .text_if_known("classes", move |(_, one)| {
            Some(one.field()?.iter().map(name).collect::<Vec<_>>().join(", "))
        })
        .number("right %", 2, |(_, one)| Some(100.0 * one.cell_result.record()?.test?.accuracy()))
        .number("seconds", 1, |(_, one)| Some(one.cell_result.provenance()?.seconds.total))
        .rows(rows)
}
