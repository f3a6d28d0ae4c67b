//! Learning curves, in one small chart per class of treatment.

use assay_report::chart::{Axes, Axis, Chart, Shares};
use assay_report::figures::canvas::Stroke;
use assay_report::figures::style::{BLACK, Entry, Line, colormap};
use assay_report::{Figure, ReportError};
use assay_runs::Outcome;
use plotters::style::{Color, RGBColor};

use super::size_in_words;
use crate::report::contrast::{Role, Scope};
use crate::report::index::{Index, Training};

const ROLES: [Role; 8] = [
    Role::Base,
    Role::SELFFER,
    Role::TRANSFER,
    Role::RANDOM_HE,
    Role::BaseLong,
    Role::SELFFER_PLUS,
    Role::TRANSFER_PLUS,
    Role::RANDOM_PAPER,
];

/// One network's curve.
struct Curve {
    n: u8,
    failed: bool,
    /// (epoch, test accuracy in percent).
    points: Vec<(f64, f64)>,
}

pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let (scope, last) = (Scope::main(index), index.last_cut());
    let mut panels = Vec::from(ROLES.map(|role| (role, curves(scope, role))));
    panels.retain(|(_, curves)| curves.iter().any(|curve| curve.points.len() > 1));
    let epochs = panels.iter().flat_map(|(_, curves)| curves).flat_map(|curve| &curve.points);
    let epochs = epochs.map(|point| point.0).fold(1.0, f64::max);
    let caption = format!(
        "Validation accuracy after each epoch at which it was measured, one line per network, colored by \
         the number n of copied or random layers; dashed lines are trainings that did not learn or \
         diverged. The base trained twice as long is shown in its second schedule. {} splits, {}.",
        scope.kind_in_words(),
        size_in_words(scope),
    );
    let entry = |n: u8| Entry::line(&n.to_string(), color(n, last), Line::Solid);
    let mut chart = Chart::new("learning_curves", "Learning curves", caption)
        .legend_title("Layers copied or random, n:")
        .legend((1..=last).map(entry))
        .columns(4)
        .sharing(Shares::Everything);
    for (role, curves) in panels {
        let y = Axis::new("Validation accuracy (%)").about(4.0).within(0.0, 100.0);
        let x = Axis::new("Epoch").range(0.0..epochs).about(3.0);
        let mut axes = Axes::new(role.name(), x, y).height(134.0);
        for Curve { n, failed, points } in curves {
            let color = color(n, last).mix(0.75);
            axes.line(points, Stroke { color, width: 1.1, dashed: failed });
        }
        chart = chart.axes(axes);
    }
    chart.figure()
}

fn curves(scope: Scope, role: Role) -> Vec<Curve> {
    let curve = |training: Training| {
        let (_, n) = training.role.filter(|one| one.0 == role)?;
        let record = training.cell_result.record()?;
        let points = record.curve.iter().filter_map(|point| {
            Some((f64::from(point.epoch), 100.0 * point.evaluation?.accuracy()))
        });
        let failed = record.outcome != Outcome::Trained;
        Some(Curve { n, failed, points: points.collect() })
    };
    scope.cells().filter_map(curve).collect()
}

/// A color from dark blue at 1 to yellow-green at the last n; black for networks without copied
/// layers.
fn color(n: u8, last: u8) -> RGBColor {
    match n {
        0 => BLACK,
        n => colormap(f64::from(n - 1) / f64::from(last.max(2) - 1)),
    }
}
