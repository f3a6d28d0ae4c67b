//! The matrix of cross-evaluation: whether images that fool one network fool another.

use assay_classifier_cells::Encoding;
use assay_report::chart::{Axes, Axis, Chart};
use assay_report::figures::canvas::{INK, Lettering, SMALL, SOFT, Stroke, WHITE};
use assay_report::figures::style::{BLUE, shortened, width_of};
use assay_report::words::{plain, plural};
use assay_report::{Figure, ReportError};
use assay_stats::{Estimate, estimate_mean};
use plotters::style::Color;
use plotters::style::text_anchor::{HPos, VPos};

use crate::report::cross_evaluations::{CrossEvaluations, Pair};
use crate::report::external_models::{ExternalKind, external_kinds, external_rate};
use crate::report::index::{Condition, Index, last_point};
use crate::report::seed_estimate::mean_of;
use crate::report::transfer_rate::Rate;
use crate::report::wording::encoding_name;

/// Height of a row, CSS pixels.
const ROW: f64 = 62.0;
/// Width of a column if external models have columns.
const COLUMN: f64 = 76.0;
/// Maximum number of columns for external models; more would not fit.
const COLUMNS: usize = 7;
/// The name of the column of the attacked network.
const ITSELF: &str = "itself";

/// One entry of the matrix.
struct Square {
    row: usize,
    column: usize,
    rate: Estimate,
    /// The same rate with a confidence of at least 99 %, in percent.
    at_99: Option<f64>,
}

struct Matrix<'a> {
    encoding: Encoding,
    rows: Vec<&'a str>,
    /// The networks that classify the elites, each with the lines of its heading. The first column
    /// is the attacked network itself, the last ones are external models.
    columns: Vec<Vec<String>>,
    squares: Vec<Square>,
}

pub fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let encodings = [Encoding::Direct, Encoding::Cppn].into_iter();
    let matrices: Vec<Matrix> = encodings.filter_map(|one| matrix(index, one)).collect();
    let caption = format!(
        "Rows: the attacked architecture. Columns: the network evaluated on the elites: the attacked \
         network itself, or other networks of each architecture; those of the attacked one have other \
         seeds. Large: the transfer rate, the share of elites that the network assigns to the elite's \
         own class (for the attacked network itself: its top-1 success rate), with the 95 % interval \
         over {} below it; last line: the share that it assigns to this class with a confidence of at \
         least 99 %. Chance is {} %.{}",
        range_of_seeds(&matrices),
        plain(100.0 / index.plan.classes.len() as f64, 1),
        note_on_external_models(index),
    );
    let title = "Transfer rates: how often images that fool one network fool another";
    // Columns of external models make a matrix wide.
    let side_by_side = if index.external_evaluations.is_empty() { 2 } else { 1 };
    let chart = Chart::new("cross_evaluation", title, caption).columns(side_by_side);
    matrices.iter().fold(chart, |chart, matrix| chart.axes(axes(matrix))).figure()
}

/// The number of seeds behind the numbers, as text. It is a range, because a seed that lacks
/// something still counts for numbers that do not need it.
fn range_of_seeds(matrices: &[Matrix]) -> String {
    let squares = matrices.iter().flat_map(|matrix| &matrix.squares);
    let seeds = squares.map(|square| square.rate.clusters);
    let (fewest, most) = (seeds.clone().min().unwrap_or(0), seeds.max().unwrap_or(0));
    let most_in_words = plural(most, "seed");
    if fewest == most { most_in_words } else { format!("{fewest} to {most_in_words}") }
}

/// Empty if there are none.
fn note_on_external_models(index: &Index) -> String {
    let all = external_kinds(index).len();
    if all == 0 {
        return String::new();
    }
    let shown = external_columns(index);
    let some =
        if all > shown { format!(" The first {shown} of {all} are shown.") } else { String::new() };
    format!(
        " The columns on the right are networks of other runs, evaluated on the elites of the classes they \
         know: the heading has the number of these classes, and of all their outputs. Chance is 100 % \
         divided by the latter.{some}"
    )
}

/// The maximum number of kinds of external models that have a column.
fn external_columns(index: &Index) -> usize {
    COLUMNS.saturating_sub(1 + index.architectures().len()).max(2)
}

fn matrix<'a>(index: &'a Index<'a>, encoding: Encoding) -> Option<Matrix<'a>> {
    let attack = index.evolution(encoding)?;
    let condition = |architecture| Condition { attack, architecture };
    let cross_evaluations = CrossEvaluations::new(index, attack);
    let pairs = cross_evaluations.all_pairs();
    let mut kinds = external_kinds(index);
    kinds.truncate(external_columns(index));
    let (mut rows, mut to) = (index.architectures(), index.architectures());
    rows.retain(|name| {
        pairs.iter().any(|pair| pair.0 == *name)
            || kinds.iter().any(|kind| external_rate(index, *kind, condition(name)).is_some())
    });
    to.retain(|name| pairs.iter().any(|pair| pair.1 == *name));
    let mut squares = Vec::new();
    for (row, &from) in rows.iter().enumerate() {
        squares.extend(itself(index, condition(from), row));
        for (column, &to) in to.iter().enumerate() {
            squares.extend(cross_evaluated(&cross_evaluations, (from, to), [row, column + 1]));
        }
    }
    let names = std::iter::once(ITSELF).chain(to);
    let mut columns: Vec<Vec<String>> = names.map(|name| vec![name.to_owned()]).collect();
    for kind in kinds {
        let (column, mut known) = (columns.len(), 0);
        for (row, from) in rows.iter().enumerate() {
            let Some(one) = external_rate(index, kind, condition(from)) else { continue };
            known = known.max(one.classes);
            squares.push(Square { row, column, rate: one.rate, at_99: Some(one.at_99) });
        }
        columns.push(external_heading(kind, known));
    }
    let is_empty = squares.iter().all(|square| square.column == 0);
    (!is_empty).then_some(Matrix { encoding, rows, columns, squares })
}

/// `student mlp-30-30`, `mnist 5/10`, as lines.
fn external_heading(kind: ExternalKind, known: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in kind.kind.split(' ') {
        match lines.last_mut() {
            Some(line) if width_of(line, SMALL) + width_of(word, SMALL) < COLUMN - 12.0 => {
                *line = format!("{line} {word}");
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.truncate(3);
    lines.push(format!("{} {known}/{}", kind.data, kind.outputs));
    lines.iter().map(|line| shortened(line, COLUMN)).collect()
}

/// The rate of other networks of an architecture on the elites of another.
fn cross_evaluated(
    cross_evaluations: &CrossEvaluations,
    pair: Pair,
    [row, column]: [usize; 2],
) -> Option<Square> {
    let ([rate, at_99], _) = cross_evaluations.rates(pair, [Rate::OWN_CLASS, Rate::OWN_CLASS_99]);
    Some(Square { row, column, rate: rate?, at_99: at_99.map(|one| one.value) })
}

/// The rate of the attacked network itself.
fn itself(index: &Index, condition: Condition, row: usize) -> Option<Square> {
    let results = index.all_counted(condition);
    let points = || results.iter().map(|result| last_point(result));
    let predicted: Vec<f64> = points().map(|point| 100.0 * point.predicted).collect();
    let at_99 = mean_of(points().map(|point| 100.0 * point.at_least_99));
    let rate = estimate_mean(&predicted)?;
    let classes = index.plan.classes.len().max(1) as f64;
    let rate = rate.of_counts(100.0 / classes, 1.0).of_share(classes * rate.clusters as f64);
    Some(Square { row, column: 0, rate, at_99: Some(at_99) })
}

fn axes(matrix: &Matrix) -> Axes {
    let (rows, columns) = (matrix.rows.len() as f64, matrix.columns.len());
    let names = matrix.rows.iter().map(|&name| vec![name.to_owned()]);
    let y_ticks = names.enumerate().map(|(at, name)| (rows - at as f64 - 0.5, name));
    let lines = matrix.columns.iter().cloned();
    let x_ticks = lines.enumerate().map(|(at, lines)| (at as f64 + 0.5, lines));
    let x = Axis::new("evaluated on").range(0.0..columns as f64).ticks(x_ticks.collect());
    let y = Axis::new("").range(0.0..rows).ticks(y_ticks.collect());
    let heading = format!("{} images", encoding_name(matrix.encoding));
    let mut axes = Axes::new(&heading, x, y).height(rows * ROW);
    matrix.squares.iter().for_each(|square| draw_square(&mut axes, square, rows));
    axes
}

fn draw_square(axes: &mut Axes, square: &Square, rows: f64) {
    let (left, top) = (square.column as f64, rows - square.row as f64);
    let (right, bottom) = (left + 1.0, top - 1.0);
    let color = BLUE.mix((square.rate.value / 100.0).clamp(0.0, 1.0) * 0.85);
    // White below the color hides the grid.
    for color in [WHITE.to_rgba(), color] {
        axes.band(vec![(left, top), (right, top)], vec![(left, bottom), (right, bottom)], color);
    }
    let border = vec![(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
    axes.line(border, Stroke::solid(WHITE, 2.0));
    let dark = square.rate.value > 55.0;
    let (ink, soft) = if dark { (WHITE, WHITE) } else { (INK, SOFT) };
    let large = Lettering::new(HPos::Center, VPos::Center);
    let small = large.size(SMALL - 1.0).color(soft);
    let mut text = |down: f64, text: &str, style: Lettering| {
        axes.text((left + 0.5, top - 0.5), (0.0, down), text, style);
    };
    text(-16.0, &format!("{} %", plain(square.rate.value, 0)), large.bold().color(ink));
    if let Some(ends) = square.rate.interval {
        let (low, high) = (plain(ends.low.max(0.0), 0), plain(ends.high.min(100.0), 0));
        text(1.0, &format!("[{low}, {high}]"), small);
    }
    if let Some(at_99) = square.at_99 {
        text(16.0, &format!("≥ 99 %: {} %", plain(at_99, 0)), small);
    }
}
