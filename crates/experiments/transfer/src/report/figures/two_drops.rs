//! The lower panel of Figure 2: the means, and what is lost between them.
//!
//! Each curve is the mean base plus the mean paired difference, so that the drops drawn are those
//! the claims are about even where some clusters lack some cells.

use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, RGBColor};

use super::style::{color, cut_ticks, marker};
use crate::report::contrast::{Role, Scope};
use crate::report::index::Index;
use assay_report::figures::canvas::{Canvas, Drawn, Frame, Lettering, Marker, SMALL, Stroke};
use assay_report::figures::panel::{Panel, ticks};
use assay_report::figures::style::{BLUE, Entry, Label, RED, WIDTH, labels, legend, range_of};

/// Points of (n, accuracy in percent).
type Curve = Vec<(f64, f64)>;

const ROLES: [Role; 4] = [Role::SELFFER, Role::SELFFER_PLUS, Role::TRANSFER, Role::TRANSFER_PLUS];

/// Draws the panel; nothing where there is no base.
pub(super) fn two_drops(canvas: &Canvas, index: &Index, scope: Scope) -> Drawn {
    let Some(base) = scope.estimate(&scope.level(Role::Base, 0)) else { return Ok(()) };
    let base = base.value;
    let curves = ROLES.map(|role| (role, curve(scope, role, base)));
    let points = curves.iter().flat_map(|(_, curve)| curve.iter().map(|at| at.1));
    let points: Vec<f64> = points.chain([base]).collect();
    let frame = Frame { left: 62.0, top: 450.0, right: WIDTH - 92.0, bottom: 730.0 };
    let last = f64::from(index.last_cut());
    let panel = canvas.panel(frame, -0.5..last + 0.5, range_of(&points, &[]).unwrap_or(0.0..1.0));
    headings(canvas, frame)?;
    panel.y_axis("Test accuracy (%)", &ticks(&panel.y, 5.0), false)?;
    panel.x_axis("Number n of copied layers, and the last of them", &cut_ticks(index, 0))?;
    let of = |role: Role| curves.iter().find(|(of, _)| *of == role).map(|(_, curve)| curve);
    let none = Curve::new();
    let selffer = of(Role::SELFFER).unwrap_or(&none);
    let transfer = of(Role::TRANSFER).unwrap_or(&none);
    let level: Curve = selffer.iter().map(|(n, _)| (*n, base)).collect();
    drop_band(&panel, &level, selffer, BLUE)?;
    drop_band(&panel, selffer, transfer, RED)?;
    panel.line(&[(0.0, base), (panel.x.end, base)], Stroke::dashed(color(Role::Base), 1.0))?;
    lines(canvas, &panel, &curves, base)?;
    largest_drop(&panel, &level, selffer, BLUE)?;
    largest_drop(&panel, selffer, transfer, RED)
}

fn headings(canvas: &Canvas, frame: Frame) -> Drawn {
    canvas.heading(frame, "b", "Means, and the two drops")?;
    let names = [("co-adaptation: base to BnB", BLUE), ("specificity: BnB to AnB", RED)];
    let names = names.map(|(name, tone)| Entry::marker(name, tone.mix(0.35), Marker::Square));
    legend(canvas, frame.left + 200.0, frame.top - 16.0, &names)
}

/// From the base at n = 0; a transfer is added to its selffer, to which it is paired.
fn curve(scope: Scope, role: Role, base: f64) -> Curve {
    let over = |role: Role, subtrahend: Role, n: u8| {
        scope.estimate(&scope.difference(role, subtrahend, n)).map(|estimate| estimate.value)
    };
    let by_selffer =
        |n: u8| Some(over(Role::SELFFER, Role::Base, n)? + over(Role::TRANSFER, Role::SELFFER, n)?);
    let at = |n: u8| {
        let difference = match role {
            Role::TRANSFER => by_selffer(n).or_else(|| over(role, Role::Base, n)),
            _ => over(role, Role::Base, n),
        };
        Some((f64::from(n), base + difference?))
    };
    let rest: Curve = scope.cuts(&[role]).into_iter().filter_map(at).collect();
    if rest.is_empty() { rest } else { std::iter::once((0.0, base)).chain(rest).collect() }
}

/// Shades where `lower` lies below `upper`; nothing unless they have the same n.
fn drop_band(panel: &Panel, upper: &[(f64, f64)], lower: &[(f64, f64)], tone: RGBColor) -> Drawn {
    if upper.is_empty() || !same_cuts(upper, lower) {
        return Ok(());
    }
    let (upper, lower) = below(upper, lower);
    panel.band(&upper, &lower, tone.mix(0.16))
}

fn same_cuts(left: &[(f64, f64)], right: &[(f64, f64)]) -> bool {
    left.iter().map(|at| at.0).eq(right.iter().map(|at| at.0))
}

/// Both curves with the points at which they cross, and the second no higher than the first.
fn below(upper: &[(f64, f64)], lower: &[(f64, f64)]) -> (Curve, Curve) {
    let (mut above, mut under) = (Curve::new(), Curve::new());
    let mut before: Option<((f64, f64), f64)> = None;
    for (&(x, high), &(_, low)) in upper.iter().zip(lower) {
        let gap = high - low;
        if let Some(((x0, high0), gap0)) = before.filter(|before| before.1 * gap < 0.0) {
            let part = gap0 / (gap0 - gap);
            let crossing = (x0 + part * (x - x0), high0 + part * (high - high0));
            above.push(crossing);
            under.push(crossing);
        }
        above.push((x, high));
        under.push((x, low.min(high)));
        before = Some(((x, high), gap));
    }
    (above, under)
}

fn lines(canvas: &Canvas, panel: &Panel, curves: &[(Role, Curve)], base: f64) -> Drawn {
    let text = Role::Base.name().to_owned();
    let mut named = vec![Label { y: base, text, color: color(Role::Base) }];
    for (role, curve) in curves {
        let tone = color(*role);
        panel.line(curve, Stroke::solid(tone, 1.8))?;
        for &(n, y) in curve.iter().skip(1) {
            panel.mark(n, y, marker(*role), 7.0, tone.to_rgba())?;
        }
        if let Some(&(_, y)) = curve.last() {
            named.push(Label { y, text: role.name().to_owned(), color: tone });
        }
    }
    panel.mark(0.0, base, marker(Role::Base), 7.0, color(Role::Base).to_rgba())?;
    labels(canvas, panel, named)
}

/// Marks where `lower` lies farthest below `upper`, and says how far.
fn largest_drop(
    panel: &Panel,
    upper: &[(f64, f64)],
    lower: &[(f64, f64)],
    tone: RGBColor,
) -> Drawn {
    if !same_cuts(upper, lower) {
        return Ok(());
    }
    let drop = |pair: &(&(f64, f64), &(f64, f64))| pair.0.1 - pair.1.1;
    let largest = upper.iter().zip(lower).max_by(|a, b| drop(a).total_cmp(&drop(b)));
    let Some((&(n, high), &(_, low))) = largest else { return Ok(()) };
    // Too small a drop for its size to stand beside it.
    if panel.pixels(n, low).1 - panel.pixels(n, high).1 < 30.0 {
        return Ok(());
    }
    panel.line(&[(n, high), (n, low)], Stroke::solid(tone, 1.4))?;
    let style = Lettering::new(HPos::Left, VPos::Center).size(SMALL).color(tone).bold();
    let size = format!("−{:.1}", high - low);
    panel.text((n, f64::midpoint(high, low)), (5.0, 0.0), &size, style)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_ends_where_its_curves_cross() {
        // Gaps 1, -1, 1: they cross halfway between the first two and the last two.
        let upper = [(0.0, 1.0), (1.0, 0.0), (2.0, 1.0)];
        let lower = [(0.0, 0.0), (1.0, 1.0), (2.0, 0.0)];
        let (above, under) = below(&upper, &lower);
        assert_eq!(above, [(0.0, 1.0), (0.5, 0.5), (1.0, 0.0), (1.5, 0.5), (2.0, 1.0)]);
        assert_eq!(under, [(0.0, 0.0), (0.5, 0.5), (1.0, 0.0), (1.5, 0.5), (2.0, 0.0)]);
    }
}
