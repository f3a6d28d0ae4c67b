//! What a network is trained towards.

use assay_losses::cross_entropy;
use assay_runs::CurvePoint;
use burn::tensor::{Int, Tensor};

/// A last loss of this share of ln(classes) or more is that of a network that has learnt nothing.
const STUCK_SHARE: f64 = 0.99;

/// What a network is trained towards.
pub trait Objective {
    /// The loss of a batch, `[1]`, mean over the images.
    ///
    /// # Shapes
    /// - logits: `[batch, classes]`, f32
    /// - labels: `[batch]`
    /// - images: `[batch, channels, height, width]`, what was put into the layers that are not kept
    ///
    /// `rows` are the batch's rows of what is trained on, `epoch` the epochs done before.
    fn loss(
        &self,
        logits: Tensor<2>,
        labels: Tensor<1, Int>,
        images: &Tensor<4>,
        rows: &[u32],
        epoch: u64,
    ) -> Tensor<1>;

    /// Whether the last point of a learning curve is that of a network that has learnt nothing.
    fn has_learnt_nothing(&self, last: &CurvePoint, classes: usize) -> bool;
}

/// The labels, by cross-entropy.
pub struct HardLabels;

impl Objective for HardLabels {
    fn loss(
        &self,
        logits: Tensor<2>,
        labels: Tensor<1, Int>,
        _images: &Tensor<4>,
        _rows: &[u32],
        _epoch: u64,
    ) -> Tensor<1> {
        cross_entropy(logits, labels)
    }

    fn has_learnt_nothing(&self, last: &CurvePoint, classes: usize) -> bool {
        last.train_loss >= STUCK_SHARE * (classes as f64).ln()
    }
}
