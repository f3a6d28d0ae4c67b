//! Soft and hard targets on few images, if the plan varies the number of images.

use assay_classifier_cells::Role;
use assay_report::chart::{Axes, Axis, Chart, Point, Series, Ticks};
use assay_report::figures::canvas::Stroke;
use assay_report::figures::style::{Entry, Line};
use assay_report::{Figure, ReportError};
use assay_stats::Estimate;

use super::{color, marker};
use crate::report::comparison::Network;
use crate::report::condition::{Condition, share_in_words};
use crate::report::group::{Group, Training};
use crate::report::index::Index;
use crate::report::measure::Measure;
use crate::report::select;

pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let mut fractions = select::fractions(index);
    fractions.sort_by(f64::total_cmp);
    let Some(main) = select::main(index).filter(|_| fractions.len() > 1) else { return Ok(None) };
    let condition = &main.condition;
    let heading = ("Accuracy", "Test accuracy (%)");
    let accuracies = axes(index, condition, &fractions, heading, |group| {
        let found = index
            .compare(group, Measure::Errors, |percent| Ok(100.0 - percent(Network::Distilled)?));
        Some((found.estimate_in_percent()?, found.values))
    });
    if accuracies.is_empty() {
        return Ok(None);
    }
    let heading = ("Generalization gap", "Percentage points");
    let gaps = axes(index, condition, &fractions, heading, |group| {
        let step = group.step_of_overfitting();
        let found = group.cluster_values(step, Training::overfitting);
        Some((found.estimate()?, found.values))
    });
    let caption = format!(
        "{}, trained on hard labels (baseline) and distilled at T = {}, by the share of the training images \
         they see. a, test accuracy; b, generalization gap: accuracy on the images seen in training minus test \
         accuracy. \
         Small marks: networks; large ones: means with 95 % intervals over seeds.",
        condition.network(),
        condition.temperature_or_nan()
    );
    let entry = |(role, name)| Entry {
        marker: Some(marker(role)),
        ..Entry::line(name, color(role), Line::Solid)
    };
    Chart::new("little_data", "Few images", caption)
        .legend([(Role::Student, "hard labels"), (Role::Distilled, "soft targets")].map(entry))
        .columns(2)
        .lettered()
        .axes(accuracies)
        .axes(gaps)
        .figure()
}

fn axes(
    index: &Index,
    main: &Condition,
    fractions: &[f64],
    (heading, title): (&str, &str),
    values: impl Fn(&Group) -> Option<(Estimate, Vec<f64>)>,
) -> Axes {
    let name = |(at, share): (usize, &f64)| (at as f64, vec![share_in_words(*share)]);
    let names: Ticks = fractions.iter().enumerate().map(name).collect();
    let x = Axis::new("Share of the training images").range(-0.5..fractions.len() as f64 - 0.5);
    let mut axes = Axes::new(heading, x.ticks(names), Axis::new(title)).height(198.0);
    for (offset, condition) in [(-0.09, main.baseline()), (0.09, main.clone())] {
        let point = |(at, &fraction): (usize, &f64)| {
            let group = index.group(&Condition { fraction, ..condition.clone() })?;
            let (estimate, values) = values(group)?;
            Some(Point { x: at as f64, estimate, values })
        };
        let tone = color(condition.role);
        let series = Series::new("", tone).marker(marker(condition.role)).offset(offset);
        let series = series.nearest(0.3).stroke(Stroke::solid(tone, 1.6));
        axes.series(series.points(fractions.iter().enumerate().filter_map(point)));
    }
    axes
}
