//! What an attack and a showing leave behind beside their record.

use anyhow::Result;
use assay_datasets::Shape;
use assay_map_elites::{Archive, Keep, MapElites, Render};
use assay_runs::{CellId, digest, file};
use safetensors::tensor::Dtype;

use super::attack::AttackOutput;
use super::classifier::Classifier;
use assay_classifiers::{NamedTensor, check_finite, tensor_file};

/// Elites whose ancestors are kept as images.
const STRIPS: usize = 6;
/// Members of a lineage that are kept as images, the elite among them.
const MEMBERS: usize = 10;

/// Some lineages as images: of the elites whose ancestors changed class most often a few members each,
/// evenly apart, the first ancestor and the elite among them. All have as many entries as there are
/// members.
#[derive(Debug, Default)]
pub struct LineageSnapshots {
    /// `[members, channels, height, width]`.
    pixels: Vec<u8>,
    /// The class of the elite that the member leads to.
    elite: Vec<u32>,
    /// The class that the member was the elite of when it became a parent; for the elite its own.
    class: Vec<u32>,
    /// The network's confidence in that class.
    confidence: Vec<f32>,
    /// The generation it was born in, from 0.
    generation: Vec<u32>,
    /// Its place in the lineage, from 0.
    place: Vec<u32>,
}

/// The lineage_snapshots of a search; none where no elite has an ancestor, or ancestors' genomes are not kept.
pub fn lineage_snapshots<E: Render>(search: &MapElites<E>) -> LineageSnapshots {
    let archive = search.archive();
    let mut lineage_snapshots = LineageSnapshots::default();
    let mut genomes = Vec::new();
    if search.settings().keep == Keep::Records {
        // An ancestor that still holds a cell has its genome, but a strip of those alone is no lineage.
        return lineage_snapshots;
    }
    for class in most_changed(archive) {
        let lineage = archive.lineage(class);
        let places = spread(lineage.len(), MEMBERS);
        let members = places.iter().map(|&place| lineage[place].individual.genome.as_ref());
        let Some(members) = members.collect::<Option<Vec<_>>>() else { continue };
        genomes.extend(members);
        for place in places {
            let member = &lineage[place];
            lineage_snapshots.elite.push(class as u32);
            lineage_snapshots.class.push(member.cell);
            lineage_snapshots.confidence.push(member.confidence);
            lineage_snapshots.generation.push(member.individual.generation);
            lineage_snapshots.place.push(place as u32);
        }
    }
    if genomes.is_empty() {
        return lineage_snapshots;
    }
    lineage_snapshots.pixels = search.settings().encoding.render(&genomes).pixels;
    lineage_snapshots
}

/// The classes of the elites with ancestors whose lineages change class most often, by class.
fn most_changed<G>(archive: &Archive<G>) -> Vec<usize> {
    let mut changes: Vec<(usize, usize)> = Vec::new();
    for (class, _) in archive.elites() {
        let lineage = archive.lineage(class);
        if lineage.len() > 1 {
            let switches = lineage.windows(2).filter(|pair| pair[0].cell != pair[1].cell);
            changes.push((switches.count(), class));
        }
    }
    changes.sort_by_key(|&(changed, class)| (std::cmp::Reverse(changed), class));
    changes.truncate(STRIPS);
    let mut classes: Vec<usize> = changes.into_iter().map(|(_, class)| class).collect();
    classes.sort_unstable();
    classes
}

/// At most so many of `count` places, evenly apart, the first and the last among them.
fn spread(count: usize, most: usize) -> Vec<usize> {
    if count <= most {
        return (0..count).collect();
    }
    (0..most).map(|at| at * (count - 1) / (most - 1)).collect()
}

fn pixels(name: &str, pixels: &[u8], shape: Shape) -> NamedTensor {
    let count = pixels.len() / shape.len();
    let shape = vec![count, shape.channels, shape.height, shape.width];
    (name.to_owned(), Dtype::U8, shape, pixels.to_vec())
}

fn integers(name: &str, values: &[u32]) -> NamedTensor {
    let bytes = values.iter().flat_map(|&value| i64::from(value).to_le_bytes()).collect();
    (name.to_owned(), Dtype::I64, vec![values.len()], bytes)
}

fn floats(name: &str, values: &[f32], shape: Vec<usize>) -> NamedTensor {
    let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    (name.to_owned(), Dtype::F32, shape, bytes)
}

/// Name and content.
pub type File = (&'static str, Vec<u8>);

/// The files beside an attack's record, and the hash of its logits: the archive; images of the
/// elites, of those after one generation, of ancestors; what the network says of the elites.
///
/// # Errors
/// When the elites cannot be shown to the network.
pub fn files(
    found: &AttackOutput,
    classifier: &Classifier,
    id: &CellId,
) -> Result<(Vec<File>, String)> {
    let shape = classifier.shape();
    let owner = [("attack", id.to_string())];
    let images = |of: &[u8]| tensor_file(&[pixels("pixels", of, shape)], &owner);
    let logits = classifier.logits_and_confidences(found.pixels.clone())?.0;
    let logits = logits_file(&logits, found.result.elites.len())?;
    let of_logits = digest(&logits);
    let mut files = vec![
        (file::ARCHIVE, found.archive.clone()),
        (file::ELITES, images(&found.pixels)?),
        (file::LOGITS, logits),
    ];
    if let Some(first) = &found.first {
        files.push((file::FIRST, images(first)?));
    }
    if !found.lineage_snapshots.place.is_empty() {
        files.push((file::LINEAGES, found.lineage_snapshots.file(shape, &owner)?));
    }
    Ok((files, of_logits))
}

/// A file of what a network says of elites: f32 `elites` `[elites, outputs]`.
///
/// # Errors
/// When the logits are not as many for each elite, or one is not finite.
pub fn logits_file(logits: &[f32], elites: usize) -> Result<Vec<u8>> {
    check_finite("elites", logits)?;
    let shape = vec![elites, logits.len() / elites.max(1)];
    tensor_file(&[floats("elites", logits, shape)], &[])
}

impl LineageSnapshots {
    fn file(&self, shape: Shape, text: &[(&str, String)]) -> Result<Vec<u8>> {
        let tensors = [
            pixels("pixels", &self.pixels, shape),
            integers("elite", &self.elite),
            integers("class", &self.class),
            floats("confidence", &self.confidence, vec![self.confidence.len()]),
            integers("generation", &self.generation),
            integers("place", &self.place),
        ];
        tensor_file(&tensors, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_map_elites::{
        Color, Direct, Emitter, Picture, Population, Preset, ReplacementRule, Settings, seeded,
    };

    #[test]
    fn a_strip_runs_from_the_first_ancestor_to_the_elite_in_a_few_steps() {
        assert_eq!(spread(3, 10), [0, 1, 2]);
        assert_eq!(spread(100, 4), [0, 33, 66, 99]);
    }

    /// Three generations of two classes, each surer of class 0 than the one before.
    fn search(keep: Keep) -> MapElites<Direct> {
        let picture = Picture { height: 2, width: 1, color: Color::Gray };
        let settings = Settings {
            owner: "the test".to_owned(),
            classes: 2,
            others: 0,
            encoding: Preset::Paper.direct(picture),
            population: Population { initial: 1, children: 2, emitter: Emitter::Evolution },
            rule: ReplacementRule::EveryCell,
            keep,
        };
        let mut search = MapElites::new(settings).unwrap();
        for generation in 0..3_u8 {
            let batch = search.ask(&seeded(5));
            let sure = 0.1 * f32::from(generation + 1);
            let rows = [sure, 1.0 - sure].repeat(batch.len());
            search.tell(batch, &rows).unwrap();
        }
        search
    }

    #[test]
    fn there_are_no_strips_where_ancestors_have_no_genome() {
        let search = search(Keep::Records);
        assert!(search.archive().lineage(0).len() > 1);
        let lineage_snapshots = lineage_snapshots(&search);
        assert!(lineage_snapshots.place.is_empty() && lineage_snapshots.pixels.is_empty());
    }

    #[test]
    fn strips_have_the_pixels_and_the_confidence_of_every_member() {
        let search = search(Keep::Genomes);
        // Class 1 never saw better than the first genome, which has no ancestor; class 0 has a child of
        // the last generation.
        let lineage_snapshots = lineage_snapshots(&search);
        let lineage = search.archive().lineage(0);
        let members = lineage.len();
        assert!(members > 1);
        assert_eq!(lineage_snapshots.elite, vec![0; members]);
        assert_eq!(lineage_snapshots.place, (0..members as u32).collect::<Vec<_>>());
        let born: Vec<u32> = lineage.iter().map(|one| one.individual.generation).collect();
        assert_eq!(lineage_snapshots.generation, born);
        assert_eq!(
            (lineage_snapshots.class[members - 1], lineage_snapshots.pixels.len()),
            (0, 2 * members)
        );
        let elite = search.archive().genome(0).unwrap();
        let last = search.settings().encoding.render(&[elite]).pixels;
        assert_eq!(lineage_snapshots.pixels[2 * (members - 1)..], last);
        assert!((lineage_snapshots.confidence[members - 1] - 0.3).abs() < 1e-6);
    }
}
