//! A CPPN as a list of steps over many pixels at a time.

use std::ops::Range;

use multiversion::multiversion;

use crate::encoding::cppn::activation::Activation;
use crate::encoding::cppn::coordinates::Plane;
use crate::encoding::cppn::genome::{CppnGenome, Incoming};

/// The three inputs that differ between pixels; the fourth, the bias, is folded into the steps.
const VARYING: usize = 3;
const BIAS: u32 = 3;

/// The neurons that the outputs depend on, each after all it depends on itself.
pub(crate) struct Program {
    steps: Vec<Step>,
    /// What the steps add up, step by step.
    terms: Vec<Term>,
    /// Which step computes each output.
    outputs: Vec<usize>,
}

/// One neuron.
struct Step {
    activation: Activation,
    /// What the bias adds.
    constant: f32,
    terms: Range<usize>,
}

/// A weighted value: 0, 1 and 2 are x, y and the distance, what follows are the steps.
#[derive(Clone, Copy)]
struct Term {
    source: usize,
    weight: f32,
}

impl Program {
    /// The program of a valid genome.
    ///
    /// # Panics
    /// If the genome's connections form a cycle.
    pub(crate) fn of(genome: &CppnGenome, outputs: u32) -> Self {
        let wanted: Vec<u32> = (CppnGenome::INPUTS..CppnGenome::INPUTS + outputs).collect();
        let incoming = Incoming::of(genome);
        let order = incoming.order(&wanted).expect("a CPPN has no cycle");
        let mut places = vec![0; genome.nodes() as usize];
        let mut program = Self { steps: Vec::new(), terms: Vec::new(), outputs: Vec::new() };
        for node in order {
            if node < CppnGenome::INPUTS {
                places[node as usize] = node as usize;
                continue;
            }
            places[node as usize] = VARYING + program.steps.len();
            let first = program.terms.len();
            let mut constant = 0.0;
            for &connection in incoming.to(node) {
                let connection = genome.connections[connection];
                if connection.from == BIAS {
                    constant += connection.weight;
                } else {
                    let source = places[connection.from as usize];
                    program.terms.push(Term { source, weight: connection.weight });
                }
            }
            let activation = genome.activations[(node - CppnGenome::INPUTS) as usize];
            let terms = first..program.terms.len();
            program.steps.push(Step { activation, constant, terms });
        }
        program.outputs = wanted.iter().map(|&node| places[node as usize] - VARYING).collect();
        program
    }

    /// Computes the pixels `range` of `plane`, and passes each output's values to `sink` with its
    /// index.
    ///
    /// `values` is room for the steps' values; what was in it does not matter.
    pub(crate) fn run(
        &self,
        plane: &Plane,
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
                0 => &plane.x[range.clone()],
                1 => &plane.y[range.clone()],
                2 => &plane.distance[range.clone()],
                step => &done[(step - VARYING) * count..][..count],
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

/// As two calls of [`add_one`], to the last bit, with half the traffic.
#[multiversion(targets("x86_64+avx2"))]
fn add_two(sum: &mut [f32], a: &[f32], weight_a: f32, b: &[f32], weight_b: f32) {
    for ((sum, a), b) in sum.iter_mut().zip(a).zip(b) {
        *sum = (*sum + weight_a * a) + weight_b * b;
    }
}
