//! The cells of the fooling experiment, by their distinguishing properties.

use std::collections::HashMap;

use assay_classifier_cells::{
    Attack, AttackCell, AttackResult, CellKind, ClassifierCell, CrossEvaluationCell, Encoding,
    ExternalEvaluationCell, Method, Predictions, Preset,
};
use assay_runs::{CellId, CellSpec, Outcome, Plan};

use assay_report::run_results::{CellResult, RunResults, distinct};

/// A planned network and its result.
#[derive(Debug, Clone, Copy)]
pub struct Network<'a> {
    /// The cell.
    pub cell: &'a ClassifierCell,
    /// Its result.
    pub cell_result: &'a CellResult,
}

/// A planned attack and its result.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    /// The cell.
    pub cell: &'a AttackCell,
    /// Its result.
    pub cell_result: &'a CellResult,
}

/// A planned cross-evaluation and its result.
#[derive(Debug, Clone, Copy)]
pub struct Showing<'a> {
    /// The cell.
    pub cell: &'a CrossEvaluationCell,
    /// Its result.
    pub cell_result: &'a CellResult,
}

/// A planned evaluation by an external model and its result.
#[derive(Debug, Clone, Copy)]
pub struct GuestShowing<'a> {
    /// The cell.
    pub cell: &'a ExternalEvaluationCell,
    /// Its result.
    pub cell_result: &'a CellResult,
}

/// The common properties of attacks that differ only in their seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Condition<'a> {
    /// The search.
    pub attack: Attack,
    /// The architecture of the attacked network.
    pub architecture: &'a str,
}

/// All planned cells of the fooling experiment, with their results. Retrained networks, attacks of
/// a round of retraining, and evaluations by retrained networks are separate from the others.
#[derive(Debug, Clone)]
pub struct Index<'a> {
    plan: &'a Plan,
    /// The networks without a reject class come first.
    networks: Vec<Network<'a>>,
    retrained_from: usize,
    attacks: Vec<Found<'a>>,
    repeats: Vec<Found<'a>>,
    showings: Vec<Showing<'a>>,
    to_retrained: Vec<Showing<'a>>,
    guests: Vec<GuestShowing<'a>>,
    by_id: HashMap<CellId, usize>,
    /// Indices in `repeats`, by the attacked network.
    repeats_on: HashMap<CellId, Vec<usize>>,
}

impl Network<'_> {
    /// Succeeds if it was trained.
    ///
    /// # Errors
    /// When it was not trained: its outcome, as text.
    pub fn trained(&self) -> Result<(), String> {
        let Self { cell, cell_result } = self;
        let trained = cell_result.record().is_some_and(|r| r.outcome == Outcome::Trained);
        let round = match cell.round() {
            0 => String::new(),
            number => format!(", round {number}"),
        };
        let name = format!("{}, seed {}{round}", cell.network.architecture, cell.seed);
        if trained { Ok(()) } else { Err(format!("network {name} {}", cell_result.outcome())) }
    }
}

impl<'a> Found<'a> {
    /// Its properties other than the seed.
    #[must_use]
    pub fn condition(&self) -> Condition<'a> {
        let architecture = self.cell.network.network.architecture.as_str();
        Condition { attack: self.cell.attack, architecture }
    }

    /// Its result, if it has a record with elites.
    #[must_use]
    pub fn result(&self) -> Option<&'a AttackResult> {
        let result = self.cell_result.record()?.details::<AttackResult>()?;
        (!result.elites.is_empty() && !result.curve.is_empty()).then_some(result)
    }
}

impl Showing<'_> {
    /// The network's predictions for the elites; none if there is no record, or the network
    /// diverged.
    #[must_use]
    pub fn predictions(&self) -> Option<&Predictions> {
        self.cell_result.record()?.details()
    }
}

impl<'a> Index<'a> {
    /// Selects the cells of the fooling experiment from those of a run.
    #[must_use]
    pub fn new(run: &'a RunResults) -> Self {
        let plan = run.plan();
        let mut index = Self {
            plan,
            networks: Vec::new(),
            retrained_from: 0,
            attacks: Vec::new(),
            repeats: Vec::new(),
            showings: Vec::new(),
            to_retrained: Vec::new(),
            guests: Vec::new(),
            by_id: HashMap::new(),
            repeats_on: HashMap::new(),
        };
        let mut retrained = Vec::new();
        for cell_result in run.all() {
            match CellKind::from(&cell_result.cell) {
                CellKind::Classifier(cell) => {
                    let of = if cell.round() == 0 { &mut index.networks } else { &mut retrained };
                    of.push(Network { cell, cell_result });
                }
                CellKind::Attack(cell) => {
                    let by_itself = cell.repeat == 0 && cell.network.round() == 0;
                    let of = if by_itself { &mut index.attacks } else { &mut index.repeats };
                    of.push(Found { cell, cell_result });
                }
                CellKind::CrossEvaluation(cell) => {
                    let first = cell.network.round() == 0;
                    let of = if first { &mut index.showings } else { &mut index.to_retrained };
                    of.push(Showing { cell, cell_result });
                }
                CellKind::ExternalEvaluation(cell) => {
                    index.guests.push(GuestShowing { cell, cell_result });
                }
                _ => {}
            }
        }
        index.retrained_from = index.networks.len();
        index.networks.extend(retrained);
        index.found_by_id()
    }

    fn found_by_id(mut self) -> Self {
        let networks = self.networks.iter().enumerate();
        self.by_id = networks.map(|(at, one)| (one.cell.id(), at)).collect();
        for (at, found) in self.repeats.iter().enumerate() {
            self.repeats_on.entry(found.cell.network.id()).or_default().push(at);
        }
        self
    }

    /// The plan of the run.
    #[must_use]
    pub fn plan(&self) -> &'a Plan {
        self.plan
    }

    /// Every planned network without a reject class, in the order of the plan.
    #[must_use]
    pub fn networks(&self) -> &[Network<'a>] {
        &self.networks[..self.retrained_from]
    }

    /// Every planned retrained network, in the order of the plan.
    #[must_use]
    pub fn retrained(&self) -> &[Network<'a>] {
        &self.networks[self.retrained_from..]
    }

    /// Every planned attack of a round of retraining, in the order of the plan.
    #[must_use]
    pub fn repeats(&self) -> &[Found<'a>] {
        &self.repeats
    }

    /// The planned attacks of a round of retraining on one network, in the order of the plan.
    #[must_use]
    pub fn repeats_on(&self, network: &ClassifierCell) -> Vec<Found<'a>> {
        let places = self.repeats_on.get(&network.id());
        places.into_iter().flatten().map(|&at| self.repeats[at]).collect()
    }

    /// Every planned evaluation by a retrained network, in the order of the plan.
    #[must_use]
    pub fn to_retrained(&self) -> &[Showing<'a>] {
        &self.to_retrained
    }

    /// Every planned evaluation by an external model, in the order of the plan.
    #[must_use]
    pub fn guests(&self) -> &[GuestShowing<'a>] {
        &self.guests
    }

    /// Every planned ordinary attack, in the order of the plan.
    #[must_use]
    pub fn attacks(&self) -> &[Found<'a>] {
        &self.attacks
    }

    /// Every planned cross-evaluation by a network without a reject class, in the order of the
    /// plan.
    #[must_use]
    pub fn showings(&self) -> &[Showing<'a>] {
        &self.showings
    }

    /// The name of a class or of the reject class; the number if the plan has no name for it.
    #[must_use]
    pub fn class(&self, class: u16) -> String {
        let classes = &self.plan.classes;
        if !classes.is_empty() && usize::from(class) == classes.len() {
            return "(rejected)".to_owned();
        }
        classes.get(usize::from(class)).cloned().unwrap_or_else(|| class.to_string())
    }

    /// The distinct architectures of networks, in the order of the plan.
    #[must_use]
    pub fn architectures(&self) -> Vec<&'a str> {
        distinct(self.networks().iter().map(|one| one.cell.network.architecture.as_str()))
    }

    /// The distinct seeds of networks, in the order of the plan.
    #[must_use]
    pub fn seeds(&self) -> Vec<u32> {
        distinct(self.networks().iter().map(|one| one.cell.seed))
    }

    /// The distinct conditions of attacks, in the order of the plan.
    #[must_use]
    pub fn conditions(&self) -> Vec<Condition<'a>> {
        distinct(self.attacks.iter().map(Found::condition))
    }

    /// The preset that the claims are about: the paper's, or the plan's first if it does not have
    /// the paper's.
    #[must_use]
    pub fn main_preset(&self) -> Preset {
        let presets = distinct(self.attacks.iter().map(|found| found.cell.attack.preset));
        if presets.contains(&Preset::Paper) {
            Preset::Paper
        } else {
            presets.first().copied().unwrap_or(Preset::Paper)
        }
    }

    /// The plan's first evolution with this encoding and the main preset.
    #[must_use]
    pub fn evolution(&self, encoding: Encoding) -> Option<Attack> {
        let preset = self.main_preset();
        let searches = self.attacks.iter().map(|found| found.cell.attack);
        let mut evolutions = searches.filter(|attack| attack.method == Method::Evolution);
        evolutions.find(|attack| attack.encoding == encoding && attack.preset == preset)
    }

    /// The network with an architecture and a seed, if it is planned.
    #[must_use]
    pub fn network(&self, architecture: &str, seed: u32) -> Option<Network<'a>> {
        let is_it =
            |one: &&Network| one.cell.seed == seed && one.cell.network.architecture == architecture;
        self.networks().iter().find(is_it).copied()
    }

    /// The network with this cell, if it is planned.
    #[must_use]
    pub fn network_of(&self, cell: &ClassifierCell) -> Option<Network<'a>> {
        self.by_id.get(&cell.id()).map(|&at| self.networks[at])
    }

    /// The attack of a condition with this seed, if it is planned.
    #[must_use]
    pub fn attack(&self, condition: Condition, seed: u32) -> Option<Found<'a>> {
        let is_it = |found: &&Found| found.cell.seed == seed && found.condition() == condition;
        self.attacks.iter().find(is_it).copied()
    }

    /// The result of an attack on a trained network. Attacks on networks that did not learn or
    /// diverged show nothing about trained ones.
    ///
    /// # Errors
    /// When there is no result to count: what is missing, as text.
    pub fn counted(&self, condition: Condition, seed: u32) -> Result<&'a AttackResult, String> {
        let Condition { attack, architecture } = condition;
        let lacking = || format!("{attack} on {architecture}, seed {seed}");
        let found =
            self.attack(condition, seed).ok_or_else(|| format!("{} not planned", lacking()))?;
        self.network_of(&found.cell.network).map_or(Ok(()), |network| network.trained())?;
        found.result().ok_or_else(|| format!("{} {}", lacking(), found.cell_result.outcome()))
    }
}
