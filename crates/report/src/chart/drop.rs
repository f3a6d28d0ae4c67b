//! How far one line lies below another.

use plotters::style::RGBColor;
use plotters::style::text_anchor::{HPos, VPos};

use crate::figures::canvas::{Drawn, Lettering, SMALL, Stroke};
use crate::figures::panel::Panel;

/// CSS pixels below which a drop has no room for its number.
const SHORTEST: f64 = 30.0;

/// Points of (x, y).
type Line = Vec<(f64, f64)>;

/// Both lines with the points at which they cross, and the second no higher than the first; none unless they have
/// the same x.
pub(super) fn below(upper: &[(f64, f64)], lower: &[(f64, f64)]) -> Option<(Line, Line)> {
    if upper.is_empty() || !same_places(upper, lower) {
        return None;
    }
    let (mut above, mut under) = (Line::new(), Line::new());
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
    Some((above, under))
}

/// Where the second line lies farthest below the first: x, and both heights; none unless they have the same x.
pub(super) fn largest(upper: &[(f64, f64)], lower: &[(f64, f64)]) -> Option<(f64, f64, f64)> {
    let drop = |pair: &(&(f64, f64), &(f64, f64))| pair.0.1 - pair.1.1;
    let pairs = upper.iter().zip(lower);
    let (high, low) = pairs.max_by(|a, b| drop(a).total_cmp(&drop(b)))?;
    same_places(upper, lower).then_some((high.0, high.1, low.1))
}

/// A line down at x from a height to a lower one, and how far that is.
pub(super) fn draw_drop(panel: &Panel, (x, high, low): (f64, f64, f64), color: RGBColor) -> Drawn {
    if panel.pixels(x, low).1 - panel.pixels(x, high).1 < SHORTEST {
        return Ok(());
    }
    panel.line(&[(x, high), (x, low)], Stroke::solid(color, 1.4))?;
    let style = Lettering::new(HPos::Left, VPos::Center).size(SMALL).color(color).bold();
    panel.text((x, f64::midpoint(high, low)), (5.0, 0.0), &format!("−{:.1}", high - low), style)
}

fn same_places(left: &[(f64, f64)], right: &[(f64, f64)]) -> bool {
    left.iter().map(|at| at.0).eq(right.iter().map(|at| at.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_ends_where_its_curves_cross() {
        // Gaps 1, -1, 1: they cross halfway between the first two and the last two.
        let upper = [(0.0, 1.0), (1.0, 0.0), (2.0, 1.0)];
        let lower = [(0.0, 0.0), (1.0, 1.0), (2.0, 0.0)];
        let (above, under) = below(&upper, &lower).unwrap();
        assert_eq!(above, [(0.0, 1.0), (0.5, 0.5), (1.0, 0.0), (1.5, 0.5), (2.0, 1.0)]);
        assert_eq!(under, [(0.0, 0.0), (0.5, 0.5), (1.0, 0.0), (1.5, 0.5), (2.0, 0.0)]);
    }
}
