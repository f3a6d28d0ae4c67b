//! Charts as specifications: axes with layers, which a layout puts on the page.
//!
//! ```
//! use assay_report::chart::{Axes, Axis, Chart, Series};
//! use assay_report::figures::style::BLUE;
//! use assay_stats::estimate_mean;
//!
//! let mean = estimate_mean(&[2.0, 3.0, 4.0]).unwrap();
//! let mut axes = Axes::new("", Axis::new("Epoch").range(0.0..5.0), Axis::new("Errors (%)"));
//! axes.series(Series::new("student", BLUE).points([(1.0, mean)]).labelled());
//! let chart = Chart::new("errors", "Errors", "By epoch.").axes(axes);
//! assert!(chart.figure().unwrap().is_some());
//! ```

mod axes;
mod axis;
mod drop;
mod layout;
mod place;
mod scaled;
mod series;

pub use axes::Axes;
pub use axis::{Axis, Ticks};
pub use scaled::Shares;
pub use series::{Point, Series};

use crate::figures::canvas::{Canvas, Drawn, Lettering, SMALL, draw};
use crate::figures::style::{Entry, WIDTH, legend, legend_rows, width_of_title};
use crate::{Figure, ReportError};
use derive_setters::Setters;
use plotters::style::text_anchor::{HPos, VPos};
use scaled::Scaled;

/// A figure of axes in rows, below one legend.
#[derive(Default, Setters)]
#[setters(generate = false)]
pub struct Chart {
    name: &'static str,
    title: String,
    caption: String,
    /// Words before the legend's first entry.
    #[setters(generate)]
    legend_title: &'static str,
    legend: Vec<Entry>,
    columns: usize,
    /// Heads axes by the letters a, b, ... where there are several.
    #[setters(generate, bool, rename = "lettered")]
    is_lettered: bool,
    /// Lets axes share a range of y.
    #[setters(generate, rename = "sharing")]
    shares: Shares,
    axes: Vec<Axes>,
}

impl Chart {
    /// A chart without axes: the name of its files, what it shows, and how to read it.
    #[must_use]
    pub fn new(name: &'static str, title: &str, caption: impl Into<String>) -> Self {
        let (title, caption) = (title.to_owned(), caption.into());
        Self { name, title, caption, columns: 1, ..Self::default() }
    }

    /// Adds axes, to the right of those before or below them. Axes with nothing in them leave their place empty.
    #[must_use]
    pub fn axes(mut self, axes: Axes) -> Self {
        self.axes.push(axes);
        self
    }

    /// Puts so many axes side by side; 1 without this.
    #[must_use]
    pub fn columns(self, columns: usize) -> Self {
        Self { columns: columns.max(1), ..self }
    }

    /// The legend above all axes.
    #[must_use]
    pub fn legend(self, entries: impl IntoIterator<Item = Entry>) -> Self {
        Self { legend: entries.into_iter().collect(), ..self }
    }

    /// Draws it; none without axes, or where no axes have anything in them.
    ///
    /// # Errors
    /// When the drawing library fails.
    pub fn figure(self) -> Result<Option<Figure>, ReportError> {
        if self.axes.iter().all(Axes::is_empty) {
            return Ok(None);
        }
        let scaled = scaled::scale(&self.axes, self.columns, self.shares);
        let rows = legend_rows(self.legend_title, &self.legend, WIDTH - layout::LEFT);
        let layout = layout::Layout::new(&scaled, self.columns, rows.len());
        let svg = draw(WIDTH, layout.height, |canvas| self.draw(canvas, &scaled, &layout, &rows));
        let svg = svg.map_err(|reason| ReportError::figure(self.name, &reason))?;
        Ok(Some(Figure { name: self.name, title: self.title, caption: self.caption, svg }))
    }

    fn draw(
        &self,
        canvas: &Canvas,
        scaled: &[Scaled],
        layout: &layout::Layout,
        rows: &[Vec<Entry>],
    ) -> Drawn {
        let style = Lettering::new(HPos::Left, VPos::Center).size(SMALL);
        canvas.text(layout::LEFT, 16.0, self.legend_title, style)?;
        let after_title = width_of_title(self.legend_title);
        for (row, entries) in rows.iter().enumerate() {
            let right = if row == 0 { after_title } else { 0.0 };
            let y = 16.0 + layout::LEGEND_ROW * row as f64;
            legend(canvas, layout::LEFT + right, y, entries)?;
        }
        let is_lettered = self.is_lettered && scaled.len() > 1;
        for ((letter, one), place) in ('a'..).zip(scaled).zip(&layout.places) {
            if !one.axes.is_empty() {
                let letter = if is_lettered { letter.to_string() } else { String::new() };
                one.draw(canvas, place, &letter)?;
            }
        }
        Ok(())
    }
}
