//! Accuracy by images per class, if the plan varies them.

use assay_report::chart::{Axes, Axis, Chart, Series};
use assay_report::figures::canvas::Marker;
use assay_report::figures::style::RED;
use assay_report::words::plural;
use assay_report::{Figure, ReportError};
use assay_stats::Estimate;

use crate::report::claims::Cuts;
use crate::report::contrast::{Role, Scope};
use crate::report::index::Index;

const ROLES: [Role; 5] =
    [Role::Base, Role::SELFFER, Role::TRANSFER, Role::SELFFER_PLUS, Role::TRANSFER_PLUS];

pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let (kind, sizes) = (index.main_kind(), index.sizes(index.main_kind()));
    if sizes.len() < 2 {
        return Ok(None);
    }
    let scope = |&images_per_class: &Option<u32>| Scope { index, kind, images_per_class };
    let scopes: Vec<Scope> = sizes.iter().map(scope).collect();
    let name = |size: &Option<u32>| size.map_or("all".to_owned(), |size| size.to_string());
    let names = sizes.iter().enumerate().map(|(at, size)| (at as f64, vec![name(size)])).collect();
    let range = -0.35..sizes.len() as f64 - 0.65;
    let x = Axis::new("Training images per class").range(range).ticks(names);
    let mut levels = Axes::new("Accuracy", x.clone(), Axis::new("Test accuracy (%)")).height(250.0);
    for (at, role) in ROLES.into_iter().enumerate() {
        let points = by_size(&scopes, &[role]);
        let points = points.into_iter().map(|(at, estimate)| (at, estimate.in_percent()));
        let series = Series::new(role.name(), role.color()).marker(role.marker()).points(points);
        levels.series(series.offset(0.02 * (at as f64 - 2.0)).labelled());
    }
    let gain = by_size(&scopes, &[Role::TRANSFER_PLUS, Role::TRANSFER]);
    let clusters = gain.iter().map(|point| point.1.clusters).max().unwrap_or(0);
    let y = Axis::new("Percentage points").signed();
    let mut gains = Axes::new("AnB+ − AnB: gain of fine-tuning", x, y).height(250.0);
    gains.zero_line();
    gains.series(Series::new("", RED).marker(Marker::Diamond).points(gain));
    let caption = format!(
        "The number of training images of each target class. a, test accuracy, mean over n where a \
         treatment has several; b, what fine-tuning the copied layers gains over leaving them \
         frozen (AnB+ − AnB, mean over n). 95 % intervals over up to {}.",
        plural(clusters, "cluster"),
    );
    if levels.is_empty() {
        return Ok(None);
    }
    Chart::new("data_sizes", "Accuracy by training images per class", caption)
        .columns(2)
        .lettered()
        .axes(levels)
        .axes(gains)
        .figure()
}

/// The first role minus the others, mean over n, each with the position of its size.
fn by_size(scopes: &[Scope], roles: &[Role]) -> Vec<(f64, Estimate)> {
    let estimate = |(place, scope): (usize, &Scope)| {
        let cuts = if roles == [Role::Base] { vec![0] } else { scope.cuts(roles) };
        let weights = Cuts::All.weights(&cuts, scope.index.last_cut())?;
        Some((place as f64, scope.estimate(&scope.weighted_contrast(roles, &weights))?))
    };
    scopes.iter().enumerate().filter_map(estimate).collect()
}
