//! The matrix of cross-evaluation: whether images that fool one network fool another.

use assay_classifier_cells::Encoding;
use plotters::style::Color;
use plotters::style::text_anchor::{HPos, VPos};

use crate::report::attack_results::{at_end, seeds_with};
use crate::report::carry::{Carry, Label, Pair, Rate, Term, contrast};
use crate::report::guests::{GuestKind, guest_kinds, guest_rate};
use crate::report::index::{Condition, Index};
use crate::report::wording::encoding_name;
use assay_report::ReportError;
use assay_report::figures::Figure;
use assay_report::figures::canvas::{
    Canvas, Drawn, Frame, INK, Lettering, SMALL, SOFT, Stroke, WHITE, draw,
};
use assay_report::figures::panel::Panel;
use assay_report::figures::style::{BLUE, WIDTH, moved, shortened, width_of};
use assay_report::words::{plain, plural};
use assay_stats::{Estimate, estimate_mean};

const NAME: &str = "carry_over";
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
    sure: Option<f64>,
}

struct Matrix<'a> {
    encoding: Encoding,
    rows: Vec<&'a str>,
    /// The networks that classify the elites, each with the lines of its heading. The first column
    /// is the attacked network itself, the last ones are external models.
    columns: Vec<Vec<String>>,
    squares: Vec<Square>,
}

pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let matrices: Vec<Matrix> = [Encoding::Direct, Encoding::Cppn]
        .into_iter()
        .filter_map(|one| matrix(index, one))
        .collect();
    let Some(rows) = matrices.iter().map(|matrix| matrix.rows.len()).max() else { return Ok(None) };
    let layout = Layout::of(index, rows, matrices.len());
    let svg = draw(WIDTH, layout.height(), |canvas| draw_matrices(canvas, &matrices, &layout))
        .map_err(|reason| ReportError::figure(NAME, &reason))?;
    let caption = format!(
        "Rows: the architecture that was attacked. Columns: who is shown the elites: the attacked \
         network itself, other networks of each architecture; of the attacked one those have other \
         seeds. Large: the share of elites in which the network sees the elite's own class, with the \
         95 % interval over {} below it; last line: the share in which it does so with a \
         confidence of at least 99 %. Chance is {} %.{}",
        seeds_behind(&matrices),
        plain(100.0 / index.plan().classes.len() as f64, 1),
        of_guests(index),
    );
    let title = "Whether what fools one network fools another".to_owned();
    Ok(Some(Figure { name: NAME, title, caption, svg }))
}

/// The number of seeds behind the numbers, as text. It is a range, because a seed that lacks
/// something still counts for numbers that do not need it.
fn seeds_behind(matrices: &[Matrix]) -> String {
    let squares = matrices.iter().flat_map(|matrix| &matrix.squares);
    let seeds = || squares.clone().map(|square| square.rate.clusters);
    let (fewest, most) = (seeds().min().unwrap_or(0), seeds().max().unwrap_or(0));
    let most_in_words = plural(most, "seed");
    if fewest == most { most_in_words } else { format!("{fewest} to {most_in_words}") }
}

/// Notes on the columns of external models; empty if there are none.
fn of_guests(index: &Index) -> String {
    let all = guest_kinds(index).len();
    if all == 0 {
        return String::new();
    }
    let shown = guests_shown(index);
    let some =
        if all > shown { format!(" The first {shown} of {all} are shown.") } else { String::new() };
    format!(
        " The columns on the right are networks of other runs, shown the elites of the classes they know: \
         so many of all their classes. Chance is 100 % by the latter.{some}"
    )
}

fn matrix<'a>(index: &'a Index<'a>, encoding: Encoding) -> Option<Matrix<'a>> {
    let attack = index.evolution(encoding)?;
    let carry = Carry::new(index, attack);
    let pairs = [carry.pairs(true), carry.pairs(false)].concat();
    let guests: Vec<GuestKind> = guest_kinds(index).into_iter().take(guests_shown(index)).collect();
    let is_row = |name: &&str| {
        pairs.iter().any(|pair| pair.0 == *name)
            || guests.iter().any(|kind| guest_rate(index, *kind, attack, name).is_some())
    };
    let rows: Vec<&str> = index.architectures().into_iter().filter(is_row).collect();
    let to = |name: &&str| pairs.iter().any(|pair| pair.1 == *name);
    let to: Vec<&str> = index.architectures().into_iter().filter(to).collect();
    let mut columns: Vec<Vec<String>> = std::iter::once(ITSELF)
        .chain(to.iter().copied())
        .map(|name| vec![name.to_owned()])
        .collect();
    let mut squares = Vec::new();
    for (row, from) in rows.iter().enumerate() {
        squares.extend(itself(index, encoding, from, row));
        for (column, to) in to.iter().enumerate() {
            squares.extend(shown(index, &carry, (*from, *to), [row, column + 1]));
        }
    }
    for kind in guests {
        let column = columns.len();
        let mut known = 0;
        for (row, from) in rows.iter().enumerate() {
            let Some(measured) = guest_rate(index, kind, attack, from) else { continue };
            known = known.max(measured.classes);
            squares.push(Square { row, column, rate: measured.rate, sure: Some(measured.sure) });
        }
        columns.push(guest_heading(kind, known));
    }
    (squares.iter().any(|square| square.column > 0)).then_some(Matrix {
        encoding,
        rows,
        columns,
        squares,
    })
}

/// The number of kinds of external models that have a column.
fn guests_shown(index: &Index) -> usize {
    COLUMNS.saturating_sub(1 + index.architectures().len()).max(2)
}

/// `student mlp-30-30`, `mnist 5/10`, as lines.
fn guest_heading(kind: GuestKind, known: usize) -> Vec<String> {
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
    let of = format!("{} {known}/{}", kind.data, kind.outputs);
    lines.push(shortened(&of, COLUMN));
    lines.iter().map(|line| shortened(line, COLUMN)).collect()
}

/// The rate of other networks of an architecture on the elites of another.
fn shown(index: &Index, carry: &Carry, pair: Pair, [row, column]: [usize; 2]) -> Option<Square> {
    let estimate = |rate| {
        let terms = [Term { weight: 1.0, carry, pairs: vec![pair] }];
        contrast(index, 0.0, &terms, rate).estimate
    };
    let sure = estimate(Rate { label: Label::Own, at_least: 0.99 });
    let sure = sure.map(|sure| sure.value);
    Some(Square { row, column, rate: estimate(Rate::OWN)?, sure })
}

/// The rate of the attacked network itself.
fn itself(index: &Index, encoding: Encoding, architecture: &str, row: usize) -> Option<Square> {
    let attack = index.evolution(encoding)?;
    let condition = Condition { attack, architecture };
    let seeds = seeds_with(index, attack);
    let results: Vec<_> =
        seeds.into_iter().filter_map(|seed| index.counted(condition, seed).ok()).collect();
    let predicted: Vec<f64> =
        results.iter().map(|result| 100.0 * at_end(result).predicted).collect();
    let sure: Vec<f64> = results.iter().map(|result| 100.0 * at_end(result).at_least_99).collect();
    let sure = estimate_mean(&sure).map(|sure| sure.value);
    let rate = estimate_mean(&predicted)?;
    let classes = index.plan().classes.len().max(1) as f64;
    let rate = rate.of_counts(100.0 / classes, 1.0).of_share(classes * rate.clusters as f64);
    Some(Square { row, column: 0, rate, sure })
}

/// The positions of the matrices: side by side, or one below the other if columns of external
/// models make them wide.
struct Layout {
    rows: usize,
    matrices: usize,
    stacked: bool,
}

impl Layout {
    fn of(index: &Index, rows: usize, matrices: usize) -> Self {
        Self { rows, matrices, stacked: !index.guests().is_empty() }
    }

    /// Height of the headings.
    fn top(&self) -> f64 {
        if self.stacked { 110.0 } else { 74.0 }
    }

    /// Height of a matrix with its headings.
    fn step_down(&self) -> f64 {
        self.top() + 22.0 + self.rows as f64 * ROW
    }

    fn height(&self) -> f64 {
        if self.stacked { self.matrices as f64 * self.step_down() } else { self.step_down() }
    }

    fn frame(&self, at: usize, matrix: &Matrix) -> Frame {
        let step = if self.stacked { WIDTH } else { WIDTH / self.matrices as f64 };
        let widest = if self.stacked { COLUMN + 8.0 } else { 130.0 };
        let width = (step - 116.0).min(matrix.columns.len() as f64 * widest);
        let bottom = self.top() + matrix.rows.len() as f64 * ROW;
        let frame = Frame { left: 104.0, top: self.top(), right: 104.0 + width, bottom };
        let at = at as f64;
        if self.stacked {
            moved(frame, 0.0, at * self.step_down())
        } else {
            moved(frame, at * step, 0.0)
        }
    }
}

fn draw_matrices(canvas: &Canvas, matrices: &[Matrix], layout: &Layout) -> Drawn {
    for (at, matrix) in matrices.iter().enumerate() {
        draw_matrix(canvas, matrix, layout.frame(at, matrix), layout)?;
    }
    Ok(())
}

fn draw_matrix(canvas: &Canvas, matrix: &Matrix, frame: Frame, layout: &Layout) -> Drawn {
    let title = format!("{} images", encoding_name(matrix.encoding));
    let style = Lettering::new(HPos::Left, VPos::Center);
    let top = frame.top - layout.top();
    canvas.text(frame.left, top + 16.0, &title, style.bold())?;
    canvas.text(frame.left, top + 40.0, "shown to", style.size(SMALL).color(SOFT))?;
    let (rows, columns) = (matrix.rows.len() as f64, matrix.columns.len() as f64);
    let panel = canvas.panel(frame, 0.0..columns, 0.0..rows);
    let style = Lettering::new(HPos::Center, VPos::Bottom).size(SMALL);
    for (at, lines) in matrix.columns.iter().enumerate() {
        for (line, text) in lines.iter().rev().enumerate() {
            let up = -6.0 - 13.0 * line as f64;
            panel.text((at as f64 + 0.5, rows), (0.0, up), text, style)?;
        }
    }
    let style = Lettering::new(HPos::Right, VPos::Center).size(SMALL);
    for (at, name) in matrix.rows.iter().enumerate() {
        let middle = rows - at as f64 - 0.5;
        panel.text((0.0, middle), (-8.0, -7.0), "found on", style.color(SOFT))?;
        panel.text((0.0, middle), (-8.0, 7.0), name, style)?;
    }
    matrix.squares.iter().try_for_each(|square| draw_square(&panel, square, rows))
}

fn draw_square(panel: &Panel, square: &Square, rows: f64) -> Drawn {
    let (left, top) = (square.column as f64, rows - square.row as f64);
    let (right, bottom) = (left + 1.0, top - 1.0);
    let color = BLUE.mix((square.rate.value / 100.0).clamp(0.0, 1.0) * 0.85);
    panel.band(&[(left, top), (right, top)], &[(left, bottom), (right, bottom)], color)?;
    let border = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
    panel.line(&border, Stroke::solid(WHITE, 2.0))?;
    let dark = square.rate.value > 55.0;
    let (ink, soft) = if dark { (WHITE, WHITE) } else { (INK, SOFT) };
    let centre = (left + 0.5, top - 0.5);
    let style = Lettering::new(HPos::Center, VPos::Center);
    let rate = format!("{} %", plain(square.rate.value, 0));
    panel.text(centre, (0.0, -16.0), &rate, style.bold().color(ink))?;
    let small = style.size(SMALL - 1.0).color(soft);
    if let Some(interval) = square.rate.interval {
        let (low, high) = (interval.low.max(0.0), interval.high.min(100.0));
        let interval = format!("[{}, {}]", plain(low, 0), plain(high, 0));
        panel.text(centre, (0.0, 1.0), &interval, small)?;
    }
    let Some(sure) = square.sure else { return Ok(()) };
    panel.text(centre, (0.0, 16.0), &format!("≥ 99 %: {} %", plain(sure, 0)), small)
}
