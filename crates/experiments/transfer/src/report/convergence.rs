//! Whether the bases have converged. Anything that trains longer beats a base that was stopped
//! early, whatever its features are.
//!
//! `docs/studies/transfer.md` has the rule in words.

use assay_runs::Verdict;

use super::contrast::{Contrast, Role, Scope};
use super::index::Key;
use assay_report::words;
use assay_stats::{Estimate, Rule};

/// What the base trained twice as long shows about the base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// The base trained twice as long is not better by more than the margin.
    Converged,
    /// The plan has no base trained twice as long.
    Unchecked,
    /// The interval of the gain contains the margin, or there is no interval.
    Unknown,
    /// The base trained twice as long is better by more than the margin.
    NotConverged,
}

/// Whether the bases of some cells have converged.
#[derive(Debug, Clone, Copy)]
pub struct Convergence {
    /// What is known.
    pub state: State,
    /// The gain: base trained twice as long minus base, in percentage points.
    gain: Option<Estimate>,
    margin: f64,
}

impl Convergence {
    /// The convergence of the bases of one scope, in the clusters that also have all cells of
    /// `contrast`.
    pub(crate) fn new(scope: Scope, contrast: &[(f64, Key)], margin: f64) -> Self {
        let convergence = scope.convergence();
        let planned = !convergence.is_empty();
        let gain = scope.values_in_shared_clusters(&convergence, contrast).estimate();
        let interval = gain.and_then(|gain| gain.interval);
        let state = match Rule::MoreThan.decide(interval, margin) {
            _ if !planned => State::Unchecked,
            Verdict::Holds => State::NotConverged,
            Verdict::DoesNotHold => State::Converged,
            Verdict::NotEnoughData | Verdict::NotTestable => State::Unknown,
        };
        Self { state, gain, margin }
    }

    /// The least converged of several scopes, each in the clusters of its contrast; none without
    /// scopes.
    pub(crate) fn least_converged(contrasts: &[(Scope, Contrast)], margin: f64) -> Option<Self> {
        let each = contrasts.iter().map(|(scope, contrast)| Self::new(*scope, contrast, margin));
        each.max_by_key(|convergence| convergence.state)
    }

    /// `+9.22 [+5.63, +12.81] percentage points`, or that it is unknown.
    fn gain_in_words(&self) -> String {
        let gain = self.gain.map(|gain| words::estimate(&gain));
        let gain = gain.map(|gain| format!("{gain} percentage points"));
        gain.unwrap_or_else(|| "not known yet".to_owned())
    }

    /// The note of a claim relative to the base; none if the bases have converged.
    pub(crate) fn note(&self) -> Option<String> {
        let (gain, margin) = (self.gain_in_words(), self.margin);
        match self.state {
            State::Converged => None,
            State::Unchecked => Some(
                "Convergence of the bases was not checked: no base was trained twice as long (add \
                 \"base_long\" to the profile's cells)"
                    .to_owned(),
            ),
            State::Unknown => Some(format!(
                "not known: whether the bases have converged (base trained twice as long − base: {gain}; \
                 margin {margin}); decided only where the verdict cannot depend on it (more seeds tell)"
            )),
            State::NotConverged => Some(format!(
                "not testable: the bases have not converged (base trained twice as long − base: {gain}, \
                 more than the margin of {margin}); train them longer (raise schedule.epochs in the profile)"
            )),
        }
    }

    /// The same as a sentence of the answer.
    pub(crate) fn in_words(&self) -> String {
        let (gain, margin) = (self.gain_in_words(), self.margin);
        match self.state {
            State::Converged => format!(
                "The bases have converged up to the margin: training twice as long gains less than {margin} points \
                 (base trained twice as long − base: {gain}). A verdict relative to the base counts only where it is \
                 the same relative to the base trained twice as long."
            ),
            State::Unchecked => "It was not checked whether the bases have converged: no base was trained \
                twice as long (add \"base_long\" to the profile's cells). If they have not, whatever is trained \
                for longer beats them."
                .to_owned(),
            State::Unknown => format!(
                "It is not known whether the bases have converged (base trained twice as long − base: \
                 {gain}; margin {margin}). What is said relative to the base counts only where it is \
                 the same relative to the base trained twice as long; more seeds tell."
            ),
            State::NotConverged => format!(
                "The bases have not converged: training twice as long gains more than the margin of \
                 {margin} points (base trained twice as long − base: {gain}). So nothing relative to the base can be \
                 tested here; train the bases longer (raise schedule.epochs in the profile)."
            ),
        }
    }
}

/// Whether a rule holds for `minuend` at cut point `n` relative to the base, as far as the
/// convergence of the bases allows an answer.
pub(crate) fn holds(scope: Scope, margin: f64, rule: Rule, minuend: Role, n: u8) -> bool {
    let holds = |subtrahend| {
        let contrast = scope.difference(minuend, subtrahend, n);
        let found = scope.values_in_shared_clusters(&contrast, &scope.convergence()).estimate();
        let interval = found.and_then(|found| found.interval);
        rule.decide(interval, margin) == Verdict::Holds
    };
    let contrast = scope.difference(minuend, Role::Base, n);
    match Convergence::new(scope, &contrast, margin).state {
        State::Unchecked => holds(Role::Base),
        State::Converged | State::Unknown => holds(Role::Base) && holds(Role::BaseLong),
        State::NotConverged => false,
    }
}
