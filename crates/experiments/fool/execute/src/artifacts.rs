//! The files of attacks and evaluations: images, lineages, logits.

use anyhow::Result;
use assay_classifier_cells::{ARCHIVE_FILE, ELITES_FILE, FIRST_GENERATION_FILE, LINEAGES_FILE};
use assay_datasets::Shape;
use assay_map_elites::{Archive, LineageRetention, MapElites, Render};
use assay_runs::{CellId, digest, file};
use safetensors::tensor::Dtype;

use super::attack_output::{AttackOutput, LineageSnapshots};
use super::classifier::Classifier;
use assay_classifiers::{NamedTensor, check_finite, tensor_file};

/// Number of elites whose lineages are kept as images.
const MAX_LINEAGES: usize = 6;
/// Number of members of each of these lineages, including the elite.
const MAX_MEMBERS: usize = 10;

/// The lineage snapshots of a search; empty if no elite has an ancestor, or if ancestors' genomes
/// are not kept.
pub fn lineage_snapshots<E: Render>(search: &MapElites<E>) -> LineageSnapshots {
    let archive = search.archive();
    let mut snapshots = LineageSnapshots::default();
    let mut genomes = Vec::new();
    if search.settings().keep == LineageRetention::Records {
        // Only ancestors that still hold a cell have a genome. These alone are no lineage.
        return snapshots;
    }
    for class in classes_with_most_changes(archive) {
        let lineage = archive.lineage(class);
        let indices = evenly_spaced(lineage.len(), MAX_MEMBERS);
        let members = indices.iter().map(|&index| lineage[index].individual.genome.as_ref());
        let Some(members) = members.collect::<Option<Vec<_>>>() else { continue };
        genomes.extend(members);
        for index in indices {
            let member = &lineage[index];
            snapshots.elite_class.push(class as u32);
            snapshots.member_class.push(member.cell);
            snapshots.confidence.push(member.confidence);
            snapshots.generation.push(member.individual.generation);
            snapshots.index.push(index as u32);
        }
    }
    if !genomes.is_empty() {
        snapshots.pixels = search.settings().encoding.render(&genomes).pixels;
    }
    snapshots
}

/// The classes whose elites' lineages changed class most often, in ascending order. Elites without
/// ancestors do not count.
fn classes_with_most_changes<G>(archive: &Archive<G>) -> Vec<usize> {
    let mut changes: Vec<(usize, usize)> = Vec::new();
    for (class, _) in archive.elites() {
        let lineage = archive.lineage(class);
        if lineage.len() > 1 {
            let switches = lineage.windows(2).filter(|pair| pair[0].cell != pair[1].cell);
            changes.push((switches.count(), class));
        }
    }
    changes.sort_by_key(|&(count, class)| (std::cmp::Reverse(count), class));
    changes.truncate(MAX_LINEAGES);
    let mut classes: Vec<usize> = changes.into_iter().map(|(_, class)| class).collect();
    classes.sort_unstable();
    classes
}

/// At most `limit` evenly spaced indices of `count`, including the first and the last.
fn evenly_spaced(count: usize, limit: usize) -> Vec<usize> {
    if count <= limit {
        return (0..count).collect();
    }
    (0..limit).map(|i| i * (count - 1) / (limit - 1)).collect()
}

fn image_tensor(name: &str, pixels: &[u8], shape: Shape) -> NamedTensor {
    let count = pixels.len() / shape.len();
    let shape = vec![count, shape.channels, shape.height, shape.width];
    (name.to_owned(), Dtype::U8, shape, pixels.to_vec())
}

fn integer_tensor(name: &str, values: &[u32]) -> NamedTensor {
    let bytes = values.iter().flat_map(|&value| i64::from(value).to_le_bytes()).collect();
    (name.to_owned(), Dtype::I64, vec![values.len()], bytes)
}

fn float_tensor(name: &str, values: &[f32], shape: Vec<usize>) -> NamedTensor {
    let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    (name.to_owned(), Dtype::F32, shape, bytes)
}

/// The name and the content of a file.
pub type File = (&'static str, Vec<u8>);

/// The files next to an attack's record, and the digest of the logits file.
///
/// The files hold the archive; images of the elites, of the elites after one generation, and of
/// ancestors; and the network's logits for the elites.
///
/// # Errors
/// The network does not accept the images, or a logit is not finite.
pub fn attack_files(
    output: &AttackOutput,
    classifier: &Classifier,
    id: &CellId,
) -> Result<(Vec<File>, String)> {
    let shape = classifier.shape();
    let metadata = [("attack", id.to_string())];
    let images = |pixels: &[u8]| tensor_file(&[image_tensor("pixels", pixels, shape)], &metadata);
    let logits = classifier.logits_and_confidences(output.pixels.clone())?.0;
    let logits = logits_file(&logits, output.result.elites.len())?;
    let logits_digest = digest(&logits);
    let mut files = vec![
        (ARCHIVE_FILE, output.archive.clone()),
        (ELITES_FILE, images(&output.pixels)?),
        (file::LOGITS, logits),
    ];
    if let Some(pixels) = &output.first_elites {
        files.push((FIRST_GENERATION_FILE, images(pixels)?));
    }
    if !output.lineage_snapshots.index.is_empty() {
        files.push((LINEAGES_FILE, output.lineage_snapshots.file(shape, &metadata)?));
    }
    Ok((files, logits_digest))
}

/// A file of a network's logits for elites: f32 tensor `elites`, `[elites, outputs]`.
///
/// # Errors
/// A logit is not finite, or their number is not a multiple of `elites`.
pub fn logits_file(logits: &[f32], elites: usize) -> Result<Vec<u8>> {
    check_finite("elites", logits)?;
    let shape = vec![elites, logits.len() / elites.max(1)];
    tensor_file(&[float_tensor("elites", logits, shape)], &[])
}

impl LineageSnapshots {
    fn file(&self, shape: Shape, metadata: &[(&str, String)]) -> Result<Vec<u8>> {
        let tensors = [
            image_tensor("pixels", &self.pixels, shape),
            integer_tensor("elite", &self.elite_class),
            integer_tensor("class", &self.member_class),
            float_tensor("confidence", &self.confidence, vec![self.confidence.len()]),
            integer_tensor("generation", &self.generation),
            integer_tensor("place", &self.index),
        ];
        tensor_file(&tensors, metadata)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_map_elites::{
        Color, Direct, Emitter, ImageSpec, Population, Preset, ReplacementRule, Settings,
        seeded_streams,
    };

    #[test]
    fn evenly_spaced_indices_include_both_ends() {
        assert_eq!(evenly_spaced(3, 10), [0, 1, 2]);
        assert_eq!(evenly_spaced(100, 4), [0, 33, 66, 99]);
    }

    /// Three generations of two classes. The confidence in class 0 grows from one to the next.
    fn search(keep: LineageRetention) -> MapElites<Direct> {
        let image = ImageSpec { height: 2, width: 1, color: Color::Gray };
        let settings = Settings {
            owner: "the test".to_owned(),
            classes: 2,
            others: 0,
            encoding: Preset::Paper.direct(image),
            population: Population { initial: 1, children: 2, emitter: Emitter::Evolution },
            rule: ReplacementRule::EveryCell,
            keep,
        };
        let mut search = MapElites::new(settings).unwrap();
        for generation in 0..3_u8 {
            let batch = search.ask(&seeded_streams(5));
            let confidence = 0.1 * f32::from(generation + 1);
            let rows = [confidence, 1.0 - confidence].repeat(batch.len());
            search.tell(batch, &rows).unwrap();
        }
        search
    }

    #[test]
    fn there_are_no_snapshots_without_ancestors_genomes() {
        let search = search(LineageRetention::Records);
        assert!(search.archive().lineage(0).len() > 1);
        let snapshots = lineage_snapshots(&search);
        assert!(snapshots.index.is_empty() && snapshots.pixels.is_empty());
    }

    #[test]
    fn snapshots_have_the_pixels_and_the_confidence_of_every_member() {
        let search = search(LineageRetention::Genomes);
        // The elite of class 1 is the first genome, which has no ancestor. That of class 0 is a
        // child of the last generation.
        let snapshots = lineage_snapshots(&search);
        let lineage = search.archive().lineage(0);
        let members = lineage.len();
        assert!(members > 1);
        assert_eq!(snapshots.elite_class, vec![0; members]);
        assert_eq!(snapshots.index, (0..members as u32).collect::<Vec<_>>());
        let generations: Vec<u32> = lineage.iter().map(|a| a.individual.generation).collect();
        assert_eq!(snapshots.generation, generations);
        assert_eq!(snapshots.member_class[members - 1], 0);
        assert_eq!(snapshots.pixels.len(), 2 * members);
        let elite = search.archive().genome(0).unwrap();
        let elite_pixels = search.settings().encoding.render(&[elite]).pixels;
        assert_eq!(snapshots.pixels[2 * (members - 1)..], elite_pixels);
        assert!((snapshots.confidence[members - 1] - 0.3).abs() < 1e-6);
    }
}
