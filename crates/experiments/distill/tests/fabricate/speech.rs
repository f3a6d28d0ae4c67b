//! What runs of speech have, too: words, folds, and labels that were aligned.

use assay_classifier_cells::{ClassifierCell, Role, SpecialistEnsemble};
use safetensors::Dtype;

use assay_test_support::tensors::{NamedTensor, integer};

/// Every image is a word of one frame, each digit has one state, and all are as frequent.
pub fn words(images: usize, label: impl Fn(usize) -> usize) -> [NamedTensor; 2] {
    let words = (0..images).flat_map(|image| [integer(label(image)), integer(1)].concat());
    let priors = [0.1_f32; 10].map(f32::to_le_bytes).concat();
    [
        ("test_utterances".to_owned(), Dtype::I64, vec![images, 2], words.collect()),
        ("priors".to_owned(), Dtype::F32, vec![10], priors),
    ]
}

/// The label of an image; an aligner has others than those it aligned for.
pub fn label(cell: &ClassifierCell, image: usize) -> usize {
    (image + usize::from(cell.role == Role::ForcedAlignment)) % 10
}

/// The cell on the data of a fold.
pub fn of_fold(cell: ClassifierCell, fold: u32) -> ClassifierCell {
    let teachers = cell.teachers.iter().map(|one| of_fold(one.clone(), fold)).collect();
    let ensemble = cell.ensemble.map(|ensemble| {
        let generalist = of_fold(ensemble.generalist.clone(), fold);
        Box::new(SpecialistEnsemble { generalist, ..*ensemble })
    });
    let initial_network = cell.initial_network.map(|network| Box::new(of_fold(*network, fold)));
    let mut cell = ClassifierCell { teachers, ensemble, initial_network, ..cell };
    cell.data.fingerprint = format!("{fold}");
    cell
}

/// The fold of a cell's data.
pub fn fold(cell: &ClassifierCell) -> usize {
    cell.data.fingerprint.parse().unwrap()
}

/// The cell on the labels of an aligner like its teachers, of the same data.
pub fn aligned(cell: ClassifierCell) -> ClassifierCell {
    let teachers: Vec<_> = cell.teachers.iter().cloned().map(aligned).collect();
    let like = ClassifierCell { teachers: Vec::new(), alignment_network: None, ..cell.clone() };
    let loss = assay_classifier_cells::Loss::HardLabels;
    let examples =
        assay_classifier_cells::TrainingSubset { fraction: 1.0, ..like.examples.clone() };
    let by = ClassifierCell { role: Role::ForcedAlignment, seed: 0, loss, examples, ..like };
    ClassifierCell { teachers, alignment_network: Some(Box::new(by)), ..cell }
}
