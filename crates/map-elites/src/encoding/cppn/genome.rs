//! The graph of a CPPN.

use serde::{Deserialize, Serialize};

use crate::encoding::cppn::activation::Activation;

/// A graph of neurons without cycles.
///
/// Nodes are numbered: first the four inputs x, y, distance and bias, then the outputs, then the
/// hidden neurons. Between two nodes there may be several connections, whose weights add up, as in
/// the authors' code. A neuron that nothing leads to has the activation of 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CppnGenome {
    /// Of the outputs, then of the hidden neurons.
    pub activations: Vec<Activation>,
    /// In the order in which a neuron sums them.
    pub connections: Vec<Connection>,
}

/// A connection; saved as a list of its three values.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "(u32, u32, f32)", into = "(u32, u32, f32)")]
pub struct Connection {
    /// The node it leads from: an input or a hidden neuron.
    pub from: u32,
    /// The node it leads to: an output or a hidden neuron.
    pub to: u32,
    /// What the value is multiplied by.
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
    /// How many inputs a CPPN has.
    pub const INPUTS: u32 = 4;

    /// How many nodes there are: inputs, outputs and hidden neurons.
    #[must_use]
    pub fn nodes(&self) -> u32 {
        Self::INPUTS + self.activations.len() as u32
    }

    /// The nodes that the outputs depend on, these among them, each after all it depends on itself;
    /// none where connections form a cycle among them.
    #[must_use]
    pub fn order(&self, outputs: u32) -> Option<Vec<u32>> {
        let wanted: Vec<u32> = (Self::INPUTS..Self::INPUTS + outputs).collect();
        Incoming::of(self).order(&wanted)
    }

    /// An error if this is no CPPN of `outputs` outputs.
    pub(crate) fn check(&self, outputs: u32) -> Result<(), String> {
        let first_hidden = Self::INPUTS + outputs;
        if self.nodes() < first_hidden {
            let neurons = self.activations.len();
            return Err(format!("a CPPN of {outputs} outputs has only {neurons} neurons"));
        }
        for &Connection { from, to, .. } in &self.connections {
            let source = from < Self::INPUTS || (first_hidden..self.nodes()).contains(&from);
            if !source || !(Self::INPUTS..self.nodes()).contains(&to) {
                let nodes = self.nodes();
                return Err(format!(
                    "a CPPN of {outputs} outputs and {nodes} nodes has a connection \
                     from node {from} to node {to}"
                ));
            }
        }
        let everything: Vec<u32> = (0..self.nodes()).collect();
        match Incoming::of(self).order(&everything) {
            Some(_) => Ok(()),
            None => Err("the connections of a CPPN form a cycle".to_string()),
        }
    }

    /// Which nodes the value of `node` depends on, itself among them.
    pub(crate) fn sources_of(&self, node: u32) -> Vec<bool> {
        let incoming = Incoming::of(self);
        let mut reached = vec![false; self.nodes() as usize];
        let mut waiting = vec![node];
        while let Some(node) = waiting.pop() {
            if !std::mem::replace(&mut reached[node as usize], true) {
                waiting.extend(incoming.to(node).iter().map(|&c| self.connections[c].from));
            }
        }
        reached
    }
}

/// The connections of a genome by the node they lead to.
pub(crate) struct Incoming<'a> {
    genome: &'a CppnGenome,
    /// Indices into the genome's connections, node by node, in the genome's order.
    connections: Vec<usize>,
    /// Where in `connections` each node begins; one more than there are nodes.
    starts: Vec<usize>,
}

impl<'a> Incoming<'a> {
    /// Sorted by counting.
    pub(crate) fn of(genome: &'a CppnGenome) -> Self {
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
            let place = &mut next[connection.to as usize];
            connections[*place] = index;
            *place += 1;
        }
        Self { genome, connections, starts }
    }

    /// The indices of the connections that lead to `node`.
    pub(crate) fn to(&self, node: u32) -> &[usize] {
        let node = node as usize;
        &self.connections[self.starts[node]..self.starts[node + 1]]
    }

    /// Every node that one of `wanted` depends on, and these, each after all it depends on itself;
    /// none if there is a cycle among them.
    pub(crate) fn order(&self, wanted: &[u32]) -> Option<Vec<u32>> {
        #[derive(Clone, Copy, PartialEq)]
        enum State {
            New,
            Open,
            Done,
        }
        let mut states = vec![State::New; self.genome.nodes() as usize];
        let mut order = Vec::new();
        // Depth first, with a stack of our own: a chain of neurons may be long.
        let mut open: Vec<(u32, usize)> = Vec::new();
        for &root in wanted {
            if states[root as usize] == State::New {
                states[root as usize] = State::Open;
                open.push((root, 0));
            }
            while let Some((node, visited)) = open.last_mut() {
                let Some(&connection) = self.to(*node).get(*visited) else {
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
    fn a_graph_is_ordered_so_that_every_node_follows_what_it_depends_on() {
        // Output 4; hidden 5, 6, 7: x -> 6 -> 5 -> output, and 7 leads nowhere.
        let genome = genome(4, &[(5, 4), (6, 5), (0, 6), (1, 7)]);
        assert_eq!(Incoming::of(&genome).order(&[4]), Some(vec![0, 6, 5, 4]));
        assert!(genome.check(1).is_ok());
    }

    #[test]
    fn a_cycle_is_an_error_even_where_no_output_depends_on_it() {
        let error = genome(3, &[(0, 4), (5, 6), (6, 5)]).check(1).unwrap_err();
        assert_eq!(error, "the connections of a CPPN form a cycle");
        assert!(genome(2, &[(5, 5)]).check(1).is_err());
    }

    #[test]
    fn connections_into_inputs_out_of_outputs_or_to_nowhere_are_errors() {
        for (from, to) in [(0, 1), (4, 5), (9, 4), (0, 9)] {
            let error = genome(2, &[(from, to)]).check(1).unwrap_err();
            assert!(error.contains(&format!("from node {from} to node {to}")), "{error}");
        }
        assert!(genome(2, &[]).check(3).unwrap_err().contains("only 2 neurons"));
    }

    #[test]
    fn the_sources_of_a_node_are_itself_and_all_that_leads_to_it() {
        let genome = genome(4, &[(5, 4), (6, 5), (0, 6), (1, 7)]);
        assert_eq!(genome.sources_of(5), [true, false, false, false, false, true, true, false]);
    }

    #[test]
    fn a_genome_is_saved_as_names_and_triples() {
        let genome = CppnGenome {
            activations: vec![Activation::Sine],
            connections: vec![Connection { from: 0, to: 4, weight: 0.1 }],
        };
        let text = serde_json::to_string(&genome).unwrap();
        assert_eq!(text, r#"{"activations":["sine"],"connections":[[0,4,0.1]]}"#);
        assert_eq!(serde_json::from_str::<CppnGenome>(&text).unwrap(), genome);
    }
}
