//! Cheap scores of each layer beside the transfer that was measured.

use std::ops::Range;

use assay_runs::{ClassSplit, LayerScores, Treatment};
use plotters::style::Color;

use super::counted;
use super::style::plain_cut_ticks;
use crate::report::contrast::{Role, Scope};
use crate::report::index::{Index, Training};
use assay_report::ReportError;
use assay_report::figures::Figure;
use assay_report::figures::canvas::{Canvas, Drawn, Frame, Marker, SOFT, Stroke, draw};
use assay_report::figures::panel::ticks;
use assay_report::figures::style::{BLUE, GREEN, RED, WIDTH, beside, ends, moved, range_of};
use assay_report::observations::distinct;
use assay_report::words::plain;
use assay_stats::{Estimate, estimate_mean, mean};

const NAME: &str = "layer_scores";

/// A quantity by layer: one value a cluster, and their mean.
type ByLayer = Vec<(u8, Vec<f64>, Estimate)>;

pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let scope = Scope::main(index);
    let cka = scores(index, scope, |scores| scores.cka);
    let h_score = scores(index, scope, |scores| scores.h_score);
    if cka.is_empty() && h_score.is_empty() {
        return Ok(None);
    }
    let transfer = transfer(scope);
    let svg = draw(WIDTH, 300.0, |canvas| {
        let frame = Frame { left: 62.0, top: 40.0, right: 212.0, bottom: 240.0 };
        panel(canvas, index, frame, ("a", "Linear CKA"), &cka, GREEN)?;
        panel(canvas, index, moved(frame, 238.0, 0.0), ("b", "H-score"), &h_score, BLUE)?;
        let frame = moved(frame, 476.0, 0.0);
        panel(canvas, index, frame, ("c", "AnB − base (points)"), &transfer, RED)
    })
    .map_err(|reason| ReportError::figure(NAME, &reason))?;
    let agreement = |name: &str, scores: &ByLayer| {
        rank_correlation(scores, &transfer)
            .map(|value| {
                format!(
                    " Rank correlation of {name} with AnB − base over layers: {}.",
                    plain(value, 2)
                )
            })
            .unwrap_or_default()
    };
    let caption = format!(
        "Scores of each base's layers that need no transfer training, beside the transfer that was \
         measured. a, alignment with the same layer of the other half's base; b, H-score of the \
         layer's features on the other half's labels; c, frozen transfer of the first n layers less \
         the base. Dots: clusters; bars: means with 95 % intervals.{}{} {} splits, {}.",
        agreement("CKA", &cka),
        agreement("the H-score", &h_score),
        scope.kind(),
        counted(scope),
    );
    let title = "Cheap layer scores beside measured transfer".to_owned();
    Ok(Some(Figure { name: NAME, title, caption, svg }))
}

/// Mean over a cluster's two bases, each scored against the other half.
fn scores(index: &Index, scope: Scope, value: fn(&LayerScores) -> f64) -> ByLayer {
    let planned =
        || scope.cells().filter(|one| matches!(one.cell.treatment, Treatment::Scores { .. }));
    let clusters = distinct(planned().map(|one| (one.cell.split.clone(), one.cell.seed)));
    let of_cluster = |(split, seed): &(ClassSplit, u32), layer: u8| {
        let same = planned().filter(|one| &one.cell.split == split && one.cell.seed == *seed);
        let of_base = |training: Training| {
            let scores = &training.observation.record()?.layer_scores;
            scores.iter().find(|scores| scores.layer == layer).map(value).filter(|v| v.is_finite())
        };
        let values: Option<Vec<f64>> = same.map(of_base).collect();
        values.filter(|values| !values.is_empty()).map(|values| mean(&values))
    };
    let at = |layer: u8| {
        let values: Vec<f64> =
            clusters.iter().filter_map(|cluster| of_cluster(cluster, layer)).collect();
        let estimate = estimate_mean(&values)?;
        Some((layer, values, estimate))
    };
    (1..=index.last_cut()).filter_map(at).collect()
}

fn transfer(scope: Scope) -> ByLayer {
    let at = |n: u8| {
        let values = scope.values(&scope.difference(Role::TRANSFER, Role::Base, n));
        let estimate = values.estimate()?;
        Some((n, values.values, estimate))
    };
    scope.cuts(&[Role::TRANSFER, Role::Base]).into_iter().filter_map(at).collect()
}

/// A panel's range, by its letter.
fn range(letter: &str, layers: &ByLayer) -> Range<f64> {
    let points: Vec<f64> = layers.iter().flat_map(|layer| layer.1.clone()).collect();
    let low = points.iter().copied().fold(f64::INFINITY, f64::min);
    let high = points.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    match letter {
        // CKA lies in [0, 1]: show all of it.
        "a" => 0.0..1.0,
        "b" if low <= high => low.min(0.0)..high + ((high - low) * 0.15).max(1e-3),
        _ => range_of(&points, &ends(layers.iter().map(|layer| layer.2))).unwrap_or(0.0..1.0),
    }
}

fn panel(
    canvas: &Canvas,
    index: &Index,
    frame: Frame,
    (letter, title): (&str, &str),
    layers: &ByLayer,
    tone: plotters::style::RGBColor,
) -> Drawn {
    let last = f64::from(index.last_cut());
    let panel = canvas.panel(frame, 0.5..last + 0.5, range(letter, layers));
    canvas.heading(frame, letter, title)?;
    panel.y_axis("", &ticks(&panel.y, 5.0), letter == "c")?;
    panel.x_axis("Layer n", &plain_cut_ticks(index))?;
    if letter == "c" {
        panel.line(&[(0.5, 0.0), (last + 0.5, 0.0)], Stroke::solid(SOFT, 1.0))?;
    }
    let means: Vec<_> = layers.iter().map(|layer| (f64::from(layer.0), layer.2.value)).collect();
    panel.line(&means, Stroke::solid(tone, 1.6))?;
    for (n, values, estimate) in layers {
        let x = f64::from(*n);
        for (at, value) in values.iter().enumerate() {
            panel.mark(x + beside(at, values.len()), *value, Marker::Disc, 4.0, tone.mix(0.4))?;
        }
        if let Some(interval) = estimate.interval {
            panel.whisker(x, interval.low, interval.high, tone)?;
        }
        panel.mark(x, estimate.value, Marker::Disc, 6.0, tone.to_rgba())?;
    }
    Ok(())
}

/// Spearman's correlation of two quantities' means over the layers both have; none from fewer than
/// three layers.
fn rank_correlation(left: &ByLayer, right: &ByLayer) -> Option<f64> {
    let both = left.iter().filter_map(|(layer, _, estimate)| {
        let other = right.iter().find(|other| other.0 == *layer)?;
        Some((estimate.value, other.2.value))
    });
    let (left, right): (Vec<f64>, Vec<f64>) = both.unzip();
    if left.len() < 3 {
        return None;
    }
    let (left, right) = (ranks(&left), ranks(&right));
    let centred = |values: &[f64]| {
        let centre = mean(values);
        values.iter().map(|value| value - centre).collect::<Vec<_>>()
    };
    let (left, right) = (centred(&left), centred(&right));
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let scale = (product(&left, &left) * product(&right, &right)).sqrt();
    (scale > 0.0).then(|| product(&left, &right) / scale)
}

/// Ranks from 1, ties sharing their mean rank.
#[allow(clippy::cast_precision_loss)] // a handful of layers
fn ranks(values: &[f64]) -> Vec<f64> {
    let below = |value: f64| values.iter().filter(|other| **other < value).count() as f64;
    let equal =
        |value: f64| values.iter().filter(|other| other.total_cmp(&value).is_eq()).count() as f64;
    values.iter().map(|&value| below(value) + f64::midpoint(equal(value), 1.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_their_mean_rank() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0]), [3.5, 1.0, 3.5, 2.0]);
    }
}
