//! The planned cells of the fooling experiment with their results, and how to find them.

use assay_classifier_cells::{
    Attack, AttackCell, AttackResult, CellKind, ClassifierCell, CrossEvaluationCell, Encoding,
    ExternalEvaluationCell, GenerationPoint, Method, Predictions, Preset,
};
use assay_report::run_results::{CellResult, RunResults, distinct};
use assay_runs::{Outcome, Plan};

/// A planned cell of one kind, and its result.
#[derive(Debug)]
pub struct Planned<'a, C> {
    pub cell: &'a C,
    pub cell_result: &'a CellResult,
}

pub type Network<'a> = Planned<'a, ClassifierCell>;
pub type PlannedAttack<'a> = Planned<'a, AttackCell>;
pub type CrossEvaluation<'a> = Planned<'a, CrossEvaluationCell>;
pub type ExternalEvaluation<'a> = Planned<'a, ExternalEvaluationCell>;

impl Network<'_> {
    /// Succeeds if it was trained.
    ///
    /// # Errors
    /// When it was not trained: its outcome, as text.
    pub fn trained(&self) -> Result<(), String> {
        let Self { cell, cell_result } = self;
        if cell_result.record().is_some_and(|record| record.outcome == Outcome::Trained) {
            return Ok(());
        }
        let round = match cell.round() {
            0 => String::new(),
            number => format!(", round {number}"),
        };
        let name = format!("{}, seed {}{round}", cell.network.architecture, cell.seed);
        Err(format!("network {name} {}", cell_result.outcome()))
    }
}

impl<'a> PlannedAttack<'a> {
    /// Its result, if it has a record with elites.
    pub fn result(&self) -> Option<&'a AttackResult> {
        let result = self.cell_result.record()?.details::<AttackResult>()?;
        (!result.elites.is_empty() && !result.curve.is_empty()).then_some(result)
    }
}

impl<'a> CrossEvaluation<'a> {
    /// The network's predictions for the elites; none if there is no record, or it diverged.
    pub fn predictions(&self) -> Option<&'a Predictions> {
        self.cell_result.record()?.details()
    }
}

/// The common properties of attacks that differ only in their seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Condition<'a> {
    pub attack: Attack,
    /// The architecture of the attacked network.
    pub architecture: &'a str,
}

impl<'a> From<&'a AttackCell> for Condition<'a> {
    fn from(cell: &'a AttackCell) -> Self {
        Self { attack: cell.attack, architecture: &cell.network.network.architecture }
    }
}

/// All planned cells of the fooling experiment, each kind in the order of the plan.
#[derive(Debug)]
pub struct Index<'a> {
    pub plan: &'a Plan,
    /// The networks without a reject class.
    pub networks: Vec<Network<'a>>,
    pub retrained: Vec<Network<'a>>,
    /// The attacks on networks without a reject class that no network learns from.
    pub attacks: Vec<PlannedAttack<'a>>,
    /// The attacks of retraining rounds.
    pub round_attacks: Vec<PlannedAttack<'a>>,
    /// The cross-evaluations by networks without a reject class.
    pub cross_evaluations: Vec<CrossEvaluation<'a>>,
    pub retrained_evaluations: Vec<CrossEvaluation<'a>>,
    pub external_evaluations: Vec<ExternalEvaluation<'a>>,
}

impl<'a> Index<'a> {
    /// Selects the cells of the fooling experiment from those of a run.
    pub fn new(run: &'a RunResults) -> Self {
        let mut index = Self {
            plan: run.plan(),
            networks: Vec::new(),
            retrained: Vec::new(),
            attacks: Vec::new(),
            round_attacks: Vec::new(),
            cross_evaluations: Vec::new(),
            retrained_evaluations: Vec::new(),
            external_evaluations: Vec::new(),
        };
        for cell_result in run.all() {
            index.add(cell_result);
        }
        index
    }

    fn add(&mut self, cell_result: &'a CellResult) {
        match CellKind::from(&cell_result.cell) {
            CellKind::Classifier(cell) if cell.round() == 0 => {
                self.networks.push(Planned { cell, cell_result });
            }
            CellKind::Classifier(cell) => self.retrained.push(Planned { cell, cell_result }),
            CellKind::Attack(cell) if cell.repeat == 0 && cell.network.round() == 0 => {
                self.attacks.push(Planned { cell, cell_result });
            }
            CellKind::Attack(cell) => self.round_attacks.push(Planned { cell, cell_result }),
            CellKind::CrossEvaluation(cell) if cell.network.round() == 0 => {
                self.cross_evaluations.push(Planned { cell, cell_result });
            }
            CellKind::CrossEvaluation(cell) => {
                self.retrained_evaluations.push(Planned { cell, cell_result });
            }
            CellKind::ExternalEvaluation(cell) => {
                self.external_evaluations.push(Planned { cell, cell_result });
            }
            _ => {}
        }
    }

    /// Every network: first those without a reject class.
    pub fn all_networks(&self) -> impl Iterator<Item = &Network<'a>> {
        self.networks.iter().chain(&self.retrained)
    }

    /// Every attack: first those on networks without a reject class.
    pub fn all_attacks(&self) -> impl Iterator<Item = &PlannedAttack<'a>> {
        self.attacks.iter().chain(&self.round_attacks)
    }

    /// Every cross-evaluation: first those by networks without a reject class.
    pub fn all_cross_evaluations(&self) -> impl Iterator<Item = &CrossEvaluation<'a>> {
        self.cross_evaluations.iter().chain(&self.retrained_evaluations)
    }

    /// The name of a class or of the reject class; the number if the plan has no name for it.
    pub fn class(&self, class: u16) -> String {
        let classes = &self.plan.classes;
        if !classes.is_empty() && usize::from(class) == classes.len() {
            return "(rejected)".to_owned();
        }
        classes.get(usize::from(class)).cloned().unwrap_or_else(|| class.to_string())
    }

    /// The distinct architectures of networks.
    pub fn architectures(&self) -> Vec<&'a str> {
        distinct(self.networks.iter().map(|one| one.cell.network.architecture.as_str()))
    }

    /// The distinct seeds of networks.
    pub fn seeds(&self) -> Vec<u32> {
        distinct(self.networks.iter().map(|one| one.cell.seed))
    }

    /// The seeds that an attack is planned with.
    pub fn seeds_of_attack(&self, attack: Attack) -> Vec<u32> {
        let planned = self.attacks.iter().filter(|one| one.cell.attack == attack);
        distinct(planned.map(|one| one.cell.seed))
    }

    /// The distinct conditions of attacks.
    pub fn conditions(&self) -> Vec<Condition<'a>> {
        distinct(self.attacks.iter().map(|one| Condition::from(one.cell)))
    }

    /// The preset that the claims are about: the paper's, or the plan's first if it does not have
    /// the paper's.
    pub fn main_preset(&self) -> Preset {
        let presets = || self.attacks.iter().map(|one| one.cell.attack.preset);
        let paper = presets().find(|preset| *preset == Preset::Paper);
        paper.or_else(|| presets().next()).unwrap_or(Preset::Paper)
    }

    /// The plan's first attack with the main preset that satisfies a condition.
    pub fn main_attack(&self, is_it: impl Fn(&Attack) -> bool) -> Option<Attack> {
        let preset = self.main_preset();
        let mut attacks = self.attacks.iter().map(|one| one.cell.attack);
        attacks.find(|attack| attack.preset == preset && is_it(attack))
    }

    /// The plan's first evolution with this encoding and the main preset.
    pub fn evolution(&self, encoding: Encoding) -> Option<Attack> {
        self.main_attack(|one| one.method == Method::Evolution && one.encoding == encoding)
    }

    /// The network with an architecture and a seed in a round of retraining, if it is planned.
    pub fn network(&self, architecture: &str, seed: u32, round: u32) -> Option<&Network<'a>> {
        let networks = if round == 0 { &self.networks } else { &self.retrained };
        let is_it = |one: &&Network| {
            let cell = one.cell;
            cell.seed == seed && cell.network.architecture == architecture && cell.round() == round
        };
        networks.iter().find(is_it)
    }

    /// Succeeds if a network was trained, or is not planned.
    ///
    /// # Errors
    /// When it was not trained: its outcome, as text.
    pub fn check_trained(&self, cell: &ClassifierCell) -> Result<(), String> {
        self.all_networks().find(|one| one.cell == cell).map_or(Ok(()), Network::trained)
    }

    /// The result of an attack on a trained network. Attacks on networks that did not learn or
    /// diverged show nothing about trained ones.
    ///
    /// # Errors
    /// When there is no result to count: what is missing, as text.
    pub fn counted(&self, condition: Condition, seed: u32) -> Result<&'a AttackResult, String> {
        let Condition { attack, architecture } = condition;
        let lacking = || format!("{attack} on {architecture}, seed {seed}");
        let is_it =
            |one: &&PlannedAttack| one.cell.seed == seed && Condition::from(one.cell) == condition;
        let planned = self.attacks.iter().find(is_it);
        let planned = planned.ok_or_else(|| format!("{} not planned", lacking()))?;
        self.check_trained(&planned.cell.network)?;
        planned.result().ok_or_else(|| format!("{} {}", lacking(), planned.cell_result.outcome()))
    }

    /// The results that [`Index::counted`] finds for all seeds of a condition.
    pub fn all_counted(&self, condition: Condition) -> Vec<&'a AttackResult> {
        let seeds = self.seeds_of_attack(condition.attack).into_iter();
        seeds.filter_map(|seed| self.counted(condition, seed).ok()).collect()
    }
}

/// The elites after the last generation.
///
/// # Panics
/// Never for a result of [`PlannedAttack::result`]: its curve has a point.
pub fn last_point(result: &AttackResult) -> &GenerationPoint {
    result.curve.last().expect("the curve has a point")
}

/// The median confidence at the end, in percent.
pub fn median(result: &AttackResult) -> f64 {
    100.0 * f64::from(last_point(result).median)
}

/// The share of classes with an elite of at least 99.99 % at the end, in percent.
pub fn share_at_9999(result: &AttackResult) -> f64 {
    100.0 * last_point(result).at_least_9999
}
