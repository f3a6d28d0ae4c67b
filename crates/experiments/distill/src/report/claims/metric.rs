//! The numbers that a claim is decided by.

use crate::report::claims::measurement::Measurement;
use serde::Deserialize;

use super::temperatures;
use crate::report::classification::ClassErrors;
use crate::report::comparison::{Network, difference_of_items};
use crate::report::condition::Condition;
use crate::report::correction::{Correction, Fit};
use crate::report::gap::{NO_SEED, SeedErrors, recovered};
use crate::report::group::{Group, Training};
use crate::report::index::Index;
use crate::report::measure::Measure;
use crate::report::select;
use crate::report::specialist_ensembles::Reference;
use assay_report::words::plural;
use assay_stats::{ClusterValues, estimate_mean, item_variance, mean};

/// What decides a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Metric {
    /// Errors of one network minus those of another.
    Difference {
        at: Selection,
        of: [Network; 2],
        #[serde(default)]
        measure: Measure,
    },
    /// The gap recovered by the distilled student, with the errors of `from` for B.
    Recovered {
        at: Selection,
        from: Network,
        #[serde(default)]
        measure: Measure,
    },
    /// Training minus test accuracy of the baseline student, minus the same of the distilled
    /// student.
    Overfitting { at: Selection },
    /// For wide students, errors at one temperature above 8 minus those at another.
    HighTemperatures,
    /// For narrow students, errors above 8 and at 1 minus those at 2.5 to 4.
    ModerateTemperatures,
    /// If one class was excluded: its images that are classified correctly after the correction
    /// without labels.
    ExcludedClass,
    /// If most classes were excluded: all images that are classified correctly after this
    /// correction.
    FewClasses,
    /// Errors of the generalist, or of its control, minus those of the specialist ensemble.
    GainFromSpecialists { over: Reference },
}

/// The students that a claim is about; see [`select`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Selection {
    Main,
    MainWithLargerTeacher,
    MainOfAnEnsemble,
    MainOfSpeech,
    FewestImages,
    LikeItsEnsemble,
    LikeItsGeneralist,
}

impl Selection {
    fn group<'a>(self, index: &'a Index<'a>) -> Option<&'a Group<'a>> {
        match self {
            Self::Main => select::main(index),
            Self::MainWithLargerTeacher => select::main_with_larger_teacher(index),
            Self::MainOfAnEnsemble => select::main_of_an_ensemble(index),
            Self::MainOfSpeech => select::main_of_speech(index),
            Self::FewestImages => select::with_fewest_images(index),
            Self::LikeItsEnsemble => select::like_its_ensemble(index),
            Self::LikeItsGeneralist => select::like_its_generalist(index),
        }
    }
}

impl Metric {
    /// The numbers that decide a claim; none if the plan has no cells for it.
    pub(super) fn measure(self, index: &Index) -> Option<Measurement> {
        let difference = |networks: String, found: ClusterValues| {
            Some(Measurement::new(networks, found.estimate_of(2.0), found.left_out))
        };
        match self {
            Self::Difference { at, of, measure } => {
                let group = at.group(index)?;
                let (estimate, left_out) = index.difference(group, measure, of);
                Some(Measurement::new(index.name(&group.condition), estimate, left_out))
            }
            Self::Recovered { at, from, measure } => {
                Some(gap_recovered(index, at.group(index)?, from, measure))
            }
            Self::Overfitting { at } => {
                let group = at.group(index)?;
                let step = group.step_of_overfitting();
                let found = group.cluster_values(step, |one| more_overfitting(index, group, one));
                difference(index.name(&group.condition), found)
            }
            Self::HighTemperatures => temperatures::high(index),
            Self::ModerateTemperatures => temperatures::moderate(index),
            // Images of the excluded classes differ between the sets.
            Self::ExcludedClass => {
                let distinct = |sets: &[usize]| sets.iter().sum();
                share_known(index, |excluded, _| excluded == 1, |one| one.excluded, distinct)
            }
            // All test images are the same for every set.
            Self::FewClasses => {
                let counts = |one: &Correction| one.metrics.counts();
                let distinct = |sets: &[usize]| sets.iter().copied().min().unwrap_or(0);
                share_known(index, |excluded, all| 2 * excluded > all, counts, distinct)
            }
            Self::GainFromSpecialists { over } => {
                if over == Reference::Control && !index.has_control_of_specialists() {
                    return None;
                }
                let found = index.gains_from_specialists(over);
                let items = item_variance(&index.items_of_gains_from_specialists(over));
                let estimate =
                    found.estimate_of(2.0).map(|estimate| estimate.with_item_variance(items));
                let networks = generalist_and_specialists(index)?;
                Some(Measurement::new(networks, estimate, found.left_out))
            }
        }
    }
}

/// The names of the first specialist ensemble's networks.
fn generalist_and_specialists(index: &Index) -> Option<String> {
    let first = index.specialist_ensembles.first()?;
    let generalist = index.name(&Condition::from(&first.cell.ensemble.generalist));
    Some(format!("{generalist}, {}", plural(first.specialists.len(), "specialist")))
}

/// The gap recovered by the distilled student, with the errors of `from` for B.
fn gap_recovered(index: &Index, group: &Group, from: Network, measure: Measure) -> Measurement {
    let found = index.compare(group, measure, |percent| SeedErrors::new(percent, from));
    let share = recovered(&found.values, found.step).map(|share| {
        let items = items_of_gap(index, group, from, measure, share.value / 100.0);
        share.with_item_variance(item_variance(&items))
    });
    let absent = share.err().unwrap_or(NO_SEED);
    let name = index.name(&group.condition);
    Measurement { absent, ..Measurement::new(name, share.ok(), found.left_out) }
}

/// How much each test item moves the gap recovered, in percentage points: the linear part of the ratio of means,
/// 100 ((B − D) − r (B − T)) / mean (B − T) with the errors of the item.
fn items_of_gap(
    index: &Index,
    group: &Group,
    from: Network,
    measure: Measure,
    recovered: f64,
) -> Vec<Vec<f64>> {
    // The gaps of a seed's items, followed by their gains.
    let both = group.shared_items(|student| {
        let items = |network| index.items(student, network, measure);
        let baseline = items(from)?;
        let mut gaps = difference_of_items(&baseline, &items(Network::Teachers)?);
        gaps.extend(difference_of_items(&baseline, &items(Network::Distilled)?));
        Ok(gaps)
    });
    let halves = || both.iter().map(|both| both.split_at(both.len() / 2));
    let gap = mean(&halves().map(|(gaps, _)| mean(gaps)).collect::<Vec<_>>());
    let moves = |(gaps, gains): (&[f64], &[f64])| {
        let move_of = |(of_gap, gain): (&f64, &f64)| 100.0 * (gain - recovered * of_gap) / gap;
        gaps.iter().zip(gains).map(move_of).collect()
    };
    halves().map(moves).collect()
}

/// The generalization gap of the baseline student minus that of the distilled student.
fn more_overfitting(index: &Index, group: &Group, student: &Training) -> Result<f64, String> {
    let baseline = index.group(&group.condition.baseline());
    let baseline = baseline.and_then(|group| group.with_seed(student.cell.seed));
    let baseline = baseline.ok_or("the baseline is not planned")?;
    Ok(baseline.overfitting()? - student.overfitting()?)
}

/// The share of images that are classified correctly after the correction without labels, averaged
/// over the sets of excluded classes that fit.
///
/// - `counts`: the images among which the share is counted
/// - `distinct`: the number of distinct images, from the number for each set of excluded classes
fn share_known(
    index: &Index,
    fits: impl Fn(usize, usize) -> bool,
    counts: fn(&Correction) -> ClassErrors,
    distinct: fn(&[usize]) -> usize,
) -> Option<Measurement> {
    let classes = index.plan.classes.len();
    let mut groups = select::without_classes(index);
    groups.retain(|group| fits(group.condition.excluded_classes.len(), classes));
    let first = *groups.first()?;
    let share = |group: &Group, seed: u32| -> Result<f64, String> {
        let student = group.with_seed(seed).ok_or("a set of excluded classes is not planned")?;
        let corrections = &student.metrics()?.corrections;
        let correction = corrections.iter().find(|correction| correction.fit == Fit::Prior);
        let found = correction.map(counts).ok_or("no offset meets the prior")?;
        Ok(found.right_percent())
    };
    // The fewest images over the networks of a condition; 0 if there are none.
    let images = |group: &&Group| {
        let corrections = group.metrics().flat_map(|metrics| &metrics.corrections);
        corrections.map(|one| counts(one).images).min().unwrap_or(0)
    };
    let images: Vec<usize> = groups.iter().map(images).collect();
    let step = 100.0 / images.iter().copied().min().unwrap_or(0).max(1) as f64;
    let found = first.cluster_values(step, |student| {
        let shares = groups.iter().map(|group| share(group, student.cell.seed));
        Ok(mean(&shares.collect::<Result<Vec<_>, _>>()?))
    });
    let estimate = estimate_mean(&found.values).map(|share| {
        share.of_counts(step, 1.0 / groups.len() as f64).of_share(distinct(&images) as f64)
    });
    let names: Vec<String> = groups.iter().map(|group| index.name(&group.condition)).collect();
    Some(Measurement::new(names.join("; "), estimate, found.left_out))
}
