//! The number that decides a claim, as measured and in the paper.

use crate::report::contrast::{Contrast, DISSIMILAR, Role, Scope};
use crate::report::index::Index;
use crate::report::paper::{LAST_CUT, Paper};
use assay_stats::{Estimate, slope};
use serde::Deserialize;

/// What decides a claim, in percentage points of test accuracy.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// One group, or two of which the second is subtracted from the first.
    pub groups: Vec<Role>,
    /// How the cut points are summed.
    pub n: Cuts,
    /// The cells.
    #[serde(default)]
    pub cells: Cells,
}

/// A weighted sum over the cut points of 1 to `last`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cuts {
    /// The mean over n <= max(1, round(2/7 last)).
    Early,
    /// The mean over 3/7 last <= n <= 5/7 last.
    Middle,
    /// The mean over n > last / 2.
    Deep,
    /// n = last.
    Last,
    /// The mean over every n.
    All,
    /// n = last, minus the mean over the middle ones.
    LastMinusMiddle,
    /// The change along a line fitted over n, from the first n to the last.
    Growth,
}

/// The cells that a number is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cells {
    /// Random splits with the most images per class.
    #[default]
    Main,
    /// Dissimilar halves minus random halves. The two have independent clusters, so the interval is
    /// Welch's.
    Dissimilar,
    /// Those with the fewest images per class, where the plan varies them.
    FewestImages,
    /// Those with the most images per class, where the plan varies them.
    MostImages,
}

impl Cuts {
    /// The weights of cut points, of those in `planned`, for a network whose last cut point is
    /// `last`. None if it lacks one that is needed.
    pub(crate) fn weights(self, planned: &[u8], last: u8) -> Option<Vec<(f64, u8)>> {
        match self {
            Self::LastMinusMiddle => {
                let middle = Self::Middle.weights(planned, last)?;
                let end = Self::Last.weights(planned, last)?;
                let minus = middle.iter().map(|&(weight, n)| (-weight, n)).collect();
                (middle != end).then(|| [end, minus].concat())
            }
            Self::Growth => growth_weights(planned, last),
            _ => {
                let cuts: Vec<u8> =
                    planned.iter().copied().filter(|&n| self.contain(n, last)).collect();
                let weight = 1.0 / cuts.len() as f64;
                (!cuts.is_empty()).then(|| cuts.into_iter().map(|n| (weight, n)).collect())
            }
        }
    }

    /// Whether a mean includes cut point `n`.
    fn contain(self, n: u8, last: u8) -> bool {
        let (n, last) = (u32::from(n), u32::from(last));
        match self {
            // round(2/7 last) in integers; halves round up.
            Self::Early => n <= ((4 * last + 7) / 14).max(1),
            Self::Middle => 3 * last <= 7 * n && 7 * n <= 5 * last,
            Self::Deep => 2 * n > last,
            Self::Last => n == last,
            Self::All | Self::LastMinusMiddle | Self::Growth => true,
        }
    }
}

/// The weight of each cut point in the change along the fitted line from n = 1 to `last`: `last - 1`
/// times the slope of a line through 1 at this n and 0 at the others.
fn growth_weights(cuts: &[u8], last: u8) -> Option<Vec<(f64, u8)>> {
    let span = f64::from(last.checked_sub(1)?);
    let weight = |&here: &u8| {
        let unit = |&n: &u8| (f64::from(n), if n == here { 1.0 } else { 0.0 });
        Some((span * slope(&cuts.iter().map(unit).collect::<Vec<_>>())?, here))
    };
    cuts.iter().map(weight).collect()
}

impl Metric {
    /// Whether it compares networks with different amounts of training. If so, the bases must have
    /// converged. A selffer that is cut before its last layer trains one layer a second time; one
    /// that is cut in the middle trains half of its layers a second time.
    pub(super) fn needs_convergence(&self) -> bool {
        self.groups.get(1).is_none_or(|subtrahend| *subtrahend == Role::Base)
    }

    /// The same relative to the bases trained twice as long; none if it has no base.
    pub(super) fn relative_to_long_base(&self) -> Option<Self> {
        let [role, Role::Base] = self.groups[..] else { return None };
        Some(Self { groups: vec![role, Role::BaseLong], ..*self })
    }
}

/// A measurement and what it was computed from.
pub(super) struct Measurement<'a> {
    pub estimate: Option<Estimate>,
    /// Ascending.
    pub cuts: Vec<u8>,
    pub left_out: Vec<String>,
    /// The contrasts, each with the cells it is about.
    pub contrasts: Vec<(Scope<'a>, Contrast)>,
}

/// The number that decides a claim; none if the plan has no cells for it.
pub(super) fn measure<'a>(index: &'a Index<'a>, metric: &Metric) -> Option<Measurement<'a>> {
    let groups = &metric.groups;
    let scopes = scopes(index, metric.cells);
    let mut planned = scopes.first()?.cuts(groups);
    planned.retain(|n| scopes.iter().all(|scope| scope.cuts(groups).contains(n)));
    let weights = metric.n.weights(&planned, index.last_cut())?;
    let mut cuts: Vec<u8> = weights.iter().map(|weight| weight.1).collect();
    cuts.sort_unstable();
    let measurement = |scope: &Scope<'a>| {
        let contrast = scope.weighted_contrast(groups, &weights);
        // A cluster must also have the cells that show whether its base has converged.
        let needed = match groups.get(1) {
            None | Some(Role::Base | Role::BaseLong) => scope.convergence(),
            Some(_) => Contrast::new(),
        };
        let values = scope.values_in_shared_clusters(&contrast, &needed);
        let (estimate, left_out) = (values.estimate(), values.left_out);
        Measurement { estimate, cuts: cuts.clone(), left_out, contrasts: vec![(*scope, contrast)] }
    };
    scopes.iter().map(measurement).reduce(|left, right| {
        let both = left.estimate.zip(right.estimate);
        Measurement {
            estimate: both.map(|(left, right)| left.less_independent(right)),
            cuts: left.cuts,
            left_out: [left.left_out, right.left_out].concat(),
            contrasts: [left.contrasts, right.contrasts].concat(),
        }
    })
}

/// The cells of a number, and those that are subtracted from it; none if the plan does not vary what
/// is asked for.
fn scopes<'a>(index: &'a Index<'a>, cells: Cells) -> Vec<Scope<'a>> {
    let main = Scope::main(index);
    let sizes = index.sizes(main.kind);
    match cells {
        Cells::Dissimilar => [DISSIMILAR, "random"].map(|kind| Scope::largest(index, kind)).into(),
        Cells::FewestImages | Cells::MostImages if sizes.len() < 2 => Vec::new(),
        Cells::FewestImages => vec![Scope { images_per_class: sizes[0], ..main }],
        Cells::Main | Cells::MostImages => vec![main],
    }
}

/// The paper's number for a claim, in percentage points. It comes from the authors' logs, paired by
/// split and target half. None if the logs have no such comparison.
pub(super) fn from_paper(paper: &Paper, metric: &Metric) -> Option<f64> {
    let weights = metric.n.weights(&(1..=LAST_CUT).collect::<Vec<_>>(), LAST_CUT)?;
    let sum = |value: &dyn Fn(u8) -> Option<f64>| -> Option<f64> {
        weights.iter().map(|&(weight, n)| Some(weight * value(n)?)).sum()
    };
    let over_base = |role| sum(&|n| paper.difference(role, Role::Base, n));
    match (metric.cells, &metric.groups[..]) {
        (Cells::Main, &[role]) => over_base(role),
        // The fine-tuned selffers and transfers in the logs have different targets, so each is
        // compared with its own base.
        (Cells::Main, &[minuend, subtrahend]) => sum(&|n| paper.difference(minuend, subtrahend, n))
            .or_else(|| Some(over_base(minuend)? - over_base(subtrahend)?)),
        (Cells::Dissimilar, [Role::TRANSFER, Role::Base]) => {
            Some(sum(&|n| paper.dissimilar(n))? - over_base(Role::TRANSFER)?)
        }
        _ => None,
    }
}
