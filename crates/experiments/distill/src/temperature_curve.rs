//! What a temperature does to a softmax: the probabilities of some logits at T = 1 to 9, after the
//! illustrations of distillation. Reads no run.

use std::fmt::{self, Display, Formatter};

use rand::RngExt;
use serde_json::{Value, json};

use assay_report::chart::{Axes, Axis, Chart};
use assay_report::figures::canvas::{Marker, Stroke};
use assay_report::figures::style::colormap;
use assay_report::words::plain;
use assay_report::{Figure, ReportError};

const NAME: &str = "temperature-curve";
/// The temperatures whose probabilities are told, 1 to 9.
const TEMPERATURES: [f64; 9] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];
/// Steps a line is drawn in from one temperature to the next.
const STEPS: u32 = 10;
const FEWEST: usize = 2;
/// As many as there is room for next to the lines.
const MOST: usize = 20;
const DRAWN: usize = 5;
const DRAWN_UP_TO: f64 = 20.0;

/// Why logits cannot be drawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("logits: {0}; give 2 to 20 finite numbers")]
pub struct LogitsError(String);

/// softmax(logits / T) by class (Hinton et al. 2015, equation 1): in 0 to 1, adding up to 1.
///
/// `logits` are finite, of any size, and `temperature` is above 0.
#[must_use]
pub fn softmax(logits: &[f64], temperature: f64) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // Relative to the largest, so that no exponential overflows and huge logits lose no digits to a logarithm.
    let odds: Vec<f64> =
        logits.iter().map(|logit| ((logit - largest) / temperature).exp()).collect();
    let whole: f64 = odds.iter().sum();
    odds.into_iter().map(|odds| odds / whole).collect()
}

/// Logits, one for each class, and their probabilities at T = 1 to 9.
///
/// Its [`Display`] is a table with one line per class.
#[derive(Debug, Clone, PartialEq)]
pub struct TemperatureCurve {
    logits: Vec<f64>,
    /// The seed that the logits were drawn with; none if they were given.
    seed: Option<u64>,
}

impl TemperatureCurve {
    /// A curve of given logits, one for each class.
    ///
    /// # Errors
    /// When there are fewer than 2 or more than 20, or one is not finite.
    pub fn of(logits: Vec<f64>) -> Result<Self, LogitsError> {
        if !(FEWEST..=MOST).contains(&logits.len()) {
            return Err(LogitsError(format!("{} given", logits.len())));
        }
        if let Some(logit) = logits.iter().find(|logit| !logit.is_finite()) {
            return Err(LogitsError(format!("{logit} is among them")));
        }
        Ok(Self { logits, seed: None })
    }

    /// A curve of five random logits, independent and uniform in [0, 20).
    #[must_use]
    pub fn drawn(seed: u64) -> Self {
        let mut stream = assay_runs::random_stream(&format!("temperature curve {seed}"), "logits");
        let logits = (0..DRAWN).map(|_| stream.random_range(0.0..DRAWN_UP_TO)).collect();
        Self { logits, seed: Some(seed) }
    }

    /// `logits` by class, `temperatures`, `probabilities` by temperature and class, and the `seed` if
    /// there is one.
    #[must_use]
    pub fn json(&self) -> Value {
        let at = |temperature: &f64| softmax(&self.logits, *temperature);
        let mut value = json!({
            "logits": self.logits,
            "temperatures": TEMPERATURES,
            "probabilities": TEMPERATURES.iter().map(at).collect::<Vec<_>>(),
        });
        if let Some(seed) = self.seed {
            value["seed"] = json!(seed);
        }
        value
    }

    /// One line per class over the temperatures, named by its logit.
    ///
    /// # Errors
    /// When it cannot be drawn.
    pub fn figure(&self) -> Result<Figure, ReportError> {
        let caption = "Probabilities softmax(logits / T), a line a class, from dark to light by falling \
                       logit; dots: the temperatures in the table.";
        let ticks = TEMPERATURES.map(|at| (at, vec![at.to_string()])).to_vec();
        let x = Axis::new("Temperature T").range(0.8..9.1).ticks(ticks);
        let y = Axis::new("Probability").range(0.0..1.0);
        let mut axes = Axes::new(&self.title(), x, y).height(306.0);
        // The largest logit first; of equal ones the first class.
        let mut order: Vec<usize> = (0..self.logits.len()).collect();
        order.sort_by(|&a, &b| self.logits[b].total_cmp(&self.logits[a]));
        for (rank, &class) in order.iter().enumerate() {
            let color = colormap(rank as f64 / (order.len() - 1) as f64);
            let at = |temperature: f64| (temperature, self.probability(class, temperature));
            let fine = (STEPS..=9 * STEPS).map(|step| at(f64::from(step) / f64::from(STEPS)));
            axes.line(fine.collect(), Stroke::solid(color, 1.8));
            axes.marks(TEMPERATURES.map(at).to_vec(), Marker::Disc, 6.0, color);
            let name = format!("class {}, logit {}", class + 1, shown(self.logits[class]));
            axes.label(&name, self.probability(class, 9.0), color);
        }
        let figure = Chart::new(NAME, &self.title(), caption).axes(axes).figure()?;
        figure.ok_or_else(|| ReportError::figure(NAME, &"it is empty"))
    }

    fn title(&self) -> String {
        let drawn = |seed| format!(", drawn uniformly in 0 to {DRAWN_UP_TO} with seed {seed}");
        let drawn = self.seed.map(drawn).unwrap_or_default();
        format!("Softmax of {} logits by temperature{drawn}", self.logits.len())
    }

    fn probability(&self, class: usize, temperature: f64) -> f64 {
        softmax(&self.logits, temperature)[class]
    }
}

impl Display for TemperatureCurve {
    fn fmt(&self, out: &mut Formatter) -> fmt::Result {
        writeln!(out, "{}\n", self.title())?;
        write!(out, "class {:>9}", "logit")?;
        for temperature in TEMPERATURES {
            write!(out, "  {:>6}", format!("T = {temperature}"))?;
        }
        for (class, &logit) in self.logits.iter().enumerate() {
            write!(out, "\n{:>5} {:>9}", class + 1, shown(logit))?;
            for temperature in TEMPERATURES {
                write!(out, "  {:.4}", self.probability(class, temperature))?;
            }
        }
        Ok(())
    }
}

/// With two decimals, or as a power of ten where it would not fit next to a line.
fn shown(logit: f64) -> String {
    if logit.abs() < 1e5 { plain(logit, 2) } else { format!("{logit:.1e}").replace('-', "−") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_close(left: &[f64], right: &[f64]) {
        let close = left.iter().zip(right).all(|(a, b)| (a - b).abs() < 1e-12);
        assert!(close && left.len() == right.len(), "{left:?} is not {right:?}");
    }

    #[test]
    fn a_temperature_takes_a_root_of_the_odds() {
        // Odds of 16 to 1: at T = 2 they are 4 to 1, at T = 4 they are 2 to 1.
        let logits = [16.0_f64.ln(), 0.0];
        assert_close(&softmax(&logits, 1.0), &[16.0 / 17.0, 1.0 / 17.0]);
        assert_close(&softmax(&logits, 2.0), &[4.0 / 5.0, 1.0 / 5.0]);
        assert_close(&softmax(&logits, 4.0), &[2.0 / 3.0, 1.0 / 3.0]);
    }

    #[test]
    fn the_largest_and_smallest_numbers_there_are_have_a_softmax() {
        assert_close(&softmax(&[f64::MAX, f64::MIN, f64::MAX], 1.0), &[0.5, 0.0, 0.5]);
    }

    #[test]
    fn a_seed_draws_five_logits_in_0_to_20_and_another_seed_others() {
        let curve = TemperatureCurve::drawn(3);
        assert_eq!(curve.logits.len(), 5);
        assert!(curve.logits.iter().all(|logit| (0.0..20.0).contains(logit)), "{curve:?}");
        assert_eq!(curve, TemperatureCurve::drawn(3));
        assert_ne!(curve.logits, TemperatureCurve::drawn(4).logits);
    }

    #[test]
    fn logits_are_refused_by_their_number_and_where_one_is_not_finite() {
        let refused =
            |logits: &[f64]| TemperatureCurve::of(logits.to_vec()).unwrap_err().to_string();
        assert_eq!(refused(&[1.0]), "logits: 1 given; give 2 to 20 finite numbers");
        assert_eq!(refused(&[0.0; 21]), "logits: 21 given; give 2 to 20 finite numbers");
        let not_finite = refused(&[1.0, f64::NAN]);
        assert_eq!(not_finite, "logits: NaN is among them; give 2 to 20 finite numbers");
        assert!(TemperatureCurve::of(vec![0.0; 20]).is_ok());
    }

    #[test]
    fn the_table_has_a_line_a_class_with_its_probabilities_from_t_1_to_t_9() {
        let curve = TemperatureCurve::of(vec![16.0_f64.ln(), 0.0]).unwrap();
        let table = curve.to_string();
        let lines: Vec<Vec<&str>> =
            table.lines().skip(3).map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines.len(), 2, "{table}");
        assert_eq!(lines[0][..4], ["1", "2.77", "0.9412", "0.8000"]);
        assert_eq!(lines[1][..4], ["2", "0.00", "0.0588", "0.2000"]);
        assert_eq!(lines[0].len(), 2 + 9);
    }

    #[test]
    fn the_drawing_has_a_line_with_nine_dots_a_class_named_by_its_logit() {
        let curve = TemperatureCurve::of(vec![3.0, -8.5, 1e300]).unwrap();
        let svg = curve.figure().unwrap().svg;
        assert_eq!(svg.matches("<circle").count(), 3 * 9);
        // A straight line has two points; one in steps of 0.1 from T = 1 to T = 9 has 81.
        let points = |line: &str| line.split('"').next().unwrap().split_whitespace().count();
        let long = svg.split("points=\"").skip(1).filter(|line| points(line) == 81).count();
        assert_eq!(long, 3);
        for name in ["class 1, logit 3.00", "class 2, logit −8.50", "class 3, logit 1.0e300"] {
            assert!(svg.contains(name), "{name} is not in the drawing");
        }
    }
}
