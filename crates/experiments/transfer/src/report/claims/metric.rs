//! The number that decides a claim, as measured and in the paper.

use super::cuts::Cuts;
use crate::report::contrast::{Contrast, Role, Scope, mean_of, weighted};
use crate::report::index::Index;
use crate::report::paper::{LAST_CUT, Paper};
use assay_stats::{Estimate, slope};
use serde::Deserialize;

/// The kind of split whose halves are far apart.
pub(crate) const DISSIMILAR: &str = "semantic";

/// What decides a claim, in percentage points of test accuracy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Metric {
    /// The first group minus the second, averaged over cut points.
    Difference {
        /// What is compared.
        groups: [Role; 2],
        /// The cut points.
        n: Cuts,
    },
    /// The selffer at the last cut point minus its mean over the middle ones.
    Recovery,
    /// Transfer minus selffer: the change along a line fitted over n, from the first n to the last.
    Growth,
    /// The first group minus the second, averaged over the deep cut points; on dissimilar halves
    /// minus random halves. The two have independent clusters, so the interval is Welch's.
    Dissimilar {
        /// What is compared.
        groups: [Role; 2],
    },
    /// The first group minus the second, averaged over n, with the fewest images per class.
    FewestImages {
        /// What is compared.
        groups: [Role; 2],
    },
    /// The same with the most images per class.
    MostImages {
        /// What is compared.
        groups: [Role; 2],
    },
}

impl Metric {
    /// Whether it compares networks with different amounts of training. If so, the bases must have
    /// converged. A selffer that is cut before its last layer trains one layer a second time; one
    /// that is cut in the middle trains half of its layers a second time.
    pub(super) fn needs_convergence(self) -> bool {
        matches!(
            self,
            Self::Difference { groups: [_, Role::Base], .. }
                | Self::Dissimilar { groups: [_, Role::Base] }
                | Self::Recovery
        )
    }

    /// The same relative to the long bases; none if it has no base.
    pub(super) fn less_the_long_base(self) -> Option<Self> {
        match self {
            Self::Difference { groups: [role, Role::Base], n } => {
                Some(Self::Difference { groups: [role, Role::BaseLong], n })
            }
            Self::Dissimilar { groups: [role, Role::Base] } => {
                Some(Self::Dissimilar { groups: [role, Role::BaseLong] })
            }
            _ => None,
        }
    }
}

/// A measurement and what it was computed from. `cuts` is empty if the plan has no such cells.
pub(super) struct Measurement<'a> {
    pub estimate: Option<Estimate>,
    pub cuts: Vec<u8>,
    pub left_out: Vec<String>,
    /// The contrasts, each with the cells it is about.
    pub contrasts: Vec<(Scope<'a>, Contrast)>,
}

/// The number that decides a claim; none if the plan has no cells for it.
pub(super) fn measure<'a>(index: &'a Index<'a>, metric: Metric) -> Option<Measurement<'a>> {
    let main = Scope::main(index);
    let last = index.last_cut();
    match metric {
        Metric::Difference { groups: [minuend, subtrahend], n: cuts } => mean_difference(
            main,
            minuend,
            subtrahend,
            &chosen(main, &[minuend, subtrahend], cuts, last),
        ),
        Metric::Recovery => {
            let middle = chosen(main, &[Role::SELFFER], Cuts::Middle, last);
            let end = chosen(main, &[Role::SELFFER], Cuts::Last, last);
            if middle.is_empty() || end.is_empty() || middle == end {
                return None;
            }
            let mean = |cuts: &[u8]| levels(main, Role::SELFFER, cuts);
            let contrast = weighted([(1.0, mean(&end)), (-1.0, mean(&middle))]);
            Some(read(main, contrast, [middle, end].concat(), &main.convergence()))
        }
        Metric::Growth => growth(main, last),
        Metric::Dissimilar { groups: [minuend, subtrahend] } => {
            dissimilar(index, minuend, subtrahend, last)
        }
        Metric::FewestImages { groups: [minuend, subtrahend] }
        | Metric::MostImages { groups: [minuend, subtrahend] } => {
            let sizes = index.sizes(main.kind());
            let few = matches!(metric, Metric::FewestImages { .. });
            let size = if few { sizes.first() } else { sizes.last() };
            let scope = Scope::new(index, main.kind(), *size?);
            let cuts = scope.cuts(&[minuend, subtrahend]);
            (sizes.len() > 1).then(|| mean_difference(scope, minuend, subtrahend, &cuts))?
        }
    }
}

fn chosen(scope: Scope, roles: &[Role], cuts: Cuts, last: u8) -> Vec<u8> {
    scope.cuts(roles).into_iter().filter(|&n| cuts.contain(n, last)).collect()
}

fn levels(scope: Scope, role: Role, cuts: &[u8]) -> Contrast {
    mean_of(&cuts.iter().map(|&n| scope.level(role, n)).collect::<Vec<_>>())
}

/// Uses only the clusters that also have all cells of `beside`.
fn read<'a>(
    scope: Scope<'a>,
    contrast: Contrast,
    cuts: Vec<u8>,
    beside: &Contrast,
) -> Measurement<'a> {
    let values = scope.values_beside(&contrast, beside);
    let estimate = values.estimate();
    Measurement { estimate, cuts, left_out: values.left_out, contrasts: vec![(scope, contrast)] }
}

/// What else a cluster must have: relative to a base, the cells that show whether the base has
/// converged.
fn beside(scope: Scope, subtrahend: Role) -> Contrast {
    match subtrahend {
        Role::Base | Role::BaseLong => scope.convergence(),
        _ => Contrast::new(),
    }
}

/// `minuend` minus `subtrahend`, averaged over `cuts`.
#[must_use]
pub(crate) fn mean_contrast(
    scope: Scope,
    minuend: Role,
    subtrahend: Role,
    cuts: &[u8],
) -> Contrast {
    let differences: Vec<Contrast> =
        cuts.iter().map(|&n| scope.difference(minuend, subtrahend, n)).collect();
    mean_of(&differences)
}

fn mean_difference<'a>(
    scope: Scope<'a>,
    minuend: Role,
    subtrahend: Role,
    cuts: &[u8],
) -> Option<Measurement<'a>> {
    if cuts.is_empty() {
        return None;
    }
    let contrast = mean_contrast(scope, minuend, subtrahend, cuts);
    Some(read(scope, contrast, cuts.to_vec(), &beside(scope, subtrahend)))
}

/// The least squares slope is itself a weighted sum of the differences at each n.
fn growth(scope: Scope<'_>, last: u8) -> Option<Measurement<'_>> {
    let cuts = scope.cuts(&[Role::TRANSFER, Role::SELFFER]);
    let weights = growth_weights(&cuts, last)?;
    let differences = weights
        .iter()
        .zip(&cuts)
        .map(|(&weight, &n)| (weight, scope.difference(Role::TRANSFER, Role::SELFFER, n)));
    Some(read(scope, weighted(differences), cuts, &Contrast::new()))
}

/// The weight of each cut point's difference in the change along the fitted line from n = 1 to
/// `last`: `last - 1` times the slope of a line through 1 at this n and 0 at the others.
fn growth_weights(cuts: &[u8], last: u8) -> Option<Vec<f64>> {
    let span = f64::from(last.checked_sub(1)?);
    let weight = |at: &u8| {
        let unit = |n: &u8| (f64::from(*n), if n == at { 1.0 } else { 0.0 });
        Some(span * slope(&cuts.iter().map(unit).collect::<Vec<_>>())?)
    };
    cuts.iter().map(weight).collect()
}

fn dissimilar<'a>(
    index: &'a Index<'a>,
    minuend: Role,
    subtrahend: Role,
    last: u8,
) -> Option<Measurement<'a>> {
    let far = Scope::largest(index, DISSIMILAR);
    let near = Scope::largest(index, "random");
    let roles = [minuend, subtrahend];
    let near_cuts = chosen(near, &roles, Cuts::Deep, last);
    let mut cuts = chosen(far, &roles, Cuts::Deep, last);
    cuts.retain(|n| near_cuts.contains(n));
    if cuts.is_empty() {
        return None;
    }
    let of = |scope: Scope<'a>| mean_difference(scope, minuend, subtrahend, &cuts);
    let (far, near) = (of(far)?, of(near)?);
    let estimate = far.estimate.zip(near.estimate);
    let estimate = estimate.map(|(far, near)| far.less_independent(near));
    let left_out = [far.left_out, near.left_out].concat();
    Some(Measurement {
        estimate,
        cuts,
        left_out,
        contrasts: [far.contrasts, near.contrasts].concat(),
    })
}

/// The paper's number for a claim, in percentage points. It comes from the authors' logs, paired by
/// split and target half. None if the logs have no such comparison.
pub(super) fn from_paper(paper: &Paper, metric: Metric) -> Option<f64> {
    let among =
        |cuts: Cuts| (1..=LAST_CUT).filter(|&n| cuts.contain(n, LAST_CUT)).collect::<Vec<_>>();
    match metric {
        Metric::Difference { groups: [minuend, subtrahend], n: cuts } => {
            let Some(mean) = paper.mean_difference(minuend, subtrahend, &among(cuts)) else {
                // The fine-tuned selffers and transfers in the logs have different targets, so each
                // is compared with its own base.
                let over_base = |role| paper.mean_difference(role, Role::Base, &among(cuts));
                return Some(over_base(minuend)? - over_base(subtrahend)?);
            };
            Some(mean)
        }
        Metric::Recovery => {
            let mean = |cuts| paper.mean_difference(Role::SELFFER, Role::Base, &among(cuts));
            Some(mean(Cuts::Last)? - mean(Cuts::Middle)?)
        }
        Metric::Growth => {
            let cuts = among(Cuts::All);
            let specificity = |n: &u8| paper.difference(Role::TRANSFER, Role::SELFFER, *n);
            let differences = cuts.iter().map(specificity).collect::<Option<Vec<_>>>()?;
            let weights = growth_weights(&cuts, LAST_CUT)?;
            Some(weights.iter().zip(differences).map(|(weight, value)| weight * value).sum())
        }
        Metric::Dissimilar { groups: [Role::TRANSFER, Role::Base] } => {
            let cuts = among(Cuts::Deep);
            let far = cuts.iter().map(|&n| paper.dissimilar(n)).collect::<Option<Vec<_>>>()?;
            let near = paper.mean_difference(Role::TRANSFER, Role::Base, &cuts)?;
            Some(assay_stats::mean(&far) - near)
        }
        Metric::Dissimilar { .. } | Metric::FewestImages { .. } | Metric::MostImages { .. } => None,
    }
}
