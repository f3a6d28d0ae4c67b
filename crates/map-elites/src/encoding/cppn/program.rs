//! A CPPN compiled to a list of steps, each of which computes one neuron for many pixels.

use std::ops::Range;

use multiversion::multiversion;

use crate::encoding::cppn::activation::Activation;
use crate::encoding::cppn::coordinates::CoordinateGrid;
use crate::encoding::cppn::genome::{CppnGenome, IncomingConnections};

/// Number of inputs that vary between pixels. The fourth, the bias, is folded into the steps.
const VARYING_INPUTS: usize = 3;
const BIAS: u32 = 3;

/// A compiled CPPN: the neurons that its outputs depend on, in topological order.
pub(crate) struct Program {
    steps: Vec<Step>,
    /// The summands of all steps, step by step.
    terms: Vec<Term>,
    /// The step that computes each output.
    outputs: Vec<usize>,
}

/// The computation of one neuron.
struct Step {
    activation: Activation,
    /// The contribution of the bias.
    constant: f32,
    /// Its range in [`Program::terms`].
    terms: Range<usize>,
}

/// A weighted value.
#[derive(Clone, Copy)]
struct Term {
    /// 0, 1 and 2 are x, y and distance; step i is `VARYING_INPUTS + i`.
    source: usize,
    weight: f32,
}

impl Program {
    /// Compiles a valid genome with `outputs` outputs.
    ///
    /// # Panics
    /// If the genome's connections form a cycle.
    pub(crate) fn compile(genome: &CppnGenome, outputs: u32) -> Self {
        let output_nodes: Vec<u32> = (CppnGenome::INPUTS..CppnGenome::INPUTS + outputs).collect();
        let incoming = IncomingConnections::new(genome);
        let order = incoming.topological_order(&output_nodes).expect("a CPPN has no cycle");
        // By node: its value's index, as in `Term::source`.
        let mut value_indices = vec![0; genome.nodes() as usize];
        let mut program = Self { steps: Vec::new(), terms: Vec::new(), outputs: Vec::new() };
        for node in order {
            if node < CppnGenome::INPUTS {
                value_indices[node as usize] = node as usize;
                continue;
            }
            value_indices[node as usize] = VARYING_INPUTS + program.steps.len();
            let first = program.terms.len();
            let mut constant = 0.0;
            for &connection in incoming.of_node(node) {
                let connection = genome.connections[connection];
                if connection.from == BIAS {
                    constant += connection.weight;
                } else {
                    let source = value_indices[connection.from as usize];
                    program.terms.push(Term { source, weight: connection.weight });
                }
            }
            let activation = genome.activations[(node - CppnGenome::INPUTS) as usize];
            let terms = first..program.terms.len();
            program.steps.push(Step { activation, constant, terms });
        }
        let step_of = |&node: &u32| value_indices[node as usize] - VARYING_INPUTS;
        program.outputs = output_nodes.iter().map(step_of).collect();
        program
    }

    /// Computes the pixels `range` of `grid`, and calls `sink` with each output's index and values.
    ///
    /// `values` is scratch memory for the values of the steps; its content does not matter.
    pub(crate) fn run(
        &self,
        grid: &CoordinateGrid,
        range: Range<usize>,
        values: &mut Vec<f32>,
        mut sink: impl FnMut(usize, &[f32]),
    ) {
        let count = range.len();
        values.resize(values.len().max(self.steps.len() * count), 0.0);
        for (index, step) in self.steps.iter().enumerate() {
            let (done, rest) = values.split_at_mut(index * count);
            let sum = &mut rest[..count];
            let source = |term: &Term| match term.source {
                0 => &grid.x[range.clone()],
                1 => &grid.y[range.clone()],
                2 => &grid.distance[range.clone()],
                step => &done[(step - VARYING_INPUTS) * count..][..count],
            };
            sum.fill(step.constant);
            let (pairs, rest) = self.terms[step.terms.clone()].as_chunks::<2>();
            for [first, second] in pairs {
                add_two(sum, source(first), first.weight, source(second), second.weight);
            }
            for term in rest {
                add_one(sum, source(term), term.weight);
            }
            step.activation.apply(sum);
        }
        for (output, &step) in self.outputs.iter().enumerate() {
            sink(output, &values[step * count..][..count]);
        }
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn add_one(sum: &mut [f32], values: &[f32], weight: f32) {
    for (sum, value) in sum.iter_mut().zip(values) {
        *sum += weight * value;
    }
}

/// Equals two calls of [`add_one`] bit by bit, with half the memory traffic.
#[multiversion(targets("x86_64+avx2"))]
fn add_two(sum: &mut [f32], a: &[f32], weight_a: f32, b: &[f32], weight_b: f32) {
    for ((sum, a), b) in sum.iter_mut().zip(a).zip(b) {
        *sum = (*sum + weight_a * a) + weight_b * b;
    }
}
