//! The detectors, and the logits they use.

use assay_runs::file;
use safetensors::Dtype;
use serde::Deserialize;

use assay_report::tensors::{floats, read_if_there, tensor};
use assay_report::{CellResult, ReportError};

/// A score of an image, which is higher for fooling images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Detector {
    /// Minus the largest softmax over the classes (Hendrycks and Gimpel 2017).
    MaxSoftmax,
    /// The energy: minus the logarithm of the sum of the exponentials of the classes' logits (Liu
    /// et al. 2020, eq. 4, temperature 1).
    Energy,
    /// The confidence of a retrained network in its reject class.
    RejectClass,
}

/// Logits, `[images, outputs]`.
pub(super) struct Logits {
    outputs: usize,
    values: Vec<f32>,
}

impl Detector {
    pub const ALL: [Self; 3] = [Self::MaxSoftmax, Self::Energy, Self::RejectClass];

    /// Its name in figures and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::MaxSoftmax => "max softmax",
            Self::Energy => "energy",
            Self::RejectClass => "reject class",
        }
    }

    /// The score of an image, from the logits of the classes and of the reject class. None if the
    /// detector needs a reject class and there is none. Softmaxes are compared by their log odds,
    /// which give the same order and do not saturate at 1.
    fn score(self, classes: &[f32], reject: Option<f32>) -> Option<f64> {
        let logits: Vec<f64> = classes.iter().map(|&logit| f64::from(logit)).collect();
        match self {
            Self::MaxSoftmax => {
                let largest = (1..logits.len())
                    .fold(0, |best, at| if logits[at] > logits[best] { at } else { best });
                let others = [&logits[..largest], &logits[largest + 1..]].concat();
                Some(log_sum_exp(&others) - logits[largest])
            }
            Self::Energy => Some(-log_sum_exp(&logits)),
            Self::RejectClass => Some(f64::from(reject?) - log_sum_exp(&logits)),
        }
    }
}

/// ln of the sum of exponentials, without overflow.
fn log_sum_exp(values: &[f64]) -> f64 {
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    largest + values.iter().map(|value| (value - largest).exp()).sum::<f64>().ln()
}

impl Logits {
    /// Reads a tensor from a cell's file of logits; none if the cell has no such file.
    pub(super) fn read(cell_result: &CellResult, name: &str) -> Result<Option<Self>, ReportError> {
        read_if_there(cell_result, file::LOGITS, |tensors| {
            let (shape, bytes) = tensor(tensors, name, Dtype::F32)?;
            match shape[..] {
                [_, outputs] if outputs > 1 => Ok(Self { outputs, values: floats(bytes) }),
                _ => Err(format!("{name}: shape {shape:?}; it must be [images, outputs]")),
            }
        })
    }

    /// The scores of all images. The first `classes` outputs are the data's classes.
    pub(super) fn scores(&self, detector: Detector, classes: usize) -> Option<Vec<f64>> {
        let score = |row: &[f32]| {
            let classes = classes.min(row.len());
            detector.score(&row[..classes], row.get(classes).copied())
        };
        self.values.chunks_exact(self.outputs).map(score).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detectors_say_what_their_formulas_say() {
        // Softmax 9/10 and 1/10; the sum of exponentials is 10.
        let classes = [9.0_f32.ln(), 0.0];
        let close = |got: Option<f64>, wanted: f64| {
            let got = got.unwrap();
            assert!((got - wanted).abs() < 1e-6, "{got} is not {wanted}");
        };
        close(Detector::MaxSoftmax.score(&classes, None), (1.0_f64 / 9.0).ln());
        close(Detector::Energy.score(&classes, None), -(10.0_f64.ln()));
        assert_eq!(Detector::RejectClass.score(&classes, None), None);
        // Against the other two together, 10 : 10.
        close(Detector::RejectClass.score(&classes, Some(10.0_f32.ln())), 0.0);
        // The reject class does not change the scores of the others.
        close(Detector::Energy.score(&classes, Some(50.0)), -(10.0_f64.ln()));
    }

    #[test]
    fn softmaxes_that_are_1_in_every_precision_are_told_apart() {
        let score = |logit: f32| Detector::MaxSoftmax.score(&[logit, 0.0, 0.0], None).unwrap();
        assert!(score(900.0) < score(800.0));
    }
}
