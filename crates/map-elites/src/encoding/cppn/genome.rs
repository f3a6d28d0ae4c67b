//! The genome of a CPPN: an acyclic graph.

use serde::{Deserialize, Serialize};

use crate::encoding::cppn::activation::Activation;

/// An acyclic graph of neurons.
///
/// Nodes are numbered: the four inputs x, y, distance and bias first, then the outputs, then the
/// hidden neurons. Two nodes may have several connections, whose weights add up, as in the authors'
/// code. A neuron without incoming connections outputs the activation of 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CppnGenome {
    /// The activation functions of the outputs, then of the hidden neurons.
    pub activations: Vec<Activation>,
    /// The connections, in the order in which a neuron adds them up.
    pub connections: Vec<Connection>,
}

/// A weighted connection, serialized as a list of its three values.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "(u32, u32, f32)", into = "(u32, u32, f32)")]
pub struct Connection {
    /// The source node: an input or a hidden neuron.
    pub from: u32,
    /// The target node: an output or a hidden neuron.
    pub to: u32,
    /// The factor of the source's value.
    pub weight: f32,
}

impl From<(u32, u32, f32)> for Connection {
    fn from((from, to, weight): (u32, u32, f32)) -> Self {
        Self { from, to, weight }
    }
}

impl From<Connection> for (u32, u32, f32) {
    fn from(Connection { from, to, weight }: Connection) -> Self {
        (from, to, weight)
    }
}

impl CppnGenome {
    /// Number of inputs of a CPPN.
    pub const INPUTS: u32 = 4;

    /// Number of nodes: inputs, outputs and hidden neurons.
    #[must_use]
    pub fn nodes(&self) -> u32 {
        Self::INPUTS + self.activations.len() as u32
    }

    /// The first `outputs` outputs and every node they depend on, in topological order; none if
    /// these form a cycle.
    #[must_use]
    pub fn topological_order(&self, outputs: u32) -> Option<Vec<u32>> {
        let roots: Vec<u32> = (Self::INPUTS..Self::INPUTS + outputs).collect();
        IncomingConnections::new(self).topological_order(&roots)
    }

    /// Fails unless this is a valid CPPN with `outputs` outputs.
    pub(crate) fn check(&self, outputs: u32) -> Result<(), String> {
        let first_hidden = Self::INPUTS + outputs;
        if self.nodes() < first_hidden {
            let neurons = self.activations.len();
            return Err(format!("a CPPN of {outputs} outputs has only {neurons} neurons"));
        }
        for &Connection { from, to, .. } in &self.connections {
            let is_source = from < Self::INPUTS || (first_hidden..self.nodes()).contains(&from);
            if !is_source || !(Self::INPUTS..self.nodes()).contains(&to) {
                let nodes = self.nodes();
                return Err(format!(
                    "a CPPN of {outputs} outputs and {nodes} nodes has a connection \
                     from node {from} to node {to}"
                ));
            }
        }
        let all_nodes: Vec<u32> = (0..self.nodes()).collect();
        match IncomingConnections::new(self).topological_order(&all_nodes) {
            Some(_) => Ok(()),
            None => Err("the connections of a CPPN form a cycle".to_string()),
        }
    }

    /// For each node, whether the value of `node` depends on it; `node` itself is included.
    pub(crate) fn dependencies(&self, node: u32) -> Vec<bool> {
        let incoming = IncomingConnections::new(self);
        let mut reached = vec![false; self.nodes() as usize];
        let mut stack = vec![node];
        while let Some(node) = stack.pop() {
            if !std::mem::replace(&mut reached[node as usize], true) {
                stack.extend(incoming.of_node(node).iter().map(|&c| self.connections[c].from));
            }
        }
        reached
    }
}

/// A genome's connections, grouped by their target node.
pub(crate) struct IncomingConnections<'a> {
    genome: &'a CppnGenome,
    /// Indices into the genome's connections, node by node, in the genome's order.
    connections: Vec<usize>,
    /// The start of each node's group in `connections`, and the end of the last one.
    starts: Vec<usize>,
}

impl<'a> IncomingConnections<'a> {
    /// Groups the connections by a counting sort.
    pub(crate) fn new(genome: &'a CppnGenome) -> Self {
        let mut starts = vec![0; genome.nodes() as usize + 1];
        for connection in &genome.connections {
            starts[connection.to as usize + 1] += 1;
        }
        for node in 1..starts.len() {
            starts[node] += starts[node - 1];
        }
        let mut next = starts.clone();
        let mut connections = vec![0; genome.connections.len()];
        for (index, connection) in genome.connections.iter().enumerate() {
            let slot = &mut next[connection.to as usize];
            connections[*slot] = index;
            *slot += 1;
        }
        Self { genome, connections, starts }
    }

    /// The indices of the connections into `node`.
    pub(crate) fn of_node(&self, node: u32) -> &[usize] {
        let node = node as usize;
        &self.connections[self.starts[node]..self.starts[node + 1]]
    }

    /// The nodes `roots` and every node they depend on, in topological order; none if these form a
    /// cycle.
    pub(crate) fn topological_order(&self, roots: &[u32]) -> Option<Vec<u32>> {
        #[derive(Clone, Copy, PartialEq)]
        enum State {
            New,
            Open,
            Done,
        }
        let mut states = vec![State::New; self.genome.nodes() as usize];
        let mut order = Vec::new();
        // Depth-first search with an explicit stack, because a chain of neurons may be long.
        let mut open: Vec<(u32, usize)> = Vec::new();
        for &root in roots {
            if states[root as usize] == State::New {
                states[root as usize] = State::Open;
                open.push((root, 0));
            }
            while let Some((node, visited)) = open.last_mut() {
                let Some(&connection) = self.of_node(*node).get(*visited) else {
                    states[*node as usize] = State::Done;
                    order.push(*node);
                    open.pop();
                    continue;
                };
                *visited += 1;
                let source = self.genome.connections[connection].from;
                match states[source as usize] {
                    State::Done => {}
                    State::Open => return None,
                    State::New => {
                        states[source as usize] = State::Open;
                        open.push((source, 0));
                    }
                }
            }
        }
        Some(order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(from: u32, to: u32) -> Connection {
        Connection { from, to, weight: 1.0 }
    }

    fn genome(neurons: usize, connections: &[(u32, u32)]) -> CppnGenome {
        CppnGenome {
            activations: vec![Activation::Linear; neurons],
            connections: connections.iter().map(|&(from, to)| connection(from, to)).collect(),
        }
    }

    #[test]
    fn a_topological_order_has_every_node_after_its_dependencies() {
        // Output 4; hidden 5, 6, 7: x -> 6 -> 5 -> output, and 7 leads nowhere.
        let genome = genome(4, &[(5, 4), (6, 5), (0, 6), (1, 7)]);
        assert_eq!(genome.topological_order(1), Some(vec![0, 6, 5, 4]));
        assert!(genome.check(1).is_ok());
    }

    #[test]
    fn a_cycle_is_an_error_even_if_no_output_depends_on_it() {
        let error = genome(3, &[(0, 4), (5, 6), (6, 5)]).check(1).unwrap_err();
        assert_eq!(error, "the connections of a CPPN form a cycle");
        assert!(genome(2, &[(5, 5)]).check(1).is_err());
    }

    #[test]
    fn connections_to_inputs_from_outputs_or_to_missing_nodes_are_errors() {
        for (from, to) in [(0, 1), (4, 5), (9, 4), (0, 9)] {
            let error = genome(2, &[(from, to)]).check(1).unwrap_err();
            assert!(error.contains(&format!("from node {from} to node {to}")), "{error}");
        }
        assert!(genome(2, &[]).check(3).unwrap_err().contains("only 2 neurons"));
    }

    #[test]
    fn the_dependencies_of_a_node_include_itself() {
        let genome = genome(4, &[(5, 4), (6, 5), (0, 6), (1, 7)]);
        assert_eq!(genome.dependencies(5), [true, false, false, false, false, true, true, false]);
    }

    #[test]
    fn a_genome_is_serialized_as_names_and_triples() {
        let genome = CppnGenome {
            activations: vec![Activation::Sine],
            connections: vec![Connection { from: 0, to: 4, weight: 0.1 }],
        };
        let text = serde_json::to_string(&genome).unwrap();
        assert_eq!(text, r#"{"activations":["sine"],"connections":[[0,4,0.1]]}"#);
        assert_eq!(serde_json::from_str::<CppnGenome>(&text).unwrap(), genome);
    }
}
