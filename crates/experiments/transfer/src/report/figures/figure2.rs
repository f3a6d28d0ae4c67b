//! Figure 2 of the paper: accuracy by the number of copied layers. The upper chart shows every
//! network, the lower one the means and the drops between them.

use assay_report::chart::{Axes, Axis, Chart};
use assay_report::figures::canvas::{Marker, Stroke};
use assay_report::figures::style::{BLUE, Entry, RED};
use assay_report::{Figure, ReportError};
use assay_runs::Half;
use assay_stats::Estimate;
use plotters::style::{Color, RGBColor};

use super::size_in_words;
use super::style::{layers, role_entry};
use crate::report::contrast::{Role, Scope};
use crate::report::index::{Index, Training};

const ROLES: [Role; 5] =
    [Role::Base, Role::SELFFER, Role::SELFFER_PLUS, Role::TRANSFER, Role::TRANSFER_PLUS];

/// Points of (n, accuracy in percent).
type Curve = Vec<(f64, f64)>;

pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let scope = Scope::main(index);
    let (upper, lower) = (every_network(index, scope), two_drops(index, scope));
    let (letter, lower_caption) = match lower {
        Some(_) => (
            "a, every",
            " b, the mean base plus the mean paired differences: the drop from base to BnB is the \
             co-adaptation drop, the further drop to AnB is the specificity drop.",
        ),
        None => ("Every", ""),
    };
    let caption = format!(
        "Test accuracy after the last step by the number n of copied layers, on {} splits. {letter} \
         network (a cluster's two targets side by side), means over clusters joined by lines, and \
         their 95 % intervals (t, clusters as units; they include how hard each split is, the \
         paired differences of the next figure do not; intervals far wider than the data are cut at \
         the edge).{lower_caption} {}.",
        scope.kind_in_words(),
        size_in_words(scope),
    );
    let present = ROLES.into_iter().filter(|&role| !networks(scope, role).is_empty());
    let title = "Accuracy by the number of copied layers (the paper's Figure 2)";
    let chart = Chart::new("figure2", title, caption).legend(present.map(role_entry)).lettered();
    [Some(upper), lower].into_iter().flatten().fold(chart, Chart::axes).figure()
}

/// Each network of a role that the statistics use: n, its position among the networks of this n, and its
/// accuracy in percent.
fn networks(scope: Scope, role: Role) -> Vec<(u8, usize, f64)> {
    let clusters = scope.clusters();
    let network = |training: Training| {
        let (_, n) = training.role.filter(|one| one.0 == role)?;
        let cluster = clusters.iter().position(|one| *one == training.cluster()).unwrap_or(0);
        let target = usize::from(training.cell.treatment.target() == Some(Half::B));
        Some((n, 2 * cluster + target, training.accuracy?))
    };
    scope.cells().filter_map(network).collect()
}

fn means(index: &Index, scope: Scope, role: Role) -> Vec<(u8, Estimate)> {
    let cuts = if role == Role::Base { 0..=0 } else { 1..=index.last_cut() };
    let mean = |n: u8| Some((n, scope.estimate(&scope.level(role, n))?.in_percent()));
    cuts.filter_map(mean).collect()
}

/// The offset of a role's networks from their n, so that no role hides another.
fn dodge(role: Role) -> f64 {
    match role {
        Role::SELFFER => -0.27,
        Role::SELFFER_PLUS => -0.09,
        Role::TRANSFER => 0.09,
        Role::TRANSFER_PLUS => 0.27,
        _ => 0.0,
    }
}

fn every_network(index: &Index, scope: Scope) -> Axes {
    let y = Axis::new("Test accuracy (%)").about(6.0);
    let mut axes = Axes::new("Every network", layers(index, "", 0), y).height(318.0);
    if let Some((_, base)) = means(index, scope, Role::Base).first() {
        axes.level_from(0.0, base.value, Stroke::dashed(Role::Base.color(), 1.0));
    }
    for role in ROLES {
        let networks = networks(scope, role);
        let last = networks.iter().map(|network| network.1).max().unwrap_or(0).max(1) as f64;
        let jitter = |place: usize| 0.12 * (place as f64 / last - 0.5);
        let place =
            |&(n, place, y): &(u8, usize, f64)| (f64::from(n) + dodge(role) + jitter(place), y);
        axes.marks(networks.iter().map(place).collect(), role.marker(), 5.0, role.color().mix(0.5));
    }
    for role in ROLES {
        let means = means(index, scope, role);
        let x = |n: u8| f64::from(n) + dodge(role);
        let line: Curve = means.iter().map(|(n, mean)| (x(*n), mean.value)).collect();
        axes.line(line.clone(), Stroke::solid(role.color(), 1.8));
        let ends = means
            .iter()
            .filter_map(|(n, mean)| mean.interval.map(|ends| (x(*n), ends.low, ends.high)));
        axes.whiskers(ends.collect(), role.color());
        let half = if role == Role::Base { 0.12 } else { 0.05 };
        for &(x, y) in &line {
            axes.line(vec![(x - half, y), (x + half, y)], Stroke::solid(role.color(), 2.0));
        }
        if let Some(last) = line.last().filter(|_| role != Role::Base) {
            axes.label(role.name(), last.1, role.color());
        }
    }
    axes
}

/// Each curve is the mean base plus the mean paired difference. So the drops in the figure are
/// those of the claims, even if some clusters lack some cells. None without any curve.
fn two_drops(index: &Index, scope: Scope) -> Option<Axes> {
    let base = scope.estimate(&scope.level(Role::Base, 0))?.value;
    let curves: Vec<(Role, Curve)> =
        ROLES[1..].iter().map(|&role| (role, curve(scope, role, base))).collect();
    if curves.iter().all(|(_, curve)| curve.is_empty()) {
        return None;
    }
    let x = layers(index, "Number n of copied layers, and the last of them", 0);
    let entry = |name: &str, color: RGBColor| Entry::marker(name, color.mix(0.35), Marker::Square);
    let legend = [
        entry("co-adaptation drop: base to BnB", BLUE),
        entry("specificity drop: BnB to AnB", RED),
    ];
    let mut axes = Axes::new("Means, and the two drops", x, Axis::new("Test accuracy (%)"))
        .height(280.0)
        .legend(legend);
    let (selffer, transfer) =
        (curve(scope, Role::SELFFER, base), curve(scope, Role::TRANSFER, base));
    let level: Curve = selffer.iter().map(|(n, _)| (*n, base)).collect();
    axes.shade_drop(&level, &selffer, BLUE);
    axes.shade_drop(&selffer, &transfer, RED);
    axes.level_from(0.0, base, Stroke::dashed(Role::Base.color(), 1.0));
    axes.label(Role::Base.name(), base, Role::Base.color());
    for (role, curve) in curves {
        let tone = role.color();
        axes.line(curve.clone(), Stroke::solid(tone, 1.8));
        if let Some(last) = curve.last() {
            axes.label(role.name(), last.1, tone);
        }
        axes.marks(curve.into_iter().skip(1).collect(), role.marker(), 7.0, tone);
    }
    axes.marks(vec![(0.0, base)], Role::Base.marker(), 7.0, Role::Base.color());
    axes.mark_largest_drop(&level, &selffer, BLUE);
    axes.mark_largest_drop(&selffer, &transfer, RED);
    Some(axes)
}

/// Begins with the base at n = 0. A transfer is added to the selffer that it is paired with.
fn curve(scope: Scope, role: Role, base: f64) -> Curve {
    let over = |role: Role, subtrahend: Role, n: u8| {
        scope.estimate(&scope.difference(role, subtrahend, n)).map(|estimate| estimate.value)
    };
    let by_selffer =
        |n: u8| Some(over(Role::SELFFER, Role::Base, n)? + over(Role::TRANSFER, Role::SELFFER, n)?);
    let point = |n: u8| {
        let difference = match role {
            Role::TRANSFER => by_selffer(n).or_else(|| over(role, Role::Base, n)),
            _ => over(role, Role::Base, n),
        };
        Some((f64::from(n), base + difference?))
    };
    let rest: Curve = scope.cuts(&[role]).into_iter().filter_map(point).collect();
    if rest.is_empty() { rest } else { std::iter::once((0.0, base)).chain(rest).collect() }
}
