//! Scores of each layer that need no transfer training, next to the measured transfer.

use crate::{BaseScores, LayerScores, Treatment};
use assay_report::chart::{Axes, Axis, Chart, Series};
use assay_report::figures::canvas::Stroke;
use assay_report::figures::style::{BLUE, GREEN, RED};
use assay_report::run_results::distinct;
use assay_report::words::plain;
use assay_report::{Figure, ReportError};
use assay_stats::{Estimate, estimate_mean, mean, rank_correlation};
use plotters::style::RGBColor;

use super::size_in_words;
use super::style::numbers;
use crate::report::contrast::{Role, Scope};
use crate::report::index::{Cluster, Index, Training};

/// A quantity by layer: the layer, the mean, and the values of the clusters.
type ByLayer = Vec<(f64, Estimate, Vec<f64>)>;

pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let scope = Scope::main(index);
    let cka = scores(index, scope, |scores| scores.cka);
    let h_score = scores(index, scope, |scores| scores.h_score);
    if cka.is_empty() && h_score.is_empty() {
        return Ok(None);
    }
    let transfer = scope.by_cut(Role::TRANSFER, Role::Base);
    let caption = format!(
        "Scores of each base's layers that need no transfer training, next to the transfer that \
         was measured. a, alignment with the same layer of the other half's base; b, H-score of the \
         layer's features on the other half's labels; c, frozen transfer of the first n layers \
         minus the base. Dots: clusters; bars: means with 95 % intervals.{}{} {} splits, {}.",
        agreement("CKA", &cka, &transfer),
        agreement("the H-score", &h_score, &transfer),
        scope.kind_in_words(),
        size_in_words(scope),
    );
    let axes = |heading: &str, y: Axis, color: RGBColor, values: ByLayer| {
        let mut axes = Axes::new(heading, numbers(index, "Layer n"), y).height(200.0);
        let line = Stroke::solid(color, 1.6);
        axes.series(Series::new("", color).size(6.0).stroke(line).points(values));
        axes
    };
    let h_axis = from_zero(&h_score);
    let mut measured = axes("AnB − base (points)", Axis::new("").signed(), RED, transfer);
    measured.zero_line();
    Chart::new("layer_scores", "Layer scores next to measured transfer", caption)
        .columns(3)
        .lettered()
        // CKA is in [0, 1]: show the whole range.
        .axes(axes("Linear CKA", Axis::new("").range(0.0..1.0), GREEN, cka))
        .axes(axes("H-score", h_axis, BLUE, h_score))
        .axes(measured)
        .figure()
}

/// An axis that includes 0, with some room above the values.
fn from_zero(layers: &ByLayer) -> Axis {
    let values = || layers.iter().flat_map(|layer| layer.2.iter().copied());
    let (low, high) =
        (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    if low > high {
        return Axis::new("");
    }
    Axis::new("").range(low.min(0.0)..high + ((high - low) * 0.15).max(1e-3))
}

/// How well a score orders the layers as the measured transfer does, as text.
fn agreement(name: &str, scores: &ByLayer, transfer: &ByLayer) -> String {
    let both = scores.iter().filter_map(|(layer, score, _)| {
        let other = transfer.iter().find(|other| other.0.total_cmp(layer).is_eq())?;
        Some((score.value, other.1.value))
    });
    let correlation = rank_correlation(&both.collect::<Vec<_>>());
    let in_words = |value| {
        format!(" Rank correlation of {name} with AnB − base over layers: {}.", plain(value, 2))
    };
    correlation.map(in_words).unwrap_or_default()
}

/// The mean over the two bases of a cluster, each scored against the other half.
fn scores(index: &Index, scope: Scope, value: fn(&LayerScores) -> f64) -> ByLayer {
    let planned =
        || scope.cells().filter(|one| matches!(one.cell.treatment, Treatment::Scores { .. }));
    let clusters = distinct(planned().map(|one| one.cluster()));
    let of_cluster = |cluster: &Cluster, layer: u8| {
        let same = planned().filter(|one| one.cluster() == *cluster);
        let of_base = |training: Training| {
            let scores = &training.cell_result.record()?.details::<BaseScores>()?.layers;
            scores.iter().find(|scores| scores.layer == layer).map(value).filter(|v| v.is_finite())
        };
        let values: Option<Vec<f64>> = same.map(of_base).collect();
        values.filter(|values| !values.is_empty()).map(|values| mean(&values))
    };
    let of_layer = |layer: u8| {
        let values: Vec<f64> =
            clusters.iter().filter_map(|cluster| of_cluster(cluster, layer)).collect();
        let estimate = estimate_mean(&values)?;
        Some((f64::from(layer), estimate, values))
    };
    (1..=index.last_cut()).filter_map(of_layer).collect()
}
