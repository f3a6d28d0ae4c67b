//! Contrasts: what is compared with what, one number a cluster.

use assay_runs::{Half, Treatment};

use crate::report::index::{Cluster, Index, Training};
pub use crate::report::role::Role;
use assay_report::observations::distinct;
use assay_stats::{Estimate, estimate_mean};

/// A weighted sum of accuracies of one cluster.
pub type Contrast = Vec<(f64, Treatment)>;

/// The cells that are compared with each other: one kind of split, one number of images a class.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    index: &'a Index<'a>,
    kind: &'a str,
    images_per_class: Option<u32>,
}

/// A contrast's value in every cluster that has all its cells, and the clusters that have not.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Values {
    /// One value a cluster, in percentage points.
    pub values: Vec<f64>,
    /// Clusters left out, each with the first cell it lacks and why.
    pub left_out: Vec<String>,
    /// What rounding to whole test images makes of each value, as a step: see [`Estimate::of_counts`].
    pub step: f64,
}

impl Values {
    /// Their mean with its interval; none where no cluster has all cells.
    #[must_use]
    pub fn estimate(&self) -> Option<Estimate> {
        estimate_mean(&self.values).map(|estimate| estimate.of_counts(self.step, 1.0))
    }
}

impl<'a> Scope<'a> {
    /// The cells of one kind of split with so many images a class.
    #[must_use]
    pub fn new(index: &'a Index<'a>, kind: &'a str, images_per_class: Option<u32>) -> Self {
        Self { index, kind, images_per_class }
    }

    /// The cells of one kind of split with the most images a class.
    #[must_use]
    pub fn largest(index: &'a Index<'a>, kind: &'a str) -> Self {
        let images_per_class = index.sizes(kind).last().copied().flatten();
        Self { index, kind, images_per_class }
    }

    /// The cells the claims are about.
    #[must_use]
    pub fn main(index: &'a Index<'a>) -> Self {
        Self::largest(index, index.main_kind())
    }

    /// The kind of split.
    #[must_use]
    pub fn kind(&self) -> &'a str {
        self.kind
    }

    /// Images of each class; all where there is no number.
    #[must_use]
    pub fn images_per_class(&self) -> Option<u32> {
        self.images_per_class
    }

    /// Its planned cells.
    pub fn cells(&self) -> impl Iterator<Item = Training<'a>> + use<'a> {
        let Self { index, kind, images_per_class } = *self;
        index.all().iter().copied().filter(move |Training { cell, .. }| {
            cell.split.kind() == kind && cell.images_per_class == images_per_class
        })
    }

    /// Its clusters, in the plan's order.
    #[must_use]
    pub fn clusters(&self) -> Vec<Cluster> {
        distinct(
            self.cells().map(|Training { cell, .. }| Cluster {
                split: cell.split.clone(),
                seed: cell.seed,
            }),
        )
    }

    /// The cell of a cluster with this treatment, where it is planned.
    #[must_use]
    pub fn find(&self, treatment: Treatment, cluster: &Cluster) -> Option<Training<'a>> {
        self.index.find(treatment, cluster, self.images_per_class)
    }

    /// Targets that a role is planned for.
    fn targets(&self, role: Role) -> Vec<Half> {
        let has = |target: &Half| {
            self.cells().any(|training| {
                let treatment = training.cell.treatment;
                treatment.target() == Some(*target)
                    && Role::of(treatment).is_some_and(|(of, _)| of == role)
            })
        };
        Half::BOTH.into_iter().filter(has).collect()
    }

    fn plans(&self, treatment: Treatment) -> bool {
        self.cells().any(|training| training.cell.treatment == treatment)
    }

    /// Cut points from 1 to the last at which all of `roles` are planned, for every target that all
    /// of them are planned for at some cut point. None at all where there is no such target.
    #[must_use]
    pub fn cuts(&self, roles: &[Role]) -> Vec<u8> {
        let targets = self.shared_targets(roles);
        let last = self.index.last_cut();
        let planned = |n: &u8| {
            targets
                .iter()
                .all(|&target| roles.iter().all(|role| self.plans(role.treatment(*n, target))))
        };
        if targets.is_empty() { Vec::new() } else { (1..=last).filter(planned).collect() }
    }

    /// Targets that all of `roles` are planned for.
    #[must_use]
    pub fn shared_targets(&self, roles: &[Role]) -> Vec<Half> {
        let all = |target: &Half| roles.iter().all(|&role| self.targets(role).contains(target));
        Half::BOTH.into_iter().filter(all).collect()
    }

    /// `minuend` minus `subtrahend` at cut point `n`, mean over their shared targets.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // two targets
    pub fn difference(&self, minuend: Role, subtrahend: Role, n: u8) -> Contrast {
        let targets = self.shared_targets(&[minuend, subtrahend]);
        let weight = 1.0 / targets.len() as f64;
        let terms = |target: &Half| {
            [(weight, minuend.treatment(n, *target)), (-weight, subtrahend.treatment(n, *target))]
        };
        targets.iter().flat_map(terms).collect()
    }

    /// The accuracy of `role` at cut point `n`, mean over its targets.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn level(&self, role: Role, n: u8) -> Contrast {
        let targets = self.targets(role);
        let weight = 1.0 / targets.len() as f64;
        targets.iter().map(|&target| (weight, role.treatment(n, target))).collect()
    }

    /// The long base less the base; without terms where no long base is planned.
    #[must_use]
    pub fn convergence(&self) -> Contrast {
        self.difference(Role::BaseLong, Role::Base, 0)
    }

    /// A contrast's value in every cluster that plans any of its cells.
    #[must_use]
    pub fn values(&self, contrast: &[(f64, Treatment)]) -> Values {
        self.values_beside(contrast, &[])
    }

    /// The same in the clusters that have all cells of another contrast too.
    #[must_use]
    pub fn values_beside(
        &self,
        contrast: &[(f64, Treatment)],
        other: &[(f64, Treatment)],
    ) -> Values {
        let mut values = Values::default();
        for (cluster, value) in self.by_cluster(contrast) {
            match value.and_then(|value| self.value(other, &cluster).map(|_| value)) {
                Ok(value) => {
                    values.values.push(value);
                    values.step = values.step.max(self.step(contrast, &cluster));
                }
                Err(reason) => values.left_out.push(format!("{cluster}: {reason}")),
            }
        }
        values
    }

    /// A contrast's value in every cluster that plans any of its cells, or which cell it lacks and
    /// why. A contrast without terms has no value in any cluster.
    #[must_use]
    pub fn by_cluster(&self, contrast: &[(f64, Treatment)]) -> Vec<(Cluster, Result<f64, String>)> {
        if contrast.is_empty() {
            return Vec::new();
        }
        let plans_any = |cluster: &Cluster| {
            contrast.iter().any(|&(_, treatment)| self.find(treatment, cluster).is_some())
        };
        let clusters = self.clusters().into_iter().filter(plans_any);
        clusters.map(|cluster| (cluster.clone(), self.value(contrast, &cluster))).collect()
    }

    /// A contrast's value in a cluster, or which cell it lacks and why; 0 without terms.
    fn value(&self, contrast: &[(f64, Treatment)], cluster: &Cluster) -> Result<f64, String> {
        let mut sum = 0.0;
        for &(weight, treatment) in contrast {
            sum += weight * self.accuracy(treatment, cluster)?;
        }
        Ok(sum)
    }

    /// The root of the summed squares of what one test image counts for in each term of a contrast.
    fn step(&self, contrast: &[(f64, Treatment)], cluster: &Cluster) -> f64 {
        let images = |treatment| self.find(treatment, cluster)?.observation.record()?.test;
        let of = |&(weight, treatment): &(f64, Treatment)| {
            let test = images(treatment).filter(|test| test.images > 0);
            test.map_or(0.0, |test| weight * 100.0 / f64::from(test.images))
        };
        contrast.iter().map(|term| of(term).powi(2)).sum::<f64>().sqrt()
    }

    /// The accuracy a cell counts with, in percent, or why it does not count: layers of a base that has
    /// learnt nothing say nothing of features.
    fn accuracy(&self, treatment: Treatment, cluster: &Cluster) -> Result<f64, String> {
        let found = self.find(treatment, cluster);
        let found = found.ok_or_else(|| format!("{treatment} is not planned"))?;
        for needed in found.cell.dependencies() {
            let name = needed.treatment;
            let base = self.index.find(name, cluster, needed.images_per_class);
            let base = base.ok_or_else(|| format!("{name} is not planned"))?;
            if base.accuracy.is_none() {
                let outcome = base.observation.outcome();
                return Err(format!("{name}, which {treatment} needs, {outcome}"));
            }
        }
        found.accuracy.ok_or_else(|| format!("{treatment} {}", found.observation.outcome()))
    }

    /// The mean over clusters of a contrast; none where no cluster has all its cells.
    #[must_use]
    pub fn estimate(&self, contrast: &[(f64, Treatment)]) -> Option<Estimate> {
        self.values(contrast).estimate()
    }
}

/// The mean of several contrasts.
#[must_use]
#[allow(clippy::cast_precision_loss)] // far fewer than 2^52 cut points
pub fn mean_of(contrasts: &[Contrast]) -> Contrast {
    weighted(contrasts.iter().map(|contrast| (1.0 / contrasts.len() as f64, contrast.clone())))
}

/// A weighted sum of contrasts, each treatment once, so that no rounding is left of terms that
/// cancel.
#[must_use]
pub fn weighted(contrasts: impl IntoIterator<Item = (f64, Contrast)>) -> Contrast {
    let mut sum: Contrast = Vec::new();
    for (weight, contrast) in contrasts {
        for (factor, treatment) in contrast {
            match sum.iter_mut().find(|term| term.1 == treatment) {
                Some(term) => term.0 += weight * factor,
                None => sum.push((weight * factor, treatment)),
            }
        }
    }
    sum
}
