//! Statistics of a handful of independent clusters: estimates with intervals, the rules by which an
//! interval decides a claim, and tests. Knows no experiment and no report.

mod clusters;
mod estimate;
mod mcnemar;
mod ranks;
mod roc;
mod rule;
mod shared_items;

pub use clusters::ClusterValues;
pub use estimate::{
    CONFIDENCE, Estimate, Interval, ItemVariance, deviation, error_of_rounding, estimate_mean,
    holm, jackknife, mean, slope, wilson, wilson_of_share,
};
pub use mcnemar::McNemar;
pub use ranks::{RankTest, mann_whitney, rank_correlation};
pub use roc::Roc;
pub use rule::{MOST_CLUSTERS, Rule};
pub use shared_items::item_variance;
