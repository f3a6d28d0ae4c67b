//! The fooling study's cells, found by what tells them apart.

use std::collections::HashMap;

use assay_runs::{
    Attack, AttackCell, AttackResult, Cell, CellId, ClassifierCell, CrossEvaluationCell, Encoding,
    ExternalEvaluationCell, Method, Outcome, Plan, Predictions, Preset,
};

use assay_report::run_results::{CellResult, RunResults, distinct};

/// A planned network and what became of it.
#[derive(Debug, Clone, Copy)]
pub struct Network<'a> {
    /// The cell.
    pub cell: &'a ClassifierCell,
    /// What became of it.
    pub cell_result: &'a CellResult,
}

/// A planned attack and what became of it.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    /// The cell.
    pub cell: &'a AttackCell,
    /// What became of it.
    pub cell_result: &'a CellResult,
}

/// A planned showing and what became of it.
#[derive(Debug, Clone, Copy)]
pub struct Showing<'a> {
    /// The cell.
    pub cell: &'a CrossEvaluationCell,
    /// What became of it.
    pub cell_result: &'a CellResult,
}

/// A planned showing to a network of another run and what became of it.
#[derive(Debug, Clone, Copy)]
pub struct GuestShowing<'a> {
    /// The cell.
    pub cell: &'a ExternalEvaluationCell,
    /// What became of it.
    pub cell_result: &'a CellResult,
}

/// What attacks that differ in their seed alone have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Condition<'a> {
    /// The search.
    pub attack: Attack,
    /// The table of the network it is against.
    pub architecture: &'a str,
}

/// All planned cells of the fooling study, with what became of each. Networks that learnt what fooled
/// others, attacks of a round of retraining, and showings to such networks stand apart from the rest.
#[derive(Debug, Clone)]
pub struct Index<'a> {
    plan: &'a Plan,
    /// First those of the data's classes alone.
    networks: Vec<Network<'a>>,
    retrained_from: usize,
    attacks: Vec<Found<'a>>,
    repeats: Vec<Found<'a>>,
    showings: Vec<Showing<'a>>,
    to_retrained: Vec<Showing<'a>>,
    guests: Vec<GuestShowing<'a>>,
    by_id: HashMap<CellId, usize>,
    /// Places in `repeats`, by the attacked network.
    repeats_on: HashMap<CellId, Vec<usize>>,
}

impl Network<'_> {
    /// Nothing where it was trained; else what became of it, in words.
    ///
    /// # Errors
    /// When it was not.
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
    /// What tells it apart from other attacks, but for its seed.
    #[must_use]
    pub fn condition(&self) -> Condition<'a> {
        let architecture = self.cell.network.network.architecture.as_str();
        Condition { attack: self.cell.attack, architecture }
    }

    /// What it came to, where it has a record with elites.
    #[must_use]
    pub fn result(&self) -> Option<&'a AttackResult> {
        let result = self.cell_result.record()?.attack.as_ref()?;
        (!result.elites.is_empty() && !result.curve.is_empty()).then_some(result)
    }
}

impl Showing<'_> {
    /// What the network says of the elites; none where the showing has no record, or a network diverged.
    #[must_use]
    pub fn predictions(&self) -> Option<&Predictions> {
        self.cell_result.record()?.predictions.as_ref()
    }
}

impl<'a> Index<'a> {
    /// The fooling study's cells among a run's.
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
            match &cell_result.cell {
                Cell::Classifier(cell) => {
                    let of = if cell.round() == 0 { &mut index.networks } else { &mut retrained };
                    of.push(Network { cell, cell_result });
                }
                Cell::Attack(cell) => {
                    let by_itself = cell.repeat == 0 && cell.network.round() == 0;
                    let of = if by_itself { &mut index.attacks } else { &mut index.repeats };
                    of.push(Found { cell, cell_result });
                }
                Cell::CrossEvaluation(cell) => {
                    let first = cell.network.round() == 0;
                    let of = if first { &mut index.showings } else { &mut index.to_retrained };
                    of.push(Showing { cell, cell_result });
                }
                Cell::ExternalEvaluation(cell) => {
                    index.guests.push(GuestShowing { cell, cell_result })
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

    /// What the run was to do.
    #[must_use]
    pub fn plan(&self) -> &'a Plan {
        self.plan
    }

    /// Every planned network of the data's classes alone, in the plan's order.
    #[must_use]
    pub fn networks(&self) -> &[Network<'a>] {
        &self.networks[..self.retrained_from]
    }

    /// Every planned network that learns what fooled others, in the plan's order.
    #[must_use]
    pub fn retrained(&self) -> &[Network<'a>] {
        &self.networks[self.retrained_from..]
    }

    /// Every planned attack of a round of retraining, in the plan's order.
    #[must_use]
    pub fn repeats(&self) -> &[Found<'a>] {
        &self.repeats
    }

    /// The planned attacks of a round of retraining on one network, in the plan's order.
    #[must_use]
    pub fn repeats_on(&self, network: &ClassifierCell) -> Vec<Found<'a>> {
        let places = self.repeats_on.get(&network.id());
        places.into_iter().flatten().map(|&at| self.repeats[at]).collect()
    }

    /// Every planned showing to a retrained network, in the plan's order.
    #[must_use]
    pub fn to_retrained(&self) -> &[Showing<'a>] {
        &self.to_retrained
    }

    /// Every planned showing to a network of another run, in the plan's order.
    #[must_use]
    pub fn guests(&self) -> &[GuestShowing<'a>] {
        &self.guests
    }

    /// Every planned attack by itself, in the plan's order.
    #[must_use]
    pub fn attacks(&self) -> &[Found<'a>] {
        &self.attacks
    }

    /// Every planned showing to a network of the data's classes alone, in the plan's order.
    #[must_use]
    pub fn showings(&self) -> &[Showing<'a>] {
        &self.showings
    }

    /// The name of a class, of the reject class, or the number where the plan has no name for it.
    #[must_use]
    pub fn class(&self, class: u16) -> String {
        let classes = &self.plan.classes;
        if !classes.is_empty() && usize::from(class) == classes.len() {
            return "(rejected)".to_owned();
        }
        classes.get(usize::from(class)).cloned().unwrap_or_else(|| class.to_string())
    }

    /// Tables of networks in the plan, in its order, each once.
    #[must_use]
    pub fn architectures(&self) -> Vec<&'a str> {
        distinct(self.networks().iter().map(|one| one.cell.network.architecture.as_str()))
    }

    /// Seeds of networks in the plan, in its order, each once.
    #[must_use]
    pub fn seeds(&self) -> Vec<u32> {
        distinct(self.networks().iter().map(|one| one.cell.seed))
    }

    /// Conditions of attacks in the plan, in its order, each once.
    #[must_use]
    pub fn conditions(&self) -> Vec<Condition<'a>> {
        distinct(self.attacks.iter().map(Found::condition))
    }

    /// The preset that the claims are about: the paper's, or the plan's first where it is not there.
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

    /// The network of an architecture and seed, where it is planned.
    #[must_use]
    pub fn network(&self, architecture: &str, seed: u32) -> Option<Network<'a>> {
        let is_it =
            |one: &&Network| one.cell.seed == seed && one.cell.network.architecture == architecture;
        self.networks().iter().find(is_it).copied()
    }

    /// The network with this cell, where it is planned.
    #[must_use]
    pub fn network_of(&self, cell: &ClassifierCell) -> Option<Network<'a>> {
        self.by_id.get(&cell.id()).map(|&at| self.networks[at])
    }

    /// The attack of a condition with this seed, where it is planned.
    #[must_use]
    pub fn attack(&self, condition: Condition, seed: u32) -> Option<Found<'a>> {
        let is_it = |found: &&Found| found.cell.seed == seed && found.condition() == condition;
        self.attacks.iter().find(is_it).copied()
    }

    /// What an attack came to, where its network was trained: what a stuck or diverged network
    /// believes in says nothing of trained ones.
    ///
    /// # Errors
    /// When there is nothing to count; what is lacking, in words.
    pub fn counted(&self, condition: Condition, seed: u32) -> Result<&'a AttackResult, String> {
        let Condition { attack, architecture } = condition;
        let lacking = || format!("{attack} on {architecture}, seed {seed}");
        let found =
            self.attack(condition, seed).ok_or_else(|| format!("{} not planned", lacking()))?;
        self.network_of(&found.cell.network).map_or(Ok(()), |network| network.trained())?;
        found.result().ok_or_else(|| format!("{} {}", lacking(), found.cell_result.outcome()))
    }
}
