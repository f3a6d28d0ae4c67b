//! Labels of speech that a trained network has set right.

use assay_runs::{ClassifierCell, Role};

use super::DistillProfile;

/// The same cells on aligned labels, where the profile asks for that.
///
/// A recording divided evenly among its states says little of where each begins. So a network like the
/// teachers is trained on such labels first, the *aligner*, and every other cell learns the labels that it
/// gives the frames of known words: once, as one step of the usual alternation (Hinton et al. 2015,
/// section 3, has labels from forced alignment). Where all seeds share their data they share the aligner,
/// so that all are tested on the same labels; else each fold has its own. It sees the training images
/// alone, and the held-out ones are held out from it too.
pub(super) fn aligned(
    profile: &DistillProfile,
    teacher: &ClassifierCell,
    cells: Vec<ClassifierCell>,
) -> Vec<ClassifierCell> {
    let Some(speech) = profile.data.speech.filter(|speech| speech.realigned) else { return cells };
    let seed = if speech.split.has_folds() { teacher.seed / profile.teacher.ensemble } else { 0 };
    let aligner = ClassifierCell { role: Role::Aligner, seed, ..teacher.clone() };
    cells.into_iter().map(|cell| by(&aligner, cell)).collect()
}

fn by(aligner: &ClassifierCell, cell: ClassifierCell) -> ClassifierCell {
    ClassifierCell {
        teachers: cell.teachers.into_iter().map(|teacher| by(aligner, teacher)).collect(),
        aligned_by: Some(Box::new(aligner.clone())),
        ..cell
    }
}
