//! Lineage snapshots: images of the ancestors of some elites, as stored by an attack.

use assay_classifier_cells::LINEAGES_FILE;
use safetensors::{Dtype, SafeTensors};

use super::index::PlannedAttack;
use super::sample_images::SampleImages;
use assay_report::ReportError;
use assay_report::tensors::{floats, integers, read_if_there, tensor};

/// The members of one lineage, from the first ancestor to the elite.
#[derive(Debug, Clone, PartialEq)]
pub struct Lineage {
    /// The elite's class.
    pub elite: u16,
    pub members: Vec<Member>,
}

/// An ancestor, or the elite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Member {
    /// Its index among the images.
    pub image: usize,
    /// The class it was the elite of when it became a parent; for an elite, its own class.
    pub class: u16,
    /// The network's confidence in that class, in [0, 1].
    pub confidence: f32,
    /// The generation of its birth, from 0.
    pub generation: u32,
}

/// The lineage snapshots of one attack.
pub struct LineageSnapshots {
    pub images: SampleImages,
    pub lineages: Vec<Lineage>,
}

impl LineageSnapshots {
    /// Those of an attack; none if it has none.
    ///
    /// # Errors
    /// When the file cannot be read or has other contents.
    pub fn read(attack: &PlannedAttack) -> Result<Option<Self>, ReportError> {
        if attack.result().is_none() {
            return Ok(None);
        }
        read_if_there(attack.cell_result, LINEAGES_FILE, Self::take)
    }

    fn take(tensors: &SafeTensors) -> Result<Self, String> {
        let numbers = |name: &str| -> Result<Vec<u32>, String> {
            let all = integers(tensor(tensors, name, Dtype::I64)?.1);
            let number =
                |&number: &i64| u32::try_from(number).map_err(|_| format!("{name}: {number}"));
            all.iter().map(number).collect()
        };
        let (elites, classes) = (numbers("elite")?, numbers("class")?);
        let generations = numbers("generation")?;
        let confidences = floats(tensor(tensors, "confidence", Dtype::F32)?.1);
        let count = elites.len();
        if [classes.len(), generations.len(), confidences.len()] != [count; 3] {
            return Err(format!("not as much is said of each of {count} members"));
        }
        let images = SampleImages::take(tensors, count)?;
        let label = |class: u32| u16::try_from(class).map_err(|_| format!("class {class}"));
        let mut lineages: Vec<Lineage> = Vec::new();
        for image in 0..count {
            let (elite, class) = (label(elites[image])?, label(classes[image])?);
            let (confidence, generation) = (confidences[image], generations[image]);
            let member = Member { image, class, confidence, generation };
            match lineages.last_mut().filter(|lineage| lineage.elite == elite) {
                Some(lineage) => lineage.members.push(member),
                None => lineages.push(Lineage { elite, members: vec![member] }),
            }
        }
        Ok(Self { images, lineages })
    }
}

#[cfg(test)]
mod tests {
    use safetensors::tensor::TensorView;

    use super::*;

    fn file(elite: &[i64]) -> Vec<u8> {
        let bytes = |values: &[i64]| -> Vec<u8> {
            values.iter().flat_map(|value| value.to_le_bytes()).collect()
        };
        let (elite, class, born) = (bytes(elite), bytes(&[4, 2, 7]), bytes(&[0, 9, 3]));
        let confidences: Vec<u8> =
            [0.1_f32, 0.5, 0.9].iter().flat_map(|one| one.to_le_bytes()).collect();
        let view = |dtype, shape: Vec<usize>, bytes| TensorView::new(dtype, shape, bytes).unwrap();
        let tensors = [
            ("pixels", view(Dtype::U8, vec![3, 1, 1, 1], &[1, 2, 3])),
            ("elite", view(Dtype::I64, vec![3], &elite)),
            ("class", view(Dtype::I64, vec![3], &class)),
            ("generation", view(Dtype::I64, vec![3], &born)),
            ("confidence", view(Dtype::F32, vec![3], &confidences)),
        ];
        safetensors::serialize(tensors, None).unwrap()
    }

    fn taken(bytes: &[u8]) -> Result<LineageSnapshots, String> {
        LineageSnapshots::take(&SafeTensors::deserialize(bytes).unwrap())
    }

    #[test]
    fn members_that_lead_to_one_elite_are_one_lineage() {
        let lineages = taken(&file(&[2, 2, 7])).unwrap().lineages;
        let member =
            |image, class, confidence, generation| Member { image, class, confidence, generation };
        assert_eq!(
            lineages[0],
            Lineage { elite: 2, members: vec![member(0, 4, 0.1, 0), member(1, 2, 0.5, 9)] }
        );
        assert_eq!(lineages[1], Lineage { elite: 7, members: vec![member(2, 7, 0.9, 3)] });
    }

    #[test]
    fn a_number_that_is_no_class_is_named() {
        let error = taken(&file(&[2, -1, 7])).err().unwrap();
        assert_eq!(error, "elite: -1");
    }
}
