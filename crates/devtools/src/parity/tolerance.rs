//! How much may differ, stage by stage, and why.

use super::Stage;
use assay_engine::device::Precision;

/// The largest difference of any number of a tensor to the processor's that is allowed, as a share of
/// the largest of the processor's numbers.
///
/// Rounding to nearest is off by at most u: 6e-8 in f32, 4.9e-4 in tf32 and f16, 3.9e-3 in bf16. Devices
/// add in other orders, fuse a product with a sum, and have exponentials of their own, a few u off. For
/// tf32 and bf16 the numbers in brackets are what rounding the operands of every layer comes to on the
/// processor, at most (`tests.rs` does it); what is allowed leaves room for several times that. f16
/// rounds as tf32 does, but in every operation.
///
/// - *data*: one product and one sum a pixel; a few u.
/// - *forward*: a layer on the processor's own input of it: sums of up to 1,800 products, whose errors
///   grow like the root of their number: some 40 u (6e-4, 4e-3).
/// - *logits* (1e-3, 8e-3), *confidences* (1e-3, 1.4e-2), *loss* (3e-4, 2e-3): up to eight layers, one
///   after another.
/// - *gradient* (1.4e-1, 6e-1), *velocity* (7e-2, 2e-1), *step* (2e-2, 6e-2): as many layers again,
///   backwards. An activation within an error of 0 may be on its other side: in f32 none is, as the
///   steps that are compared are chosen for it; in tf32 some are, in bf16 so many that gradients show
///   no more than a wrong sign or a layer left out. Biases begin at 0: their first step is all gradient.
/// - *evaluation* (4e-5, 5e-4): counts are exact in f32; elsewhere an image of 20 may go to another class.
#[must_use]
pub fn tolerance(stage: Stage, precision: Precision) -> f64 {
    let [f32, tf32, f16, bf16] = match stage {
        Stage::Data => [1e-6, 1e-6, 2e-3, 1.6e-2],
        Stage::Forward => [2e-5, 3e-3, 6e-3, 3e-2],
        Stage::Logits | Stage::Confidences => [1e-4, 1e-2, 2e-2, 1e-1],
        Stage::Loss => [2e-5, 5e-3, 1e-2, 5e-2],
        Stage::Gradient => [2e-4, 3e-1, 4e-1, 1.0],
        Stage::Velocity => [2e-4, 2e-1, 3e-1, 5e-1],
        Stage::Step => [2e-4, 1e-1, 1e-1, 2e-1],
        Stage::Evaluation => [1e-4, 1e-1, 1e-1, 2e-1],
    };
    match precision {
        Precision::F32 => f32,
        Precision::Tf32 => tf32,
        Precision::F16 => f16,
        Precision::Bf16 => bf16,
    }
}
