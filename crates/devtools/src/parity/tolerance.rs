//! The tolerance of each stage, and why.

use super::recorder::Stage;
use assay_engine::device::Precision;

/// The largest allowed difference of a value from the CPU's, as a share of the CPU's largest value.
///
/// Rounding to nearest has an error of at most u: 6e-8 in f32, 4.9e-4 in tf32 and f16, 3.9e-3 in bf16. Devices add
/// in another order, fuse multiplication and addition, and have exponentials of their own, a few u off. The numbers
/// in parentheses are the largest differences on the CPU if the weights, and the inputs of the layers compared one by
/// one, are rounded to tf32 and bf16; `tests.rs` measures them. Devices also round what is between layers and the
/// gradients, so that the tolerances are several times as large. f16 rounds as tf32 does, but in every
/// operation.
///
/// - *data*: one multiplication and one addition per pixel; a few u.
/// - *forward*: a layer on the CPU's input of it. Sums have up to 1,800 terms, and their error grows with the square
///   root of that number: about 40 u (6e-4, 4e-3).
/// - *logits* (1e-3, 8e-3), *confidences* (1e-3, 1.4e-2), *loss* (3e-4, 2e-3): up to eight layers in sequence.
/// - *gradient* (3e-2, 5e-1), *velocity* (1.3e-2, 1.5e-1), *step* (3e-3, 4e-2): as many layers again, backwards. An
///   activation near 0 may change its sign. Steps are chosen for that: in f32 none does, in tf32 few do. In bf16 so
///   many do at any step that gradients show no more than a wrong sign or a missing layer. Biases start at 0, so
///   their first step is all gradient. With the stand-in for CUDA, which rounds every operand of a product to tf32,
///   the largest gradient differs by 1e-1.
/// - *evaluation* (4e-5, 5e-4): counts are exact in f32; otherwise one image of 20 may change its class.
pub fn tolerance(stage: Stage, precision: Precision) -> f64 {
    let [f32, tf32, f16, bf16] = match stage {
        Stage::Data => [1e-6, 1e-6, 2e-3, 1.6e-2],
        Stage::Forward => [2e-5, 3e-3, 6e-3, 3e-2],
        Stage::Logits | Stage::Confidences => [1e-4, 1e-2, 2e-2, 1e-1],
        Stage::Loss => [2e-5, 5e-3, 1e-2, 5e-2],
        Stage::Gradient => [2e-4, 2e-1, 4e-1, 1.0],
        Stage::Velocity => [2e-4, 1e-1, 3e-1, 5e-1],
        Stage::Step => [2e-4, 5e-2, 1e-1, 2e-1],
        Stage::Evaluation => [1e-4, 1e-1, 1e-1, 2e-1],
    };
    match precision {
        Precision::F32 => f32,
        Precision::Tf32 => tf32,
        Precision::F16 => f16,
        Precision::Bf16 => bf16,
    }
}
