//! Whether fooling images can be told from real ones by what a network says of them.

mod detectors;

use assay_runs::{AttackCell, ClassifierCell, Encoding, Method};

pub use self::detectors::Detector;
use self::detectors::Logits;
use super::carry::SeedEstimate;
use super::index::{Found, Index, Network};
use assay_report::ReportError;
use assay_report::run_results::{CellResult, distinct};
use assay_stats::{Estimate, Roc, mean};

/// Which fooling images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Found by evolution on the network of the data's classes alone that is to detect them.
    Found(Encoding),
    /// Found on the network itself in the attacks of its round.
    New {
        /// The round.
        round: u32,
    },
    /// Found on the first network of its line, and learnt by none.
    Others {
        /// The round.
        round: u32,
        /// How they are written down.
        encoding: Encoding,
    },
}

/// What a detector says of fooling images and of the test images, of one network.
#[derive(Debug, Clone)]
struct Sample<'a> {
    kind: Kind,
    detector: Detector,
    architecture: &'a str,
    seed: u32,
    roc: Roc,
}

/// What every detector says.
#[derive(Debug, Clone)]
pub struct Detection<'a> {
    samples: Vec<Sample<'a>>,
    /// Kinds of images, architectures and seeds of which there is to be a sample.
    planned: Vec<(Kind, &'a str, u32)>,
}

/// A detector on one kind of images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Case<'a> {
    /// The images.
    pub kind: Kind,
    /// The detector.
    pub detector: Detector,
    /// The architecture; all together where there is none.
    pub architecture: Option<&'a str>,
}

impl<'a> Detection<'a> {
    /// What the trained networks of a run say of their test images and of fooling ones, as far as their
    /// logits were kept.
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

    /// Every case there is something of, in the order of the samples, all architectures together.
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

    /// A number of every sample of a case, the mean over the architectures of each seed that has them all,
    /// over seeds.
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

    /// The area under the curve of a case, in percent; no surer than whole fooling images allow.
    #[must_use]
    pub fn auroc(&self, case: Case) -> SeedEstimate {
        let fewest = self.of(case).iter().map(|sample| sample.roc.positives()).min().unwrap_or(1);
        let counted = |area: Estimate| area.of_counts(100.0 / fewest as f64, 1.0).in_percent();
        self.over_seeds(case, |roc| 100.0 * roc.area()).map(counted)
    }

    /// The share of test images, in percent, that are taken for fooling ones where 95 % of those are found.
    #[must_use]
    pub fn false_alarms(&self, case: Case) -> Option<Estimate> {
        self.over_seeds(case, |roc| 100.0 * roc.false_alarms(0.95)).estimate
    }

    /// The share of fooling images found, in percent, at so many false alarms, a share: the mean over the
    /// networks.
    #[must_use]
    pub fn found_at(&self, case: Case, alarms: f64) -> f64 {
        let samples = self.of(case);
        let found = |sample: &&Sample| 100.0 * sample.roc.found_at(alarms);
        mean(&samples.iter().map(found).collect::<Vec<_>>())
    }

    /// Seeds of a case, and how many fooling images a network has on average.
    #[must_use]
    pub fn size(&self, case: Case) -> (usize, f64) {
        let samples = self.of(case);
        let seeds = distinct(samples.iter().map(|sample| sample.seed)).len();
        let images = samples.iter().map(|sample| sample.roc.positives() as f64);
        (seeds, mean(&images.collect::<Vec<_>>()))
    }
}

/// Fooling images: the logits of a kind's files; none where one of them is not there.
type Fooling = (Kind, Option<Vec<Logits>>);

/// What the detectors say of one network's images.
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

/// The logits of every kind of fooling images that a network is to say something of.
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

/// Whether an attack is an evolution of the main preset on this network.
fn is_by(index: &Index, found: &Found, network: &ClassifierCell) -> bool {
    found.cell.network == *network && is_main(index, found.cell)
}

fn is_main(index: &Index, cell: &AttackCell) -> bool {
    cell.attack.method == Method::Evolution && cell.attack.preset == index.main_preset()
}
