//! Mutation of CPPNs.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::encoding::Cppn;
use crate::encoding::cppn::activation::Activation;
use crate::encoding::cppn::genome::{Connection, CppnGenome};
use crate::streams::Bernoulli;

impl Cppn {
    /// Mutates `genome` in the order of the authors' code: weights, activations, add a connection,
    /// delete one, add a neuron, delete one. A valid genome stays valid.
    pub(crate) fn mutate(&self, genome: &mut CppnGenome, generation: u32, rng: &mut ChaCha8Rng) {
        let mut weights: Vec<f32> = genome.connections.iter().map(|c| c.weight).collect();
        let range = -self.weight_limit..=self.weight_limit;
        self.weights.mutate(&mut weights, range, generation, rng);
        for (connection, weight) in genome.connections.iter_mut().zip(weights) {
            connection.weight = weight;
        }
        let redraw_activation = Bernoulli::new(self.activation_rate);
        for activation in &mut genome.activations {
            if redraw_activation.sample(rng) {
                *activation = Activation::random(rng);
            }
        }
        if Bernoulli::new(self.add_connection_rate).sample(rng) {
            self.add_connection(genome, rng);
        }
        if Bernoulli::new(self.delete_connection_rate).sample(rng) {
            delete_connection(genome, rng);
        }
        if Bernoulli::new(self.add_neuron_rate).sample(rng) {
            add_neuron(genome, rng);
        }
        if Bernoulli::new(self.delete_neuron_rate).sample(rng) {
            self.delete_neuron(genome, rng);
        }
    }

    /// A weight drawn uniformly from the allowed range.
    pub(crate) fn random_weight(&self, rng: &mut ChaCha8Rng) -> f32 {
        rng.random_range(-self.weight_limit..=self.weight_limit)
    }

    /// Connects a random input or hidden neuron to a random neuron that it does not depend on, so
    /// no cycle arises.
    fn add_connection(&self, genome: &mut CppnGenome, rng: &mut ChaCha8Rng) {
        let outputs = self.outputs();
        let index = rng.random_range(0..genome.nodes() - outputs);
        let from = if index < CppnGenome::INPUTS { index } else { index + outputs };
        let is_dependency = genome.dependencies(from);
        // Never empty: nothing depends on an output.
        let targets: Vec<u32> = (CppnGenome::INPUTS..genome.nodes())
            .filter(|&node| !is_dependency[node as usize])
            .collect();
        let to = targets[rng.random_range(0..targets.len() as u32) as usize];
        genome.connections.push(Connection { from, to, weight: self.random_weight(rng) });
    }

    /// Removes a random hidden neuron and all its connections, if there is one.
    fn delete_neuron(&self, genome: &mut CppnGenome, rng: &mut ChaCha8Rng) {
        let first_hidden = CppnGenome::INPUTS + self.outputs();
        if genome.nodes() == first_hidden {
            return;
        }
        let removed = rng.random_range(first_hidden..genome.nodes());
        genome.activations.remove((removed - CppnGenome::INPUTS) as usize);
        genome.connections.retain(|c| c.from != removed && c.to != removed);
        for connection in &mut genome.connections {
            connection.from -= u32::from(connection.from > removed);
            connection.to -= u32::from(connection.to > removed);
        }
    }
}

/// Removes a random connection, if there is one.
fn delete_connection(genome: &mut CppnGenome, rng: &mut ChaCha8Rng) {
    if !genome.connections.is_empty() {
        let removed = rng.random_range(0..genome.connections.len() as u32);
        genome.connections.remove(removed as usize);
    }
}

/// Splits a random connection by a new neuron, if there is one. Both halves get its weight.
fn add_neuron(genome: &mut CppnGenome, rng: &mut ChaCha8Rng) {
    if genome.connections.is_empty() {
        return;
    }
    let split = rng.random_range(0..genome.connections.len() as u32);
    let Connection { from, to, weight } = genome.connections.remove(split as usize);
    let neuron = genome.nodes();
    genome.activations.push(Activation::random(rng));
    genome.connections.push(Connection { from, to: neuron, weight });
    genome.connections.push(Connection { from: neuron, to, weight });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;

    use super::*;
    use crate::color::Color;
    use crate::encoding::{Encoding, Render};
    use crate::image_spec::ImageSpec;
    use crate::presets::Preset;

    fn cppn(color: Color) -> Cppn {
        Preset::Paper.cppn(ImageSpec { height: 5, width: 4, color })
    }

    #[test]
    fn both_halves_of_a_split_connection_have_its_weight() {
        let mut genome = CppnGenome {
            activations: vec![Activation::Linear],
            connections: vec![Connection { from: 2, to: 4, weight: -3.5 }],
        };
        add_neuron(&mut genome, &mut ChaCha8Rng::seed_from_u64(1));
        assert_eq!(genome.activations.len(), 2);
        assert_eq!(
            genome.connections,
            [
                Connection { from: 2, to: 5, weight: -3.5 },
                Connection { from: 5, to: 4, weight: -3.5 }
            ]
        );
    }

    #[test]
    fn deleting_a_neuron_deletes_its_connections_and_renumbers_the_others() {
        let connection = |from, to, weight| Connection { from, to, weight };
        let before = CppnGenome {
            activations: vec![Activation::Linear, Activation::Sine, Activation::Gaussian],
            connections: vec![
                connection(0, 5, 1.0),
                connection(5, 4, 2.0),
                connection(1, 6, 3.0),
                connection(6, 4, 4.0),
            ],
        };
        let mut was_removed = [false; 2];
        for seed in 0..20 {
            let mut genome = before.clone();
            cppn(Color::Gray).delete_neuron(&mut genome, &mut ChaCha8Rng::seed_from_u64(seed));
            if genome.activations == [Activation::Linear, Activation::Gaussian] {
                assert_eq!(genome.connections, [connection(1, 5, 3.0), connection(5, 4, 4.0)]);
                was_removed[0] = true;
            } else {
                assert_eq!(genome.activations, [Activation::Linear, Activation::Sine]);
                assert_eq!(genome.connections, [connection(0, 5, 1.0), connection(5, 4, 2.0)]);
                was_removed[1] = true;
            }
        }
        assert_eq!(was_removed, [true, true]);
    }

    #[test]
    fn outputs_and_inputs_are_never_removed() {
        let cppn = cppn(Color::Hsv);
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mut genome = cppn.random(&mut rng);
        let before = genome.clone();
        for _ in 0..10 {
            cppn.delete_neuron(&mut genome, &mut rng);
        }
        assert_eq!(genome, before);
    }

    #[test]
    fn a_graph_without_connections_can_grow_again() {
        let cppn = cppn(Color::Gray);
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let mut genome =
            CppnGenome { activations: vec![Activation::Gaussian], connections: Vec::new() };
        delete_connection(&mut genome, &mut rng);
        add_neuron(&mut genome, &mut rng);
        assert!(genome.connections.is_empty());
        cppn.add_connection(&mut genome, &mut rng);
        assert_eq!(genome.connections.len(), 1);
        assert!(cppn.check_genome(&genome).is_ok());
    }

    #[test]
    fn graphs_grow_as_the_rates_predict() {
        let cppn = cppn(Color::Gray);
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let mut genome = cppn.random(&mut rng);
        for _ in 0..1000 {
            cppn.mutate(&mut genome, 0, &mut rng);
        }
        // Per mutation 0.5 neurons are added and 0.2 removed: 300 after 1000, with a deviation of
        // 20.
        let hidden = genome.activations.len() - 1;
        assert!((200..400).contains(&hidden), "{hidden} hidden neurons");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 50, ..ProptestConfig::default() })]

        /// 50 cases of 200 mutations: 10,000 in all.
        #[test]
        fn a_graph_stays_valid_under_any_mutations(
            seed: u64,
            rates in prop::array::uniform4(0.0..=1.0_f32),
            in_color: bool,
        ) {
            let cppn = Cppn {
                add_connection_rate: rates[0],
                delete_connection_rate: rates[1],
                add_neuron_rate: rates[2],
                delete_neuron_rate: rates[3],
                ..cppn(if in_color { Color::Hls } else { Color::Gray })
            };
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let mut genome = cppn.random(&mut rng);
            for generation in 0..200 {
                cppn.mutate(&mut genome, generation, &mut rng);
                prop_assert_eq!(cppn.check_genome(&genome), Ok(()));
            }
            prop_assert_eq!(cppn.render(&[genome]).pixels.len(), cppn.picture.values());
        }
    }
}
