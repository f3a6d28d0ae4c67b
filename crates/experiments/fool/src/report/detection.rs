//! Whether a network's logits can tell fooling images from real ones.

mod detectors;

use assay_classifier_cells::{AttackCell, Encoding, Method};
use assay_report::ReportError;
use assay_report::run_results::{CellResult, distinct};
use assay_stats::{Estimate, Roc};

pub use self::detectors::Detector;
use self::detectors::Logits;
use super::index::{Index, Network};
use super::rounds::attacks_on;
use super::seed_estimate::{SeedEstimate, mean_of};

/// The kinds of fooling images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Found by evolution on the network itself, which has no reject class.
    Found(Encoding),
    /// Found on the network itself in the attacks of its round.
    New { round: u32 },
    /// Fooling images of round 0 that no network was trained on.
    Unseen { round: u32, encoding: Encoding },
}

/// One network with one kind of fooling images and one detector.
#[derive(Debug)]
struct Sample<'a> {
    kind: Kind,
    detector: Detector,
    architecture: &'a str,
    seed: u32,
    /// The scores of the fooling images and of the test images; none without their logits, or
    /// without a trained network that the detector applies to.
    roc: Option<Roc>,
}

/// The scores of all detectors.
#[derive(Debug)]
pub struct Detection<'a> {
    samples: Vec<Sample<'a>>,
}

/// A detector on one kind of images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Case<'a> {
    pub kind: Kind,
    pub detector: Detector,
    /// None for all together.
    pub architecture: Option<&'a str>,
}

impl<'a> Detection<'a> {
    /// The scores of a run's networks on their test images and on fooling images, as far as their
    /// logits were kept.
    ///
    /// # Errors
    /// When a file of logits is damaged.
    pub fn read(index: &Index<'a>) -> Result<Self, ReportError> {
        let mut samples = Vec::new();
        for network in index.all_networks() {
            samples.extend(samples_of_network(index, network)?);
        }
        Ok(Self { samples })
    }

    /// Every case with scores, in the order of the samples, with all architectures together.
    pub fn cases(&self) -> Vec<Case<'a>> {
        let cases = self.cases_by_architecture().into_iter();
        distinct(cases.map(|case| Case { architecture: None, ..case }))
    }

    /// The same for each architecture.
    pub fn cases_by_architecture(&self) -> Vec<Case<'a>> {
        let scored = self.samples.iter().filter(|sample| sample.roc.is_some());
        distinct(scored.map(|&Sample { kind, detector, architecture, .. }| Case {
            kind,
            detector,
            architecture: Some(architecture),
        }))
    }

    fn samples(&self, case: Case<'a>) -> impl Iterator<Item = &Sample<'a>> {
        self.samples.iter().filter(move |sample| {
            (sample.kind, sample.detector) == (case.kind, case.detector)
                && case.architecture.is_none_or(|one| one == sample.architecture)
        })
    }

    fn rocs(&self, case: Case<'a>) -> impl Iterator<Item = &Roc> {
        self.samples(case).filter_map(|sample| sample.roc.as_ref())
    }

    /// A number of a case over seeds: for each seed, the mean over its architectures. Seeds that
    /// lack one are left out.
    fn over_seeds(&self, case: Case<'a>, value: impl Fn(&Roc) -> f64) -> SeedEstimate {
        let value = |sample: &Sample| {
            let roc = sample.roc.as_ref();
            roc.map(&value).ok_or_else(|| format!("no logits of {}", sample.architecture))
        };
        let seeds = distinct(self.samples(case).map(|sample| sample.seed));
        SeedEstimate::new(seeds, 0.0, |seed| {
            self.samples(case).filter(|sample| sample.seed == seed).map(value).collect()
        })
    }

    /// The area under the curve of a case, in percent, with the errors of counting whole fooling
    /// images.
    pub fn auroc(&self, case: Case<'a>) -> SeedEstimate {
        let fewest = self.rocs(case).map(Roc::positives).min().unwrap_or(1);
        let counted = |area: Estimate| area.of_counts(100.0 / fewest as f64, 1.0).in_percent();
        self.over_seeds(case, |roc| 100.0 * roc.area()).map(counted)
    }

    /// The share of test images, in percent, that are taken for fooling images when 95 % of the
    /// fooling images are found.
    pub fn false_alarms(&self, case: Case<'a>) -> Option<Estimate> {
        self.over_seeds(case, |roc| 100.0 * roc.false_alarms(0.95)).estimate
    }

    /// The share of fooling images found, in percent, at a share of false alarms: the mean over the
    /// networks.
    pub fn found_at(&self, case: Case<'a>, alarms: f64) -> f64 {
        mean_of(self.rocs(case).map(|roc| 100.0 * roc.found_at(alarms)))
    }

    /// The mean number of fooling images per network.
    pub fn images(&self, case: Case<'a>) -> f64 {
        mean_of(self.rocs(case).map(|roc| roc.positives() as f64))
    }

    /// The number of seeds with scores.
    pub fn seeds(&self, case: Case<'a>) -> usize {
        let scored = self.samples(case).filter(|sample| sample.roc.is_some());
        distinct(scored.map(|sample| sample.seed)).len()
    }
}

/// Every kind of fooling images of a network, with every detector.
fn samples_of_network<'a>(
    index: &Index<'a>,
    network: &Network<'a>,
) -> Result<Vec<Sample<'a>>, ReportError> {
    let classes = index.plan.classes.len();
    let trained = network.trained().is_ok();
    let test = if trained { Logits::read(network.cell_result, "test")? } else { None };
    let mut samples = Vec::new();
    let sources = fooling_images(index, network);
    for kind in distinct(sources.iter().map(|source| source.0)) {
        let of_kind = sources.iter().filter(|source| source.0 == kind);
        let fooling: Option<Vec<Logits>> = of_kind
            .map(|source| Logits::read(source.1, "elites"))
            .collect::<Result<_, ReportError>>()?;
        let logits = test.as_ref().zip(fooling.as_ref());
        for detector in Detector::ALL {
            let roc = logits.and_then(|(test, fooling)| {
                let fooling = fooling.iter().map(|logits| logits.scores(detector, classes));
                let fooling: Vec<Vec<f64>> = fooling.collect::<Option<_>>()?;
                Roc::new(fooling.concat(), test.scores(detector, classes)?)
            });
            let (architecture, seed) = (&*network.cell.network.architecture, network.cell.seed);
            samples.push(Sample { kind, detector, architecture, seed, roc });
        }
    }
    Ok(samples)
}

/// The cells that have a network's logits for fooling images.
fn fooling_images<'a>(index: &Index<'a>, network: &Network<'a>) -> Vec<(Kind, &'a CellResult)> {
    let (cell, round) = (network.cell, network.cell.round());
    let is_main = |attack: &AttackCell| {
        attack.attack.method == Method::Evolution && attack.attack.preset == index.main_preset()
    };
    let found = index.attacks.iter().filter(|one| one.cell.network == *cell && is_main(one.cell));
    let found = found.map(|one| (Kind::Found(one.cell.attack.encoding), one.cell_result));
    let new = attacks_on(index, network).map(|one| (Kind::New { round }, one.cell_result));
    let unseen = index.retrained_evaluations.iter();
    let unseen = unseen.filter(|one| one.cell.network == *cell && is_main(&one.cell.attack));
    let unseen = unseen.map(|one| {
        (Kind::Unseen { round, encoding: one.cell.attack.attack.encoding }, one.cell_result)
    });
    found.chain(new).chain(unseen).collect()
}
