//! The metrics that an attack records: of its elites after a generation, and of each elite at the
//! end.

use assay_classifier_cells::{EliteRecord, GenerationPoint};
use assay_map_elites::{Archive, Threshold};

/// Whether the curve has a point for `generation`, which counts from 1: the first 20, every tenth,
/// and the last.
pub fn is_recorded(generation: u32, generations: u32) -> bool {
    generation <= 20 || generation.is_multiple_of(10) || generation == generations
}

/// The point of the curve after `generation`. `replacements` counts the new elites of that
/// generation.
pub fn generation_point<G>(
    generation: u32,
    archive: &Archive<G>,
    replacements: usize,
) -> GenerationPoint {
    let metrics = archive.metrics().expect("a generation was told");
    let mut sorted: Vec<f32> = archive.elites().map(|(_, elite)| elite.confidence).collect();
    sorted.sort_by(f32::total_cmp);
    GenerationPoint {
        generation,
        evaluations: metrics.evaluations,
        min: metrics.min,
        lower_quartile: quantile(&sorted, 0.25),
        median: metrics.median,
        upper_quartile: quantile(&sorted, 0.75),
        max: metrics.max,
        mean: metrics.mean,
        at_least_99: metrics.at_least_99,
        at_least_9999: metrics.at_least_9999,
        predicted: metrics.predicted,
        individuals: metrics.individuals as u32,
        replacements: replacements as u32,
    }
}

/// The `q`-quantile, q in 0..=1, of at least one sorted value, with linear interpolation.
pub fn quantile(sorted: &[f32], q: f64) -> f32 {
    let position = q * (sorted.len() - 1) as f64;
    let (below, above) = (position.floor() as usize, position.ceil() as usize);
    let fraction = (position - position.floor()) as f32;
    sorted[below] + fraction * (sorted[above] - sorted[below])
}

/// The record of the elite of `class`.
///
/// # Panics
/// If the class has no elite.
pub fn elite_record<G>(archive: &Archive<G>, class: usize) -> EliteRecord {
    let elite = archive.elite(class).expect("the cell is filled");
    let individual = archive.individual(elite.individual).expect("the archive has its elites");
    EliteRecord {
        class: class as u16,
        confidence: elite.confidence,
        predicted: individual.predicted as u16,
        generation: individual.generation,
        evaluations_to_99: archive.evaluations_to_reach(class, Threshold::TwoNines),
        evaluations_to_9999: archive.evaluations_to_reach(class, Threshold::FourNines),
        lineage: archive.lineage(class).iter().map(|ancestor| ancestor.cell as u16).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_interpolated_linearly() {
        let sorted = [0.0, 1.0, 2.0, 4.0];
        assert_eq!(quantile(&sorted, 0.25).to_bits(), 0.75_f32.to_bits());
        assert_eq!(quantile(&sorted, 0.75).to_bits(), 2.5_f32.to_bits());
        assert_eq!(quantile(&sorted, 1.0).to_bits(), 4.0_f32.to_bits());
    }

    #[test]
    fn early_generations_every_tenth_and_the_last_are_recorded() {
        let recorded: Vec<u32> = (1..=33).filter(|&g| is_recorded(g, 33)).collect();
        let expected: Vec<u32> = (1..=20).chain([30, 33]).collect();
        assert_eq!(recorded, expected);
    }
}
