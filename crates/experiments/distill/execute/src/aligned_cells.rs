//! Aligned labels for speech: the labels of frames, corrected by a trained network.

use assay_classifier_cells::{ClassifierCell, Role};

use super::DistillProfile;

/// The same cells on aligned labels, if the profile asks for them.
///
/// The initial labels divide each recording evenly among its states, which rarely fits. So an
/// *aligner*, a network like the teachers, is first trained on them. All other cells learn the
/// labels that it assigns to the frames of the known words by forced alignment, as in Hinton et al.
/// 2015, section 3; but only one step of the usual alternation is done.
///
/// Seeds that share their data share the aligner, so that all are tested on the same labels.
/// Otherwise each fold has its own. The aligner sees training images only, no validation images.
pub(super) fn with_aligned_labels(
    profile: &DistillProfile,
    teacher: &ClassifierCell,
    cells: Vec<ClassifierCell>,
) -> Vec<ClassifierCell> {
    let Some(speech) = profile.data.speech.filter(|speech| speech.realign) else { return cells };
    let seed = if speech.split.has_folds() { teacher.seed / profile.teacher.ensemble } else { 0 };
    let role = Role::ForcedAlignment;
    let aligner = ClassifierCell { role, seed, tuning: None, ..teacher.clone() };
    cells.into_iter().map(|cell| with_aligner(&aligner, cell)).collect()
}

/// The same cell, and its teachers, on the labels of `aligner`.
fn with_aligner(aligner: &ClassifierCell, cell: ClassifierCell) -> ClassifierCell {
    let teachers = cell.teachers.into_iter().map(|teacher| with_aligner(aligner, teacher));
    ClassifierCell {
        teachers: teachers.collect(),
        alignment_network: Some(Box::new(aligner.clone())),
        ..cell
    }
}
