//! The figure of `assay-dev bench scaling`.

use assay_report::chart::{Axes, Axis, Chart};
use assay_report::figures::canvas::{Marker, Stroke};
use assay_report::figures::style::{BLUE, Entry, Line, RED};
use assay_report::{Figure, ReportError};

use super::{Factor, Point, Program, ScalingResult};

type Quantity = fn(&Point) -> f64;

/// Images per second above, peak memory below; by batch size, image size and width.
pub fn figure(result: &ScalingResult, programs: &[Program]) -> Result<Option<Figure>, ReportError> {
    let caption = format!(
        "Training of alexnet_small on one core, by batch size (a, d), side of the images in pixels (b, e) and width \
         factor (c, f). Where they are not varied, the batch size is 64, the side 32 and the width factor 1. Above: \
         images per second, the median of the repeats. Below: peak memory of the process; that of PyTorch includes Python and libtorch. PyTorch is in eager mode. All \
         axes are logarithmic. \
         {}, {}.",
        result.machine, result.date
    );
    let color = |program: Program| if program == Program::Assay { BLUE } else { RED };
    let entries = programs
        .iter()
        .map(|program| Entry::line(&program.to_string(), color(*program), Line::Solid));
    let quantities: [(&str, Quantity); 2] =
        [("Images per second", Point::median), ("Peak MiB", |point| point.peak_mebibytes)];
    let mut chart = Chart::new("scaling", "Speed and memory by batch, image and width", caption)
        .legend(entries)
        .columns(Factor::ALL.len())
        .lettered();
    for (title, quantity) in quantities {
        let all = result.points.iter().map(quantity);
        let (low, high) =
            all.fold((f64::INFINITY, 0.0_f64), |(low, high), y| (low.min(y), high.max(y)));
        for factor in Factor::ALL {
            let y = Axis::log10(title, low / 1.3..high * 1.3);
            let mut axes = Axes::new("", x_axis(factor), y).height(200.0);
            for program in programs {
                let points = result.points_of(factor, *program).into_iter();
                let place =
                    |point: &Point| (factor.of(point.size).log10(), quantity(point).log10());
                let points: Vec<(f64, f64)> = points.map(place).collect();
                axes.line(points.clone(), Stroke::solid(color(*program), 1.8));
                axes.marks(points, Marker::Disc, 6.5, color(*program));
            }
            chart = chart.axes(axes);
        }
    }
    chart.figure()
}

/// A logarithmic axis with the values of the factor as ticks.
fn x_axis(factor: Factor) -> Axis {
    let title = match factor {
        Factor::Batch => "Batch size",
        Factor::Side => "Side of the images",
        Factor::Width => "Width factor",
    };
    let values: Vec<f64> = factor.sizes().into_iter().map(|size| factor.of(size)).collect();
    let range = values[0] / 1.2..values[values.len() - 1] * 1.2;
    let ticks = values.into_iter().map(|value| (value.log10(), vec![value.to_string()])).collect();
    Axis::log10(title, range).ticks(ticks)
}
