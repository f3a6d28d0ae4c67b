//! Contrasts: comparisons that give one number per cluster.

use assay_runs::Half;

use super::index::{Cluster, Index, Key, Training};
pub use super::role::Role;
use assay_report::measurements::{self, weighted};
use assay_report::run_results::distinct;
use assay_stats::{ClusterValues, Estimate};

/// The kind of split whose halves are far apart.
pub const DISSIMILAR: &str = "semantic";

/// A weighted sum of accuracies of one cluster.
pub type Contrast = measurements::Contrast<Key>;

/// The cells that are compared with each other: one kind of split, one number of images per class.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// All cells.
    pub index: &'a Index<'a>,
    /// The kind of split.
    pub kind: &'a str,
    /// The number of images per class; none for all images.
    pub images_per_class: Option<u32>,
}

impl<'a> Scope<'a> {
    /// The cells of one kind of split with the most images per class.
    pub(crate) fn largest(index: &'a Index<'a>, kind: &'a str) -> Self {
        let images_per_class = index.sizes(kind).last().copied().flatten();
        Self { index, kind, images_per_class }
    }

    /// The cells that the claims are about.
    #[must_use]
    pub fn main(index: &'a Index<'a>) -> Self {
        Self::largest(index, index.main_kind())
    }

    /// The kind of split as the report names it.
    pub(crate) fn kind_in_words(&self) -> &'a str {
        if self.kind == DISSIMILAR { "natural/man-made" } else { self.kind }
    }

    /// Its planned cells.
    pub fn cells(&self) -> impl Iterator<Item = Training<'a>> + use<'a> {
        let Self { index, kind, images_per_class } = *self;
        index.all.iter().copied().filter(move |Training { cell, .. }| {
            cell.split.kind() == kind && cell.images_per_class == images_per_class
        })
    }

    /// Its clusters, in the order of the plan.
    pub(crate) fn clusters(&self) -> Vec<Cluster> {
        distinct(self.cells().map(|training| training.cluster()))
    }

    /// The targets that all of `roles` are planned for.
    fn targets(&self, roles: &[Role]) -> Vec<Half> {
        let is_planned = |role: Role, target: Half| {
            self.cells().any(|training| {
                training.cell.treatment.target() == Some(target)
                    && training.role.is_some_and(|planned| planned.0 == role)
            })
        };
        let all = |target: &Half| roles.iter().all(|&role| is_planned(role, *target));
        Half::BOTH.into_iter().filter(all).collect()
    }

    /// The cut points from 1 to the last at which all of `roles` are planned, for every target that
    /// all of them are planned for at some cut point. Empty if there is no such target.
    pub(crate) fn cuts(&self, roles: &[Role]) -> Vec<u8> {
        let targets = self.targets(roles);
        let is_planned =
            |treatment| self.cells().any(|training| training.cell.treatment == treatment);
        let all = |n: &u8| {
            let at_n = |target| roles.iter().all(|role| is_planned(role.treatment(*n, target)));
            !targets.is_empty() && targets.iter().all(|&target| at_n(target))
        };
        (1..=self.index.last_cut()).filter(all).collect()
    }

    /// The accuracy of the first of `roles` at cut point `n`, minus those of the others, averaged over
    /// their common targets.
    pub(crate) fn contrast(&self, roles: &[Role], n: u8) -> Contrast {
        let (targets, images_per_class) = (self.targets(roles), self.images_per_class);
        let weight = 1.0 / targets.len() as f64;
        let of_target = |target: Half| {
            roles.iter().enumerate().map(move |(place, role)| {
                let treatment = role.treatment(n, target);
                let key = Key { treatment, images_per_class };
                (if place == 0 { weight } else { -weight }, key)
            })
        };
        targets.into_iter().flat_map(of_target).collect()
    }

    /// The same, as a weighted sum over cut points.
    pub(crate) fn weighted_contrast(&self, roles: &[Role], weights: &[(f64, u8)]) -> Contrast {
        weighted(weights.iter().map(|&(weight, n)| (weight, self.contrast(roles, n))))
    }

    /// `minuend` minus `subtrahend` at cut point `n`, averaged over their common targets.
    #[must_use]
    pub fn difference(&self, minuend: Role, subtrahend: Role, n: u8) -> Contrast {
        self.contrast(&[minuend, subtrahend], n)
    }

    /// The accuracy of `role` at cut point `n`, averaged over its targets.
    #[must_use]
    pub fn level(&self, role: Role, n: u8) -> Contrast {
        self.contrast(&[role], n)
    }

    /// `minuend` minus `subtrahend` at each cut point with an estimate: n, the estimate, and the
    /// values of the clusters.
    pub(crate) fn by_cut(&self, minuend: Role, subtrahend: Role) -> Vec<(f64, Estimate, Vec<f64>)> {
        let values_at = |n: u8| {
            let values = self.values(&self.difference(minuend, subtrahend, n));
            Some((f64::from(n), values.estimate()?, values.values))
        };
        self.cuts(&[minuend, subtrahend]).into_iter().filter_map(values_at).collect()
    }

    /// The base trained twice as long minus the base; without terms if no such base is planned.
    pub(crate) fn convergence(&self) -> Contrast {
        self.difference(Role::BaseLong, Role::Base, 0)
    }

    /// The values of a contrast, by cluster. Only clusters for which any of its cells is planned.
    #[must_use]
    pub fn values(&self, contrast: &[(f64, Key)]) -> ClusterValues {
        self.values_in_shared_clusters(contrast, &[])
    }

    /// The same, only in the clusters that also have all cells of another contrast.
    pub(crate) fn values_in_shared_clusters(
        &self,
        contrast: &[(f64, Key)],
        other: &[(f64, Key)],
    ) -> ClusterValues {
        self.index.measurements.values(&self.clusters(), contrast, other)
    }

    /// The value of a contrast in every cluster for which any of its cells is planned; or the cell
    /// that the cluster lacks, and why. A contrast without terms has no value in any cluster.
    pub(crate) fn by_cluster(
        &self,
        contrast: &[(f64, Key)],
    ) -> Vec<(Cluster, Result<f64, String>)> {
        self.index.measurements.by_cluster(&self.clusters(), contrast)
    }

    /// The mean of a contrast over clusters; none if no cluster has all its cells.
    pub(crate) fn estimate(&self, contrast: &[(f64, Key)]) -> Option<Estimate> {
        self.values(contrast).estimate()
    }
}
