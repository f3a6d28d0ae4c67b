//! Whether a network's logits can tell fooling images from real ones.

mod detectors;

use assay_classifier_cells::{AttackCell, ClassifierCell, Encoding, Method};

pub use self::detectors::Detector;
use self::detectors::Logits;
use super::carry::SeedEstimate;
use super::index::{Found, Index, Network};
use assay_report::ReportError;
use assay_report::run_results::{CellResult, distinct};
use assay_stats::{Estimate, Roc, mean};

/// The kinds of fooling images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Found by evolution on the network itself, which has no reject class.
    Found(Encoding),
    /// Found on the network itself in the attacks of its round.
    New {
        /// The round.
        round: u32,
    },
    /// Found on the first network of its line; no network has learned them.
    Others {
        /// The round.
        round: u32,
        /// The encoding.
        encoding: Encoding,
    },
}

/// The scores of one network's fooling images and test images, with one detector.
#[derive(Debug, Clone)]
struct Sample<'a> {
    kind: Kind,
    detector: Detector,
    architecture: &'a str,
    seed: u32,
    roc: Roc,
}

/// The scores of all detectors.
#[derive(Debug, Clone)]
pub struct Detection<'a> {
    samples: Vec<Sample<'a>>,
    /// The kinds of images, architectures and seeds that need a sample.
    planned: Vec<(Kind, &'a str, u32)>,
}

/// A detector on one kind of images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Case<'a> {
    /// The images.
    pub kind: Kind,
    /// The detector.
    pub detector: Detector,
    /// The architecture; none for all together.
    pub architecture: Option<&'a str>,
}

impl<'a> Detection<'a> {
    /// The scores of a run's trained networks on their test images and on fooling images, as far as
    /// their logits were kept.
    ///
    /// # Errors
    /// When a file of logits is damaged.
    pub fn read(index: &Index<'a>) -> Result<Self, ReportError> {
        let (mut samples, mut planned) = (Vec::new(), Vec::new());
        for network in index.networks().iter().chain(index.retrained()) {
            let cell = network.cell;
            let kinds = fooling(index, network)?;
            let named = |(kind, _): &(Kind, _)| (*kind, &*cell.network.architecture, cell.seed);
            planned.extend(kinds.iter().map(named));
            if network.trained().is_ok() {
                samples.extend(of_network(index, network, kinds)?);
            }
        }
        Ok(Self { samples, planned })
    }

    /// Every case with a sample, in the order of the samples, with all architectures together.
    #[must_use]
    pub fn cases(&self) -> Vec<Case<'a>> {
        let case = |sample: &Sample<'a>| {
            let Sample { kind, detector, .. } = *sample;
            Case { kind, detector, architecture: None }
        };
        distinct(self.samples.iter().map(case))
    }

    /// The same for each architecture.
    #[must_use]
    pub fn cases_by_architecture(&self) -> Vec<Case<'a>> {
        let case = |sample: &Sample<'a>| {
            let Sample { kind, detector, architecture, .. } = *sample;
            Case { kind, detector, architecture: Some(architecture) }
        };
        distinct(self.samples.iter().map(case))
    }

    fn of(&self, case: Case) -> Vec<&Sample<'a>> {
        let is_it = |sample: &&Sample| {
            sample.kind == case.kind
                && sample.detector == case.detector
                && case.architecture.is_none_or(|one| one == sample.architecture)
        };
        self.samples.iter().filter(is_it).collect()
    }

    /// A number of a case over seeds: for each seed, the mean over its architectures. Seeds that
    /// lack one are left out.
    fn over_seeds(&self, case: Case, value: impl Fn(&Roc) -> f64) -> SeedEstimate {
        let planned = self.planned.iter().filter(|(kind, architecture, _)| {
            *kind == case.kind && case.architecture.is_none_or(|one| one == *architecture)
        });
        let planned: Vec<_> = planned.collect();
        let of_seed = |seed: u32| {
            let of_it = planned.iter().filter(|(.., one)| *one == seed);
            let sample = |(_, architecture, seed): &&&(Kind, &str, u32)| {
                let mut of_case = self.of(case).into_iter();
                let sample =
                    of_case.find(|one| one.seed == *seed && one.architecture == *architecture);
                let sample = sample.ok_or_else(|| format!("no logits of {architecture}"))?;
                Ok(value(&sample.roc))
            };
            let values: Result<Vec<f64>, String> = of_it.map(|one| sample(&one)).collect();
            (seed, values.map(|values| mean(&values)))
        };
        let seeds = distinct(planned.iter().map(|(.., seed)| *seed));
        SeedEstimate::collect(seeds.into_iter().map(of_seed).collect(), 0.0)
    }

    /// The area under the curve of a case, in percent, with the errors of counting whole fooling
    /// images.
    #[must_use]
    pub fn auroc(&self, case: Case) -> SeedEstimate {
        let fewest = self.of(case).iter().map(|sample| sample.roc.positives()).min().unwrap_or(1);
        let counted = |area: Estimate| area.of_counts(100.0 / fewest as f64, 1.0).in_percent();
        self.over_seeds(case, |roc| 100.0 * roc.area()).map(counted)
    }

    /// The share of test images, in percent, that are taken for fooling images when 95 % of the
    /// fooling images are found.
    #[must_use]
    pub fn false_alarms(&self, case: Case) -> Option<Estimate> {
        self.over_seeds(case, |roc| 100.0 * roc.false_alarms(0.95)).estimate
    }

    /// The share of fooling images found, in percent, at a share of false alarms: the mean over the
    /// networks.
    #[must_use]
    pub fn found_at(&self, case: Case, alarms: f64) -> f64 {
        let samples = self.of(case);
        let found = |sample: &&Sample| 100.0 * sample.roc.found_at(alarms);
        mean(&samples.iter().map(found).collect::<Vec<_>>())
    }

    /// The number of seeds of a case, and the mean number of fooling images per network.
    #[must_use]
    pub fn size(&self, case: Case) -> (usize, f64) {
        let samples = self.of(case);
        let seeds = distinct(samples.iter().map(|sample| sample.seed)).len();
        let images = samples.iter().map(|sample| sample.roc.positives() as f64);
        (seeds, mean(&images.collect::<Vec<_>>()))
    }
}

/// A kind of fooling images with the logits of its files; none if a file is missing.
type Fooling = (Kind, Option<Vec<Logits>>);

/// The scores of all detectors on one network's images.
fn of_network<'a>(
    index: &Index<'a>,
    network: &Network<'a>,
    kinds: Vec<Fooling>,
) -> Result<Vec<Sample<'a>>, ReportError> {
    let classes = index.plan().classes.len();
    let mut samples = Vec::new();
    let Some(test) = Logits::read(network.cell_result, "test")? else { return Ok(samples) };
    for (kind, fooling) in kinds {
        let Some(fooling) = fooling else { continue };
        for detector in Detector::ALL {
            let of: Option<Vec<Vec<f64>>> =
                fooling.iter().map(|logits| logits.scores(detector, classes)).collect();
            let Some((fooling, real)) = of.zip(test.scores(detector, classes)) else { continue };
            let Some(roc) = Roc::new(fooling.concat(), real) else { continue };
            samples.push(Sample {
                kind,
                detector,
                architecture: &network.cell.network.architecture,
                seed: network.cell.seed,
                roc,
            });
        }
    }
    Ok(samples)
}

/// The logits of every kind of fooling images that a network is evaluated on.
fn fooling(index: &Index, network: &Network) -> Result<Vec<Fooling>, ReportError> {
    let (cell, round) = (network.cell, network.cell.round());
    let mut kinds: Vec<Fooling> = Vec::new();
    let mut add = |kind: Kind, cell_result: &CellResult| {
        let logits = Logits::read(cell_result, "elites")?;
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, all)) => {
                *all = all.take().zip(logits).map(|(mut all, logits)| {
                    all.push(logits);
                    all
                });
            }
            None => kinds.push((kind, logits.map(|logits| vec![logits]))),
        }
        Ok::<(), ReportError>(())
    };
    for found in index.attacks().iter().filter(|found| is_by(index, found, cell)) {
        add(Kind::Found(found.cell.attack.encoding), found.cell_result)?;
    }
    for found in index.repeats_on(cell) {
        add(Kind::New { round }, found.cell_result)?;
    }
    let shown = index.to_retrained().iter().filter(|showing| showing.cell.network == *cell);
    for showing in shown.filter(|showing| is_main(index, &showing.cell.attack)) {
        let encoding = showing.cell.attack.attack.encoding;
        add(Kind::Others { round, encoding }, showing.cell_result)?;
    }
    Ok(kinds)
}

/// Whether an attack is an evolution with the main preset on this network.
fn is_by(index: &Index, found: &Found, network: &ClassifierCell) -> bool {
    found.cell.network == *network && is_main(index, found.cell)
}

fn is_main(index: &Index, cell: &AttackCell) -> bool {
    cell.attack.method == Method::Evolution && cell.attack.preset == index.main_preset()
}
