//! Contrasts: comparisons that give one number per cluster.

use crate::Treatment;
use assay_runs::Half;

use crate::report::index::{Cluster, Index, Key, Training, cluster_of};
pub use crate::report::role::Role;
use assay_report::measurements;
pub use assay_report::measurements::{mean_of, weighted};
use assay_report::run_results::distinct;
use assay_stats::{ClusterValues, Estimate};

/// A weighted sum of accuracies of one cluster.
pub type Contrast = measurements::Contrast<Treatment>;

/// The cells that are compared with each other: one kind of split, one number of images per class.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    index: &'a Index<'a>,
    kind: &'a str,
    images_per_class: Option<u32>,
}

impl<'a> Scope<'a> {
    /// The cells of one kind of split with this number of images per class.
    #[must_use]
    pub fn new(index: &'a Index<'a>, kind: &'a str, images_per_class: Option<u32>) -> Self {
        Self { index, kind, images_per_class }
    }

    /// The cells of one kind of split with the most images per class.
    #[must_use]
    pub fn largest(index: &'a Index<'a>, kind: &'a str) -> Self {
        let images_per_class = index.sizes(kind).last().copied().flatten();
        Self { index, kind, images_per_class }
    }

    /// The cells that the claims are about.
    #[must_use]
    pub fn main(index: &'a Index<'a>) -> Self {
        Self::largest(index, index.main_kind())
    }

    /// The kind of split.
    #[must_use]
    pub fn kind(&self) -> &'a str {
        self.kind
    }

    /// The number of images per class; none for all images.
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

    /// Its clusters, in the order of the plan.
    #[must_use]
    pub fn clusters(&self) -> Vec<Cluster> {
        distinct(self.cells().map(|training| cluster_of(training.cell)))
    }

    /// The cell of a cluster with this treatment, if it is planned.
    #[must_use]
    pub fn find(&self, treatment: Treatment, cluster: &Cluster) -> Option<Training<'a>> {
        self.index.find(treatment, cluster, self.images_per_class)
    }

    /// The targets that a role is planned for.
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

    /// The cut points from 1 to the last at which all of `roles` are planned, for every target that
    /// all of them are planned for at some cut point. Empty if there is no such target.
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

    /// The targets that all of `roles` are planned for.
    #[must_use]
    pub fn shared_targets(&self, roles: &[Role]) -> Vec<Half> {
        let all = |target: &Half| roles.iter().all(|&role| self.targets(role).contains(target));
        Half::BOTH.into_iter().filter(all).collect()
    }

    /// `minuend` minus `subtrahend` at cut point `n`, averaged over their common targets.
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

    /// The accuracy of `role` at cut point `n`, averaged over its targets.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn level(&self, role: Role, n: u8) -> Contrast {
        let targets = self.targets(role);
        let weight = 1.0 / targets.len() as f64;
        targets.iter().map(|&target| (weight, role.treatment(n, target))).collect()
    }

    /// `minuend` minus `subtrahend` at each cut point with an estimate: n, the estimate, and the
    /// values of the clusters.
    #[must_use]
    pub fn by_cut(&self, minuend: Role, subtrahend: Role) -> Vec<(f64, Estimate, Vec<f64>)> {
        let at = |n: u8| {
            let values = self.values(&self.difference(minuend, subtrahend, n));
            Some((f64::from(n), values.estimate()?, values.values))
        };
        self.cuts(&[minuend, subtrahend]).into_iter().filter_map(at).collect()
    }

    /// The long base minus the base; without terms if no long base is planned.
    #[must_use]
    pub fn convergence(&self) -> Contrast {
        self.difference(Role::BaseLong, Role::Base, 0)
    }

    /// The values of a contrast, by cluster. Only clusters for which any of its cells is planned.
    #[must_use]
    pub fn values(&self, contrast: &[(f64, Treatment)]) -> ClusterValues {
        self.values_beside(contrast, &[])
    }

    /// The same, only in the clusters that also have all cells of another contrast.
    #[must_use]
    pub fn values_beside(
        &self,
        contrast: &[(f64, Treatment)],
        other: &[(f64, Treatment)],
    ) -> ClusterValues {
        let (contrast, other) = (self.keys(contrast), self.keys(other));
        self.index.measurements().values(&self.clusters(), &contrast, &other)
    }

    /// The value of a contrast in every cluster for which any of its cells is planned; or the cell
    /// that the cluster lacks, and why. A contrast without terms has no value in any cluster.
    #[must_use]
    pub fn by_cluster(&self, contrast: &[(f64, Treatment)]) -> Vec<(Cluster, Result<f64, String>)> {
        self.index.measurements().by_cluster(&self.clusters(), &self.keys(contrast))
    }

    fn keys(&self, contrast: &[(f64, Treatment)]) -> Vec<(f64, Key)> {
        let images_per_class = self.images_per_class;
        let key =
            |&(weight, treatment): &(f64, Treatment)| (weight, Key { treatment, images_per_class });
        contrast.iter().map(key).collect()
    }

    /// The mean of a contrast over clusters; none if no cluster has all its cells.
    #[must_use]
    pub fn estimate(&self, contrast: &[(f64, Treatment)]) -> Option<Estimate> {
        self.values(contrast).estimate()
    }
}
