//! The graphs of several CPPNs, merged level by level, so that few tensor operations compute all.

use assay_map_elites::{Activation, CppnGenome};

/// Neurons that depend on earlier levels only, grouped by activation.
#[derive(Debug, PartialEq, Eq)]
pub struct Level {
    /// Number of neurons of each activation, in the order of [`Activation::ALL`].
    pub neurons: [usize; Activation::ALL.len()],
    /// By connection into the level: the row of its source's value. Rows are the inputs, then the
    /// neurons of all levels in turn.
    pub sources: Vec<i32>,
    /// By connection: the index of its weight among those of all genomes in turn.
    pub weights: Vec<i32>,
    /// By connection: the index of its target neuron in the level.
    pub targets: Vec<i32>,
}

/// Everything that the outputs of several genomes depend on.
#[derive(Debug, PartialEq, Eq)]
pub struct Graph {
    /// The levels in order of evaluation.
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
    /// Merges genomes with `outputs` outputs each.
    ///
    /// # Panics
    /// If a genome has a cycle, or all of them have 2^31 connections or neurons.
    #[must_use]
    pub fn new(genomes: &[&CppnGenome], outputs: u32) -> Self {
        let neurons = neurons(genomes, outputs);
        let mut rows: Vec<Vec<i32>> =
            genomes.iter().map(|genome| (0..to_i32(genome.nodes() as usize)).collect()).collect();
        for (index, neuron) in neurons.iter().enumerate() {
            rows[neuron.genome][neuron.node as usize] = to_i32(CppnGenome::INPUTS as usize + index);
        }
        let mut first_weights = vec![0];
        for genome in genomes {
            first_weights.push(first_weights[first_weights.len() - 1] + genome.connections.len());
        }
        let level = |neurons: &[Neuron]| level(neurons, genomes, &rows, &first_weights);
        let output_nodes = CppnGenome::INPUTS as usize..(CppnGenome::INPUTS + outputs) as usize;
        Self {
            levels: neurons.chunk_by(|a, b| a.level == b.level).map(level).collect(),
            outputs: rows.iter().flat_map(|rows| &rows[output_nodes.clone()]).copied().collect(),
        }
    }
}

/// The neurons that outputs depend on, by level and activation.
fn neurons(genomes: &[&CppnGenome], outputs: u32) -> Vec<Neuron> {
    let mut neurons = Vec::new();
    for (index, genome) in genomes.iter().enumerate() {
        let mut levels = vec![0; genome.nodes() as usize];
        let order = genome.topological_order(outputs).expect("a CPPN has no cycle");
        for node in order.into_iter().filter(|node| *node >= CppnGenome::INPUTS) {
            let incoming = genome.connections.iter().filter(|connection| connection.to == node);
            let source_levels = incoming.map(|connection| levels[connection.from as usize]);
            let level = source_levels.max().unwrap_or(0) + 1;
            levels[node as usize] = level;
            let activation = genome.activations[(node - CppnGenome::INPUTS) as usize] as usize;
            neurons.push(Neuron { level, activation, genome: index, node });
        }
    }
    neurons.sort_by_key(|neuron| (neuron.level, neuron.activation));
    neurons
}

/// One level of `neurons`. `rows` has the row of each genome's nodes, `first_weights` the index of
/// each genome's first weight.
fn level(
    neurons: &[Neuron],
    genomes: &[&CppnGenome],
    rows: &[Vec<i32>],
    first_weights: &[usize],
) -> Level {
    let empty = Vec::new;
    let mut level = Level { neurons: [0; 4], sources: empty(), weights: empty(), targets: empty() };
    for (target, neuron) in neurons.iter().enumerate() {
        level.neurons[neuron.activation] += 1;
        let connections = genomes[neuron.genome].connections.iter().enumerate();
        for (index, connection) in connections.filter(|(_, c)| c.to == neuron.node) {
            level.sources.push(rows[neuron.genome][connection.from as usize]);
            level.weights.push(to_i32(first_weights[neuron.genome] + index));
            level.targets.push(to_i32(target));
        }
    }
    level
}

fn to_i32(index: usize) -> i32 {
    i32::try_from(index).expect("fewer than 2^31")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_genomes_merge_into_levels_that_depend_on_earlier_ones() {
        // One output each, node 4. The first: x -> 5 (Gaussian) -> 4 (sine), and y -> 4 (weight 1);
        // node 6 leads nowhere. The second: distance -> 4 (linear).
        let genome = |activations: &[Activation], connections: &[(u32, u32)]| CppnGenome {
            activations: activations.to_vec(),
            connections: connections.iter().map(|&(from, to)| (from, to, 1.0).into()).collect(),
        };
        let (sine, gaussian, linear) = (Activation::Sine, Activation::Gaussian, Activation::Linear);
        let first = genome(&[sine, gaussian, sine], &[(5, 4), (1, 4), (0, 5), (0, 6)]);
        let second = genome(&[linear], &[(2, 4)]);
        let graph = Graph::new(&[&first, &second], 1);
        // Rows 0 to 3 are the inputs. Level 1: the first genome's node 5 in row 4, the second's
        // output in row 5. Level 2: the first genome's output in row 6.
        let expected = [
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
        assert_eq!(graph.levels, expected);
        assert_eq!(graph.outputs, [6, 5]);
    }
}
