//! The A -> B matrix: whether what fools one network fools another.

use assay_runs::Encoding;
use plotters::style::Color;
use plotters::style::text_anchor::{HPos, VPos};

use crate::ReportError;
use crate::figures::Figure;
use crate::figures::canvas::{
    Canvas, Drawn, Frame, INK, Lettering, SMALL, SOFT, Stroke, WHITE, draw,
};
use crate::figures::panel::Panel;
use crate::figures::style::{BLUE, WIDTH, moved};
use crate::fool::carry::{Carry, Label, Rate, Term, contrast};
use crate::fool::claims::{at_end, seeds_with};
use crate::fool::index::{Condition, Index};
use crate::fool::wording::encoding_name;
use crate::statistics::{Estimate, estimate_mean};
use crate::words::plain;

const NAME: &str = "carry_over";
const ROW: f64 = 62.0;
/// The name of the column of the attacked network.
const ITSELF: &str = "itself";

/// What one entry of the matrix says.
struct Square {
    row: usize,
    column: usize,
    rate: Estimate,
    /// The same with a confidence of at least 99 %, in percent.
    sure: Option<f64>,
}

struct Matrix<'a> {
    encoding: Encoding,
    rows: Vec<&'a str>,
    /// Shown to; the first column is the attacked network itself.
    columns: Vec<&'a str>,
    squares: Vec<Square>,
}

pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let matrices: Vec<Matrix> = [Encoding::Direct, Encoding::Cppn]
        .into_iter()
        .filter_map(|one| matrix(index, one))
        .collect();
    let Some(rows) = matrices.iter().map(|matrix| matrix.rows.len()).max() else { return Ok(None) };
    let height = 96.0 + rows as f64 * ROW;
    let svg = draw(WIDTH, height, |canvas| draw_matrices(canvas, &matrices))
        .map_err(|reason| ReportError::figure(NAME, &reason))?;
    let caption = format!(
        "Rows: the architecture that was attacked. Columns: who is shown the elites: the attacked \
         network itself, other networks of each architecture; of the attacked one those have other \
         seeds. Large: the share of elites in which the network sees the elite's own class, with the \
         95 % interval over {} seeds below it; last line: the share in which it does so with a \
         confidence of at least 99 %. Chance is {} %.",
        index.seeds().len(),
        plain(100.0 / index.plan().classes.len() as f64, 1),
    );
    let title = "Whether what fools one network fools another".to_owned();
    Ok(Some(Figure { name: NAME, title, caption, svg }))
}

fn matrix<'a>(index: &'a Index<'a>, encoding: Encoding) -> Option<Matrix<'a>> {
    let carry = Carry::new(index, index.evolution(encoding)?);
    let pairs = [carry.pairs(true), carry.pairs(false)].concat();
    let in_pairs = |name: &&str| pairs.iter().any(|pair| pair.0 == *name);
    let rows: Vec<&str> = index.architectures().into_iter().filter(in_pairs).collect();
    let to = |name: &&str| pairs.iter().any(|pair| pair.1 == *name);
    let columns: Vec<&str> =
        std::iter::once(ITSELF).chain(index.architectures().into_iter().filter(to)).collect();
    let mut squares = Vec::new();
    for (row, from) in rows.iter().enumerate() {
        squares.extend(itself(index, encoding, from, row));
        for (column, to) in columns.iter().enumerate().skip(1) {
            let estimate = |rate| {
                let pairs = vec![(*from, *to)];
                contrast(index, 0.0, &[Term { weight: 1.0, carry: &carry, pairs }], rate).estimate
            };
            let sure = estimate(Rate { label: Label::Own, at_least: 0.99 });
            let Some(rate) = estimate(Rate::OWN) else { continue };
            squares.push(Square { row, column, rate, sure: sure.map(|sure| sure.value) });
        }
    }
    (squares.iter().any(|square| square.column > 0)).then_some(Matrix {
        encoding,
        rows,
        columns,
        squares,
    })
}

/// What the attacked network itself says.
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
    Some(Square { row, column: 0, rate: estimate_mean(&predicted)?, sure })
}

fn draw_matrices(canvas: &Canvas, matrices: &[Matrix]) -> Drawn {
    let step = WIDTH / matrices.len() as f64;
    for (at, matrix) in matrices.iter().enumerate() {
        let bottom = 74.0 + matrix.rows.len() as f64 * ROW;
        let columns = matrix.columns.len() as f64;
        let width = (step - 116.0).min(columns * 130.0);
        let frame = Frame { left: 104.0, top: 74.0, right: 104.0 + width, bottom };
        draw_matrix(canvas, matrix, moved(frame, at as f64 * step, 0.0))?;
    }
    Ok(())
}

fn draw_matrix(canvas: &Canvas, matrix: &Matrix, frame: Frame) -> Drawn {
    let title = format!("{} images", encoding_name(matrix.encoding));
    let style = Lettering::new(HPos::Left, VPos::Center);
    canvas.text(frame.left, 16.0, &title, style.bold())?;
    canvas.text(frame.left, 40.0, "shown to", style.size(SMALL).color(SOFT))?;
    let (rows, columns) = (matrix.rows.len() as f64, matrix.columns.len() as f64);
    let panel = canvas.panel(frame, 0.0..columns, 0.0..rows);
    let style = Lettering::new(HPos::Center, VPos::Bottom).size(SMALL);
    for (at, name) in matrix.columns.iter().enumerate() {
        panel.text((at as f64 + 0.5, rows), (0.0, -6.0), name, style)?;
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
