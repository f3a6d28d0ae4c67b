//! The files beside a fooling run's records.

use assay_classifier_cells::ClassifierCell;
use safetensors::Dtype;

use super::CLASSES;
use assay_test_support::tensors::{file, integer};

/// Four test images of class 0, of which the network's confidence grows from one to the next; it rejects none.
pub fn classifier_logits(cell: &ClassifierCell) -> Vec<u8> {
    let rows: Vec<u8> =
        [1.0, 2.0, 3.0, 4.0].iter().flat_map(|&logit| row(cell, logit, -5.0)).collect();
    let labels: Vec<u8> = (0..4).flat_map(|_| integer(0)).collect();
    let tensor =
        |name: &str, dtype, shape, bytes: &[u8]| (name.to_owned(), dtype, shape, bytes.to_vec());
    let shape = || vec![4, outputs(cell)];
    file(&[
        tensor("test", Dtype::F32, shape(), &rows),
        tensor("test_labels", Dtype::I64, vec![4], &labels),
        tensor("validation_images", Dtype::F32, shape(), &rows),
        tensor("held_out_labels", Dtype::I64, vec![4], &labels),
    ])
}

/// Two elites that a network says the same of; a retrained one would rather reject them.
pub fn elite_logits(network: &ClassifierCell, logit: f32) -> Vec<u8> {
    let rows: Vec<u8> = (0..2).flat_map(|_| row(network, logit, 1.0)).collect();
    file(&[("elites".to_owned(), Dtype::F32, vec![2, outputs(network)], rows)])
}

fn outputs(network: &ClassifierCell) -> usize {
    usize::from(CLASSES) + usize::from(network.reject.is_some())
}

fn row(network: &ClassifierCell, first: f32, reject: f32) -> Vec<u8> {
    let mut row = vec![0.0; usize::from(CLASSES)];
    row[0] = first;
    row.extend(network.reject.as_ref().map(|_| reject));
    row.into_iter().flat_map(f32::to_le_bytes).collect()
}

/// Two lineages of gray images of 4 by 4: 9, 3, 5 and 1, 2.
pub fn lineages() -> Vec<u8> {
    let integers = |name: &str, values: [usize; 5]| {
        let bytes = values.into_iter().flat_map(integer).collect();
        (name.to_owned(), Dtype::I64, vec![5], bytes)
    };
    let confidences = [0.1_f32, 0.5, 0.9999, 0.3, 1.0];
    let pixels = (0..5_u8).flat_map(|image| [50 * image; 16]).collect();
    file(&[
        ("pixels".to_owned(), Dtype::U8, vec![5, 1, 4, 4], pixels),
        integers("elite", [5, 5, 5, 2, 2]),
        integers("class", [9, 3, 5, 1, 2]),
        integers("generation", [0, 12, 40, 0, 55]),
        integers("place", [0, 4, 9, 0, 1]),
        (
            "confidence".to_owned(),
            Dtype::F32,
            vec![5],
            confidences.into_iter().flat_map(f32::to_le_bytes).collect(),
        ),
    ])
}
