//! The filters of each base's first layer.

use crate::Treatment;
use assay_report::figures::raster::enlarged;
use assay_report::image_grid::{Block, ImageGrid, Tile};
use assay_report::tensors::floats;
use assay_report::words::plural;
use assay_report::{Figure, ReportError};
use assay_runs::{Half, file};
use resvg::tiny_skia::{Color, Pixmap, PixmapPaint, Transform};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use crate::report::index::{Index, Training};

/// Maximum number of bases shown; more would not fit.
const SHOWN: usize = 8;
const COLUMNS: usize = 4;
/// Approximate width of a base's filters, in CSS pixels and in pixels of the file.
const WIDTH: f64 = 152.0;
const PIXELS: usize = 700;

/// The weights of a convolution, with `[filters, channels, height, width]`.
type Weights = ([usize; 4], Vec<f32>);

pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let Some(layer) = index.plan.layers.first() else { return Ok(None) };
    let tensor = format!("{layer}.weight");
    let is_base = |training: &&Training| {
        let cell = training.cell;
        matches!(cell.treatment, Treatment::Base { .. }) && cell.images_per_class.is_none()
    };
    let bases = index.all.iter().filter(is_base);
    let found = bases.filter_map(|base| filters(base, &tensor).transpose());
    let mut tiles = found.collect::<Result<Vec<Tile>, _>>()?;
    let more = match tiles.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" {} more not shown.", plural(more, "base")),
    };
    tiles.truncate(SHOWN);
    if tiles.is_empty() {
        return Ok(None);
    }
    let caption = format!(
        "Filters of layer {layer} of {}, each scaled to its own smallest and largest weight. If \
         layer 1 is general, filters look alike in both halves.{more}",
        plural(tiles.len(), "base"),
    );
    let tiles = tiles.into_iter().map(Some).collect();
    let title = "First-layer filters of each base";
    ImageGrid::new("first_layer_filters", title, COLUMNS, WIDTH)
        .caption(caption)
        .blocks(vec![Block { heading: String::new(), tiles }])
        .figure()
}

/// The filters of a base. None if its weights were not kept, or its first layer is no convolution
/// over 1 or 3 channels.
fn filters(base: &Training, tensor: &str) -> Result<Option<Tile>, ReportError> {
    let bytes = base.cell_result.file(file::WEIGHTS)?;
    let weights = bytes.and_then(|bytes| parse(&bytes, tensor));
    let half = match base.cell.treatment.target() {
        Some(Half::A) => "A",
        Some(Half::B) => "B",
        None => return Ok(None),
    };
    let above = format!("{half}, {}, seed {}", base.cell.split, base.cell.seed);
    let pixels = weights.and_then(|weights| side_by_side(&weights, PIXELS));
    Ok(pixels.map(|pixels| Tile { pixels, above, below: Vec::new() }))
}

/// The weights with this name. Some networks are stored under other names than those of their
/// layers, such as `alexnet_torchvision`. For them, these are the first weights, by name, of a
/// convolution over 1 or 3 channels.
fn parse(bytes: &[u8], tensor: &str) -> Option<Weights> {
    let tensors = SafeTensors::deserialize(bytes).ok()?;
    if let Ok(view) = tensors.tensor(tensor) {
        return weights(&view);
    }
    let mut others = tensors.tensors();
    others.sort_by(|left, right| left.0.cmp(&right.0));
    others.iter().find_map(|(_, view)| weights(view))
}

fn weights(view: &TensorView) -> Option<Weights> {
    let shape: [usize; 4] = view.shape().try_into().ok()?;
    if view.dtype() != Dtype::F32 || !matches!(shape[1], 1 | 3) {
        return None;
    }
    Some((shape, floats(view.data())))
}

/// Filters in about as many rows as columns, about `wanted` pixels wide. Each weight is a square of
/// pixels, so that no viewer blurs it. None if there is nothing to show.
fn side_by_side((shape, values): &Weights, wanted: usize) -> Option<Pixmap> {
    let [count, channels, height, width] = *shape;
    if count == 0 || height < 2 || width < 2 {
        return None;
    }
    let columns = (1..=count).find(|columns| columns * columns >= count)?;
    let rows = count.div_ceil(columns);
    let square = wanted.div_ceil(columns * width);
    let gap = (square * width).div_ceil(10);
    let extent =
        |cells: usize, size: usize| u32::try_from(cells * (size * square + gap) - gap).ok();
    let mut pixels = Pixmap::new(extent(columns, width)?, extent(rows, height)?)?;
    pixels.fill(Color::WHITE);
    let place = |cells: usize, size: usize| i32::try_from(cells * (size * square + gap)).ok();
    for (index, filter) in values.chunks_exact(channels * height * width).enumerate() {
        let image = enlarged([channels, height, width], &grays(filter), width * square)?;
        let (left, top) = (place(index % columns, width)?, place(index / columns, height)?);
        let (paint, transform) = (PixmapPaint::default(), Transform::identity());
        pixels.draw_pixmap(left, top, image.as_ref(), &paint, transform, None);
    }
    Some(pixels)
}

/// The weights of a filter as bytes. Over all channels, its smallest weight is black and its largest
/// white.
fn grays(filter: &[f32]) -> Vec<u8> {
    let low = filter.iter().copied().fold(f32::INFINITY, f32::min);
    let high = filter.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let span = if high > low { high - low } else { 1.0 };
    let byte = |value: &f32| (((value - low) / span).clamp(0.0, 1.0) * 255.0).round() as u8;
    filter.iter().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_layer_is_found_under_the_names_of_another_network() {
        let bytes = |values: &[f32]| -> Vec<u8> {
            values.iter().flat_map(|value| value.to_le_bytes()).collect()
        };
        let (first, later, last) = (bytes(&[0.5; 12]), bytes(&[2.0; 8]), bytes(&[3.0; 4]));
        let view = |shape: &[usize], bytes| TensorView::new(Dtype::F32, shape.to_vec(), bytes);
        let file = [
            ("classifier.1.weight", view(&[2, 2], &last).unwrap()),
            ("features.10.weight", view(&[1, 2, 2, 2], &later).unwrap()),
            ("features.0.weight", view(&[1, 3, 2, 2], &first).unwrap()),
        ];
        let file = safetensors::serialize(file, None).unwrap();
        let found = parse(&file, "conv1.weight").unwrap();
        assert_eq!(found, ([1, 3, 2, 2], vec![0.5; 12]));
        // The layer exists under its own name, but is no convolution over colors: nothing to show.
        assert!(parse(&file, "classifier.1.weight").is_none());
    }

    #[test]
    fn filters_stand_in_a_grid_with_white_between_them() {
        // Three gray filters of 2 by 2 weights, each weight a square of 2 pixels: two columns and
        // two rows of 4 pixels, 1 pixel apart.
        let values = vec![0.0, 1.0, 1.0, 0.0, 2.0, 0.0, 0.0, 2.0, 5.0, 5.0, 5.0, 4.0];
        let grid = side_by_side(&([3, 1, 2, 2], values), 8).unwrap();
        let red = |x, y| grid.pixel(x, y).unwrap().red();
        assert_eq!((grid.width(), grid.height()), (9, 9));
        assert_eq!([red(0, 0), red(1, 1), red(2, 0), red(0, 2), red(3, 3)], [0, 0, 255, 255, 0]);
        assert_eq!([red(5, 0), red(7, 0)], [255, 0]);
        assert_eq!([red(0, 5), red(3, 8)], [255, 0]);
        assert_eq!([red(4, 0), red(8, 8)], [255, 255]);
    }
}
