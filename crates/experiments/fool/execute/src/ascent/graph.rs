//! Several CPPNs as one: level by level, so that a few operations on tensors compute all of them.

use assay_map_elites::{Activation, CppnGenome};

/// The neurons that wait only for earlier levels, those of each activation side by side.
#[derive(Debug, PartialEq, Eq)]
pub struct Level {
    /// How many there are of each activation, in the order of [`Activation::ALL`].
    pub neurons: [usize; Activation::ALL.len()],
    /// For each connection into the level the row of the value it leads from: the inputs, then the neurons
    /// of all levels in turn.
    pub sources: Vec<i32>,
    /// For each connection the place of its weight among those of all genomes in turn.
    pub weights: Vec<i32>,
    /// For each connection the place within the level of the neuron it leads to.
    pub targets: Vec<i32>,
}

/// All that the outputs of some genomes depend on.
#[derive(Debug, PartialEq, Eq)]
pub struct Graph {
    /// First to last.
    pub levels: Vec<Level>,
    /// The row of each output, genome by genome.
    pub outputs: Vec<i32>,
}

struct Neuron {
    level: usize,
    activation: usize,
    genome: usize,
    node: u32,
}

impl Graph {
    /// Of genomes with so many outputs each.
    ///
    /// # Panics
    /// When a genome has a cycle, or all together have 2^31 connections or neurons.
    #[must_use]
    pub fn of(genomes: &[&CppnGenome], outputs: u32) -> Self {
        let neurons = neurons(genomes, outputs);
        let mut rows: Vec<Vec<i32>> =
            genomes.iter().map(|genome| (0..index(genome.nodes() as usize)).collect()).collect();
        for (place, neuron) in neurons.iter().enumerate() {
            rows[neuron.genome][neuron.node as usize] = index(CppnGenome::INPUTS as usize + place);
        }
        let mut first = vec![0];
        for genome in genomes {
            first.push(first[first.len() - 1] + genome.connections.len());
        }
        let level = |neurons: &[Neuron]| level(neurons, genomes, &rows, &first);
        let wanted = CppnGenome::INPUTS as usize..(CppnGenome::INPUTS + outputs) as usize;
        Self {
            levels: neurons.chunk_by(|a, b| a.level == b.level).map(level).collect(),
            outputs: rows.iter().flat_map(|rows| &rows[wanted.clone()]).copied().collect(),
        }
    }
}

/// Those that outputs depend on, by level and activation.
fn neurons(genomes: &[&CppnGenome], outputs: u32) -> Vec<Neuron> {
    let mut neurons = Vec::new();
    for (place, genome) in genomes.iter().enumerate() {
        let mut levels = vec![0; genome.nodes() as usize];
        let order = genome.order(outputs).expect("a CPPN has no cycle");
        for node in order.into_iter().filter(|node| *node >= CppnGenome::INPUTS) {
            let sources = genome.connections.iter().filter(|one| one.to == node);
            let before = sources.map(|one| levels[one.from as usize]).max().unwrap_or(0);
            let level = before + 1;
            levels[node as usize] = level;
            let activation = genome.activations[(node - CppnGenome::INPUTS) as usize] as usize;
            neurons.push(Neuron { level, activation, genome: place, node });
        }
    }
    neurons.sort_by_key(|neuron| (neuron.level, neuron.activation));
    neurons
}

fn level(neurons: &[Neuron], genomes: &[&CppnGenome], rows: &[Vec<i32>], first: &[usize]) -> Level {
    let nothing = Vec::new;
    let mut level =
        Level { neurons: [0; 4], sources: nothing(), weights: nothing(), targets: nothing() };
    for (place, neuron) in neurons.iter().enumerate() {
        level.neurons[neuron.activation] += 1;
        let connections = genomes[neuron.genome].connections.iter().enumerate();
        for (at, connection) in connections.filter(|(_, one)| one.to == neuron.node) {
            level.sources.push(rows[neuron.genome][connection.from as usize]);
            level.weights.push(index(first[neuron.genome] + at));
            level.targets.push(index(place));
        }
    }
    level
}

fn index(place: usize) -> i32 {
    i32::try_from(place).expect("fewer than 2^31 of them")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_genomes_become_levels_that_wait_for_earlier_ones_alone() {
        // Of one output each, node 4. The first: x -> 5 (Gaussian) -> 4 (sine), and y -> 4 (weight 1);
        // node 6 leads nowhere. The second: distance -> 4 (linear).
        let genome = |activations: &[Activation], connections: &[(u32, u32)]| CppnGenome {
            activations: activations.to_vec(),
            connections: connections.iter().map(|&(from, to)| (from, to, 1.0).into()).collect(),
        };
        let (sine, gaussian, linear) = (Activation::Sine, Activation::Gaussian, Activation::Linear);
        let first = genome(&[sine, gaussian, sine], &[(5, 4), (1, 4), (0, 5), (0, 6)]);
        let second = genome(&[linear], &[(2, 4)]);
        let graph = Graph::of(&[&first, &second], 1);
        // Rows 0 to 3 are the inputs. Level 1: the first's node 5 in row 4, the second's output in row 5.
        // Level 2: the first's output in row 6.
        let wanted = [
            Level {
                neurons: [0, 0, 1, 1],
                sources: vec![0, 2],
                weights: vec![2, 4],
                targets: vec![0, 1],
            },
            Level {
                neurons: [1, 0, 0, 0],
                sources: vec![4, 1],
                weights: vec![0, 1],
                targets: vec![0, 0],
            },
        ];
        assert_eq!(graph.levels, wanted);
        assert_eq!(graph.outputs, [6, 5]);
    }
}
