//! Soft targets: images with the teacher's probabilities at T = 1 and at the temperature of
//! training.

use plotters::style::RGBColor;
use plotters::style::text_anchor::{HPos, VPos};
use resvg::tiny_skia::Pixmap;

use crate::report::files::{SampleImages, read_sample_images};
use crate::report::group::Teachers;
use crate::report::index::Index;
use crate::report::predictions::Ensemble;
use crate::report::select;
use assay_report::ReportError;
use assay_report::figures::Figure;
use assay_report::figures::canvas::{
    Canvas, Drawn, GRID, Lettering, SMALL, SOFT, Stroke, draw, overlay,
};
use assay_report::figures::raster::{enlarged, image_element};
use assay_report::figures::style::{GREY, RED, WIDTH};
use assay_report::words::plain;

const NAME: &str = "soft_targets";
/// Maximum number of images; more would not fit.
const SHOWN: usize = 12;
const COLUMNS: usize = 2;
/// The number of classes named for each image.
const CLASSES: usize = 5;
/// The width of an image and the distance of rows, in CSS pixels.
const IMAGE: f64 = 70.0;
const ROW: f64 = 100.0;
const TOP: f64 = 44.0;

/// An image with the teacher's probabilities.
struct Tile {
    pixels: Pixmap,
    label: usize,
    /// At T = 1 and at the temperature of training: the most likely classes and their
    /// probabilities.
    likeliest: [Vec<(usize, f64)>; 2],
    /// In nats, at the temperature of training.
    entropy: f64,
}

pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let Some(main) = select::main(index) else { return Ok(None) };
    let temperature = main.condition.temperature.unwrap_or(1.0);
    let taught = main.trainings.iter().find_map(|training| {
        let teachers = training.teachers.as_ref()?;
        Some((teachers, index.ensemble(teachers)?))
    });
    let Some((teachers, ensemble)) = taught else { return Ok(None) };
    let first = teachers.members.first().and_then(|cell| index.planned(cell));
    let samples = first.map(read_sample_images).transpose()?.flatten();
    let Some(samples) = samples else { return Ok(None) };
    let mut tiles = tiles(&samples, &ensemble, temperature);
    let drawn_by_chance = tiles.len();
    tiles.sort_by(|a, b| b.entropy.total_cmp(&a.entropy));
    tiles.truncate(SHOWN);
    if tiles.is_empty() {
        return Ok(None);
    }
    let rows = tiles.len().div_ceil(COLUMNS) as f64;
    let classes = &index.plan.classes;
    let drawn = draw(WIDTH, TOP + ROW * rows, |canvas| {
        tiles.iter().enumerate().try_for_each(|(at, tile)| {
            texts(canvas, tile, place(at), classes, (at < COLUMNS, temperature))
        })
    })
    .map_err(|reason| ReportError::figure(NAME, &reason))?;
    let svg = overlay(&drawn, &images(&tiles)?);
    let caption = caption([tiles.len(), drawn_by_chance], teachers, temperature);
    Ok(Some(Figure { name: NAME, title: "Soft targets".to_owned(), caption, svg }))
}

fn caption([shown, all]: [usize; 2], teachers: &Teachers, temperature: f64) -> String {
    let (who, finds) = match teachers.members.len() {
        1 => ("teacher", "finds"),
        _ => ("teachers", "find"),
    };
    format!(
        "The {shown} most uncertain of {all} test images drawn at random: the image with its own class, and \
         the five classes that the {who} of seed {} {finds} most likely, with their probabilities in percent \
         at T = 1 and at T = {temperature}. A bar is colored where the class is the image's own. The \
         distilled student learns from all the probabilities, not from the first alone.",
        teachers.seed,
    )
}

fn tiles(samples: &SampleImages, ensemble: &Ensemble, temperature: f64) -> Vec<Tile> {
    let [channels, height, width] = samples.shape;
    let each = samples.pixels.chunks_exact((channels * height * width).max(1));
    let tile = |(pixels, &image): (&[u8], &usize)| {
        let label = *ensemble.first().labels.get(image)?;
        let probabilities = |temperature: f64| -> Vec<f64> {
            ensemble.log_probabilities(image, temperature).iter().map(|log| log.exp()).collect()
        };
        let soft = probabilities(temperature);
        let entropy = soft.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum();
        let likeliest = [likeliest_classes(&probabilities(1.0)), likeliest_classes(&soft)];
        Some(Tile { pixels: enlarged(samples.shape, pixels, 160)?, label, likeliest, entropy })
    };
    each.zip(&samples.images).filter_map(tile).collect()
}

fn likeliest_classes(probabilities: &[f64]) -> Vec<(usize, f64)> {
    let mut order: Vec<(usize, f64)> = probabilities.iter().copied().enumerate().collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    order.truncate(CLASSES);
    order
}

fn place(at: usize) -> (f64, f64) {
    let (row, column) = (at / COLUMNS, at % COLUMNS);
    (14.0 + 346.0 * column as f64, TOP + ROW * row as f64)
}

fn images(tiles: &[Tile]) -> Result<String, ReportError> {
    let image = |(at, tile): (usize, &Tile)| {
        let aspect = f64::from(tile.pixels.width()) / f64::from(tile.pixels.height());
        let size = (IMAGE * aspect.min(1.0), IMAGE / aspect.max(1.0));
        let element = image_element(&tile.pixels, place(at), size);
        element.map_err(|reason| ReportError::figure(NAME, &reason))
    };
    tiles.iter().enumerate().map(image).collect()
}

/// A name, shortened to this number of letters.
fn short(name: &str, letters: usize) -> String {
    if name.chars().count() <= letters {
        return name.to_owned();
    }
    name.chars().take(letters - 1).chain(['…']).collect()
}

fn texts(
    canvas: &Canvas,
    tile: &Tile,
    (x, y): (f64, f64),
    classes: &[String],
    (heading, temperature): (bool, f64),
) -> Drawn {
    let style = Lettering::new(HPos::Center, VPos::Top).size(SMALL);
    canvas.text(x + IMAGE / 2.0, y + IMAGE + 4.0, &short(&classes[tile.label], 14), style)?;
    for (classes_shown, (right, at)) in
        tile.likeliest.iter().zip([(84.0, 1.0), (210.0, temperature)])
    {
        if heading {
            let style = Lettering::new(HPos::Left, VPos::Bottom).size(SMALL).bold();
            canvas.text(x + right + 46.0, y - 10.0, &format!("T = {at}"), style)?;
        }
        for (row, (class, probability)) in classes_shown.iter().enumerate() {
            let down = y + 7.0 + 14.5 * row as f64;
            let tone = if *class == tile.label { RED } else { GREY };
            let name = short(&classes[*class], 8);
            bar(canvas, (x + right, down), &name, *probability, tone)?;
        }
    }
    Ok(())
}

fn bar(canvas: &Canvas, (x, y): (f64, f64), name: &str, share: f64, tone: RGBColor) -> Drawn {
    const LENGTH: f64 = 42.0;
    let style = Lettering::new(HPos::Right, VPos::Center).size(SMALL - 1.0);
    canvas.text(x + 42.0, y, name, style)?;
    let start = x + 46.0;
    canvas.line((start, y), (start + LENGTH, y), Stroke::solid(GRID, 8.0))?;
    canvas.line((start, y), (start + LENGTH * share, y), Stroke::solid(tone, 8.0))?;
    let style = Lettering::new(HPos::Left, VPos::Center).size(SMALL - 1.0).color(SOFT);
    let decimals = if share < 0.001 { 3 } else { 1 };
    canvas.text(start + LENGTH + 4.0, y, &plain(100.0 * share, decimals), style)
}
