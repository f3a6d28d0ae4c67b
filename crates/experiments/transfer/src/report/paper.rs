//! The paired numbers of Yosinski et al. 2014, from the authors' published training logs.
//!
//! Accuracies are the paper's metric: the mean of the ten best validation accuracies of a network.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::contrast::Role;
use crate::LayerMode;
use assay_stats::mean;

/// The last cut point of the paper's network, which has eight layers.
pub(super) const LAST_CUT: u8 = 7;

/// The authors' logs.
#[derive(Debug)]
pub struct Paper {
    accuracy: HashMap<String, f64>,
}

/// The logs, which are part of the crate.
pub(super) fn paper() -> &'static Paper {
    static PAPER: LazyLock<Paper> =
        LazyLock::new(|| Paper::parse(include_str!("../../data/yosinski2014_runs.csv")));
    &PAPER
}

const SPLITS: [u8; 4] = [0, 1, 2, 3];

impl Paper {
    fn parse(csv: &str) -> Self {
        let row = |line: &str| {
            let mut fields = line.split(',');
            let name = fields.next()?.to_owned();
            let accuracy: f64 = fields.next()?.parse().ok()?;
            Some((name, 100.0 * accuracy))
        };
        Self { accuracy: csv.lines().skip(1).filter_map(row).collect() }
    }

    /// Percent, by the name of the authors' directory.
    fn percent(&self, folder: &str) -> Option<f64> {
        self.accuracy.get(folder).copied()
    }

    /// The network of a role on a split into random halves, given the target and the other half.
    fn network(&self, role: Role, split: u8, [target, other]: [char; 2], n: u8) -> Option<f64> {
        let (source, layer_mode) = match role {
            Role::Base => return self.percent(&format!("half{split}{target}")),
            Role::Selffer(layer_mode) => (target, layer_mode),
            Role::Transfer(layer_mode) => (other, layer_mode),
            Role::BaseLong | Role::Random(_) => return None,
        };
        let tuned = if layer_mode == LayerMode::FineTuned { "-ft" } else { "" };
        self.percent(&format!("transfer{tuned}{split}{source}{split}{target}_1_{n}"))
    }

    /// The mean of `minuend` minus `subtrahend` at cut point `n` of 1 to 7 on the random splits.
    /// They are paired by split and target half. In percentage points; none if no pair was logged.
    pub(crate) fn difference(&self, minuend: Role, subtrahend: Role, n: u8) -> Option<f64> {
        let mut differences = Vec::new();
        for split in SPLITS {
            for halves in [['A', 'B'], ['B', 'A']] {
                let network = |role| self.network(role, split, halves, n);
                differences.extend(network(minuend).zip(network(subtrahend)).map(|(a, b)| a - b));
            }
        }
        (!differences.is_empty()).then(|| mean(&differences))
    }

    /// Frozen transfer minus base on the natural/man-made split at cut point `n`, averaged
    /// over both targets, in percentage points.
    pub(crate) fn dissimilar(&self, n: u8) -> Option<f64> {
        let drop = |direction: &str, target: &str| {
            let transfer = self.percent(&format!("transfernatman{direction}_1_{n}"))?;
            Some(transfer - self.percent(&format!("halfnatman{target}"))?)
        };
        Some(f64::midpoint(drop("AB", "B")?, drop("BA", "A")?))
    }

    /// Random frozen layers minus the base on all 1000 classes at cut point `n`, in percentage
    /// points. Both are single networks.
    pub(crate) fn random(&self, n: u8) -> Option<f64> {
        Some(self.percent(&format!("nolearn_1_{n}"))? - self.percent("netbase")?)
    }
}

/// The paper's numbers at its cut points, each aligned with a network whose last cut point is `last`.
pub(super) fn paper_curve(last: u8, number: impl Fn(&Paper, u8) -> Option<f64>) -> Vec<(f64, f64)> {
    let point = |n| Some((at_relative_depth(n, f64::from(last)), number(paper(), n)?));
    (1..=LAST_CUT).filter_map(point).collect()
}

/// The position of cut point `n` of the paper's eight layers in a network whose last cut point is
/// `last`. The first and the last cut points of both coincide.
fn at_relative_depth(n: u8, last: f64) -> f64 {
    1.0 + f64::from(n - 1) / f64::from(LAST_CUT - 1) * (last - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logs_give_the_paired_table_of_the_reference() {
        // BnB - base, AnB - base, AnB - BnB, BnB+ - base, AnB+ - base at n = 1 to 7.
        let table = [
            [0.35, 0.31, 0.15, 0.26, 0.32],
            [0.03, -0.12, -0.01, 0.64, 0.63],
            [-0.21, -0.62, -0.14, 1.21, 1.30],
            [-1.85, -2.53, -0.62, 1.36, 1.03],
            [-2.97, -4.71, -1.68, 1.10, 1.05],
            [-0.45, -4.45, -3.90, 0.85, 1.20],
            [0.00, -8.26, -8.24, 1.15, 1.24],
        ];
        let pairs = [
            (Role::SELFFER, Role::Base),
            (Role::TRANSFER, Role::Base),
            (Role::TRANSFER, Role::SELFFER),
            (Role::SELFFER_PLUS, Role::Base),
            (Role::TRANSFER_PLUS, Role::Base),
        ];
        for (n, row) in (1..).zip(table) {
            for ((minuend, subtrahend), wanted) in pairs.into_iter().zip(row) {
                let got = paper().difference(minuend, subtrahend, n).unwrap();
                assert!((got - wanted).abs() < 0.0051, "{minuend:?} at {n}: {got}, not {wanted}");
            }
        }
    }

    #[test]
    fn the_dissimilar_drop_at_the_last_cut_is_that_of_figure_3() {
        // (.2914 - .5372 + .3990 - .6534) / 2 = -.2501
        assert!((paper().dissimilar(7).unwrap() + 25.01).abs() < 0.01);
        assert!(paper().random(3).unwrap() < -57.0);
    }
}
