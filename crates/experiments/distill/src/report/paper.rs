//! The numbers of Hinton, Vinyals and Dean 2015 that the report compares a run with.

use assay_classifier_cells::Role;

use super::condition::Condition;
use super::correction::Fit;

/// The data of the paper's errors.
pub const DATA: &str = "mnist";
/// The network of the paper's students on these data.
const STUDENTS_NETWORK: &str = "mlp-800-800";
/// Test images of MNIST.
const IMAGES: f64 = 10_000.0;
/// Errors of the teacher, 784-1200-1200-10, section 3.
const TEACHER: f64 = 67.0;
/// Errors of the baseline, 784-800-800-10, on hard labels.
const BASELINE: f64 = 146.0;
/// Errors of the same, distilled at T = 20.
const DISTILLED: f64 = 74.0;
/// Errors of a student without threes in its transfer set, before and after raising the bias of the
/// threes by 3.5.
const WITHOUT_3: [f64; 2] = [206.0, 109.0];
/// The same on the threes only.
const THREES: [f64; 2] = [133.0, 14.0];
/// Threes among the test images.
const THREES_IMAGES: f64 = 1010.0;
/// Error in percent with sevens and eights alone, before and after lowering their biases by 7.6.
const ONLY_7_8: [f64; 2] = [47.3, 13.2];

/// Training and test frame accuracy in percent (table 5): all data with hard targets.
pub const ALL_HARD: [f64; 2] = [63.4, 58.9];
/// On 3 % with hard targets and early stopping.
pub const LITTLE_HARD: [f64; 2] = [67.3, 44.5];
/// On 3 % with soft targets.
pub const LITTLE_SOFT: [f64; 2] = [65.4, 57.0];

/// The data that stand in for the paper's speech data.
const SPEECH_DATA: &str = "fsdd";
/// The temperature of the paper's student on MNIST.
const TEMPERATURE: f64 = 20.0;
/// The best of the paper's temperatures on speech: 1, 2, 5 and 10.
const TEMPERATURE_ON_SPEECH: f64 = 2.0;

/// A row of the paper's table for speech (table 1).
#[derive(Debug, Clone, Copy)]
pub struct SpeechResult {
    /// Test frames whose state is recognized, in percent.
    pub frame_accuracy: f64,
    /// Word error rate, in percent.
    pub word_errors: f64,
}

/// One network.
pub const ONE_NETWORK: SpeechResult = SpeechResult { frame_accuracy: 58.9, word_errors: 10.9 };
/// An ensemble of ten.
pub const TEN_NETWORKS: SpeechResult = SpeechResult { frame_accuracy: 61.1, word_errors: 10.7 };
/// One distilled from the ten.
pub const DISTILLED_NETWORK: SpeechResult =
    SpeechResult { frame_accuracy: 60.8, word_errors: 10.7 };

/// The share of JFT's test images that the generalist gets right, and that the generalist and its
/// specialists get right together, in percent (table 3).
pub const SPECIALISTS: [f64; 2] = [25.0, 26.1];
/// The number of these specialists.
pub const SPECIALISTS_COUNT: usize = 61;

/// Whether a condition has speech data.
pub fn is_speech(condition: &Condition) -> bool {
    condition.data == SPEECH_DATA
}

/// The temperature of the paper's student on data of this kind.
pub fn temperature(condition: &Condition) -> f64 {
    if is_speech(condition) { TEMPERATURE_ON_SPEECH } else { TEMPERATURE }
}

/// The paper's number on MNIST for the claim with an id, in the claim's unit. Its data for speech
/// and JFT are not available to any run.
pub fn claim(id: &str) -> Option<f64> {
    match id {
        "teacher-beats-baseline" => Some(100.0 * (BASELINE - TEACHER) / IMAGES),
        "distilled-beats-baseline" => Some(100.0 * (BASELINE - DISTILLED) / IMAGES),
        "distillation-recovers-over-half-of-the-gap" => {
            Some(100.0 * (BASELINE - DISTILLED) / (BASELINE - TEACHER))
        }
        "excluded-class-is-known" => Some(100.0 * (1.0 - THREES[1] / THREES_IMAGES)),
        "few-classes-teach-the-rest" => Some(100.0 - ONLY_7_8[1]),
        _ => None,
    }
}

/// The paper's uncorrected errors for a condition, in percent. None if the paper has no such
/// network on these data.
pub fn errors(condition: &Condition) -> Option<f64> {
    if condition.data != DATA || condition.fraction < 1.0 {
        return None;
    }
    let student = condition.network() == STUDENTS_NETWORK;
    let whole = condition.excluded_classes.is_empty();
    let papers_temperature = condition.temperature_or_nan().total_cmp(&TEMPERATURE).is_eq();
    let errors = match condition.role {
        Role::Teacher if condition.network() == "mlp-1200-1200" && whole => TEACHER,
        Role::Student if student && whole => BASELINE,
        Role::Distilled if student && whole && papers_temperature && condition.teachers == 1 => {
            DISTILLED
        }
        Role::Distilled => return corrected(condition, Fit::None).map(|(all, _)| all),
        _ => return None,
    };
    Some(100.0 * errors / IMAGES)
}

/// The paper's errors in percent without some classes in the transfer set: on all test images, and
/// on those of the excluded classes if it gives them. The paper does not name their temperature. It
/// chose the correction on the test set.
pub fn corrected(condition: &Condition, fit: Fit) -> Option<(f64, Option<f64>)> {
    let papers = condition.data == DATA
        && condition.network() == STUDENTS_NETWORK
        && condition.fraction >= 1.0
        && condition.teachers == 1;
    let at = match fit {
        Fit::None if papers => 0,
        Fit::Test if papers => 1,
        _ => return None,
    };
    match condition.excluded_classes.as_slice() {
        [3] => {
            let on_threes = 100.0 * THREES[at] / THREES_IMAGES;
            Some((100.0 * WITHOUT_3[at] / IMAGES, Some(on_threes)))
        }
        [0, 1, 2, 3, 4, 5, 6, 9] => Some((ONLY_7_8[at], None)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_numbers_are_those_of_the_documented_table() {
        let documented = [
            ("teacher-beats-baseline", 0.79),
            ("distilled-beats-baseline", 0.72),
            ("distillation-recovers-over-half-of-the-gap", 91.14),
            ("excluded-class-is-known", 98.61),
            ("few-classes-teach-the-rest", 86.8),
        ];
        for (id, expected) in documented {
            let found = claim(id).unwrap();
            assert!((found - expected).abs() < 0.0051, "{found}, not {expected}");
        }
    }
}
