//! Learning curves, one small panel a class of treatment.

use std::ops::Range;

use assay_runs::Outcome;
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, RGBColor};

use super::counted;
use crate::report::contrast::{Role, Scope};
use crate::report::index::{Index, Training};
use assay_report::ReportError;
use assay_report::figures::Figure;
use assay_report::figures::canvas::{Canvas, Drawn, Frame, Lettering, SMALL, Stroke, draw};
use assay_report::figures::panel::ticks;
use assay_report::figures::style::{BLACK, WIDTH, graded, moved, range_of};

const NAME: &str = "learning_curves";
const COLUMNS: usize = 4;
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
    let scope = Scope::main(index);
    let mut panels: Vec<(Role, Vec<Curve>)> =
        ROLES.iter().map(|&role| (role, curves(scope, role))).collect();
    panels.retain(|(_, curves)| curves.iter().any(|curve| curve.points.len() > 1));
    if panels.is_empty() {
        return Ok(None);
    }
    let rows = panels.len().div_ceil(COLUMNS);
    let height = 54.0 + 190.0 * f64::from(u8::try_from(rows).unwrap_or(2));
    let svg = draw(WIDTH, height, |canvas| draw_panels(canvas, index, &panels))
        .map_err(|reason| ReportError::figure(NAME, &reason))?;
    let caption = format!(
        "Test accuracy after each epoch at which it was measured, one line a network, coloured by \
         the number n of copied or random layers; dashed lines are stuck or diverged trainings. The \
         twice-as-long base is shown in its second schedule. {} splits, {}.",
        scope.kind(),
        counted(scope),
    );
    Ok(Some(Figure { name: NAME, title: "Learning curves".to_owned(), caption, svg }))
}

fn curves(scope: Scope, role: Role) -> Vec<Curve> {
    let curve = |training: Training| {
        let (of, n) = Role::of(training.cell.treatment)?;
        let record = training.observation.record().filter(|_| of == role)?;
        let points = record
            .curve
            .iter()
            .filter_map(|point| Some((f64::from(point.epoch), 100.0 * point.test?.accuracy())));
        let failed = record.outcome != Outcome::Trained;
        Some(Curve { n, failed, points: points.collect() })
    };
    scope.cells().filter_map(curve).collect()
}

fn ranges(panels: &[(Role, Vec<Curve>)]) -> (Range<f64>, Range<f64>) {
    let points = || panels.iter().flat_map(|panel| panel.1.iter().flat_map(|curve| &curve.points));
    let last = points().map(|point| point.0).fold(1.0, f64::max);
    let accuracies: Vec<f64> = points().map(|point| point.1).collect();
    let y = range_of(&accuracies, &[]).unwrap_or(0.0..100.0);
    (0.0..last, y.start.max(0.0)..y.end.min(100.0))
}

fn draw_panels(canvas: &Canvas, index: &Index, panels: &[(Role, Vec<Curve>)]) -> Drawn {
    let (x, y) = ranges(panels);
    let last = index.last_cut();
    scale(canvas, last)?;
    let first = Frame { left: 62.0, top: 62.0, right: 199.0, bottom: 196.0 };
    let mut right = 0.0;
    let mut down = 0.0;
    for (at, (role, curves)) in panels.iter().enumerate() {
        if at > 0 && at % COLUMNS == 0 {
            (right, down) = (0.0, down + 190.0);
        }
        let frame = moved(first, right, down);
        canvas.heading(frame, "", role.name())?;
        let panel = canvas.panel(frame, x.clone(), y.clone());
        panel.y_axis(
            if at % COLUMNS == 0 { "Test accuracy (%)" } else { "" },
            &ticks(&y, 4.0),
            false,
        )?;
        let bottom = at + COLUMNS >= panels.len();
        let numbers = ticks(&x, 3.0).into_iter().map(|tick| (tick, vec![format!("{tick}")]));
        panel.x_axis(if bottom { "Epoch" } else { "" }, &numbers.collect::<Vec<_>>())?;
        for curve in curves {
            let tone = tone(curve.n, last).mix(0.75);
            let dashed = curve.failed;
            panel.line(&curve.points, Stroke { color: tone, width: 1.1, dashed })?;
        }
        right += 164.0;
    }
    Ok(())
}

/// From dark blue at 1 to yellow-green at the last n; black for networks without copied layers.
fn tone(n: u8, last: u8) -> RGBColor {
    match n {
        0 => BLACK,
        n => graded(f64::from(n - 1) / f64::from(last.max(2) - 1)),
    }
}

/// The legend of n.
fn scale(canvas: &Canvas, last: u8) -> Drawn {
    let style = Lettering::new(HPos::Left, VPos::Center).size(SMALL);
    canvas.text(62.0, 16.0, "Layers copied or random, n:", style)?;
    let mut x = 218.0;
    for n in 1..=last {
        let color = tone(n, last).to_rgba();
        canvas.line((x, 16.0), (x + 16.0, 16.0), Stroke { color, width: 2.4, dashed: false })?;
        canvas.text(x + 20.0, 16.0, &n.to_string(), style)?;
        x += 42.0;
    }
    Ok(())
}
