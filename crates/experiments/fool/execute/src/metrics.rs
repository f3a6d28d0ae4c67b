//! What an attack metrics as it goes on, and of its elites at its end.

use assay_map_elites::{Archive, Threshold};
use assay_runs::{EliteRecord, GenerationPoint};

/// Whether a generation, from 1, is among those whose elites are noted.
pub fn is_noted(generation: u32, all: u32) -> bool {
    generation <= 20 || generation.is_multiple_of(10) || generation == all
}

/// The elites after a generation.
pub fn point<G>(generation: u32, archive: &Archive<G>, jumps: usize) -> GenerationPoint {
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
        jumps: jumps as u32,
    }
}

/// Linear between the two values it lies between; `sorted` has at least one.
pub fn quantile(sorted: &[f32], share: f64) -> f32 {
    let place = share * (sorted.len() - 1) as f64;
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    let part = (place - place.floor()) as f32;
    sorted[below] + part * (sorted[above] - sorted[below])
}

/// What is recorded of a class that has an elite.
pub fn elite<G>(archive: &Archive<G>, class: usize) -> EliteRecord {
    let elite = archive.elite(class).expect("asked for a filled cell");
    let individual = archive.individual(elite.individual).expect("an elite is kept");
    EliteRecord {
        class: class as u16,
        confidence: elite.confidence,
        predicted: individual.predicted as u16,
        generation: individual.generation,
        evaluations_to_99: archive.evaluations_of_cell(class, Threshold::TwoNines),
        evaluations_to_9999: archive.evaluations_of_cell(class, Threshold::FourNines),
        lineage: archive.lineage(class).iter().map(|ancestor| ancestor.cell as u16).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_lie_linearly_between_values() {
        let sorted = [0.0, 1.0, 2.0, 4.0];
        assert_eq!(quantile(&sorted, 0.25).to_bits(), 0.75_f32.to_bits());
        assert_eq!(quantile(&sorted, 0.75).to_bits(), 2.5_f32.to_bits());
        assert_eq!(quantile(&sorted, 1.0).to_bits(), 4.0_f32.to_bits());
    }

    #[test]
    fn early_generations_every_tenth_and_the_last_are_noted() {
        let noted: Vec<u32> = (1..=33).filter(|&generation| is_noted(generation, 33)).collect();
        let expected: Vec<u32> = (1..=20).chain([30, 33]).collect();
        assert_eq!(noted, expected);
    }
}
