//! The numbers that a claim is decided by.

use serde::Deserialize;

use super::temperatures;
use crate::report::choice;
use crate::report::condition::Condition;
use crate::report::contrast::{self, Trio, by_seed, recovered};
use crate::report::correction::{Correction, Fit};
use crate::report::group::{Group, Training};
use crate::report::index::Index;
use crate::report::quality::percent;
use crate::report::utterances;
use assay_report::words::plural;
use assay_stats::{ClusterValues, estimate_mean, mean};

/// What decides a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// Errors of the student alone minus its teacher's.
    StudentLessTeacher,
    /// Errors of the student alone minus those of the same network distilled.
    StudentLessDistilled,
    /// The second as a share of the first.
    Recovered,
    /// For wide students, errors at one temperature above 8 minus those at another.
    HighTemperatures,
    /// For narrow students, errors above 8 and at 1 minus those at 2.5 to 4.
    ModerateTemperatures,
    /// If one class was excluded: its images that are classified correctly after the correction
    /// without labels.
    OmittedClass,
    /// If most classes were excluded: all images that are classified correctly after this
    /// correction.
    FewClasses,
    /// Errors of the student alone minus those of the same network distilled, on the fewest images.
    LittleData,
    /// Training minus test accuracy of the student alone, minus the same of the distilled student.
    LittleDataGap,
    /// The mean errors of an ensemble's members minus the ensemble's own.
    MembersLessEnsemble,
    /// The share of that gain which one distilled network like the members has.
    EnsembleRecovered,
    /// Errors of a generalist minus those of its specialist ensemble.
    GeneralistLessPanel,
    /// For the generalist's network, errors alone minus those distilled from the specialist
    /// ensemble.
    StudentLessOfPanel,
    /// For the same network, errors distilled from the generalist minus those distilled from the
    /// specialist ensemble.
    OfGeneralistLessOfPanel,
    /// Word errors of the student alone minus those of its teacher.
    WordsLessTeacher,
    /// Word errors of the student alone minus those of the same network distilled.
    WordsLessDistilled,
    /// The second as a share of the first.
    WordsRecovered,
}

pub(super) use super::measurement::{Measurement, member};
pub(super) use crate::report::contrast::NO_SEED;

/// The numbers that decide a claim; none if the plan has no cells for it.
pub(super) fn measure(index: &Index, metric: Metric) -> Option<Measurement> {
    let over = |group: &Group, value: Value| {
        single(index, group, by_seed(group, |training| value(index, training)))
    };
    Some(match metric {
        Metric::StudentLessTeacher => {
            over(choice::main_of_a_larger_teacher(index)?, student_less_teacher)
        }
        Metric::StudentLessDistilled => over(choice::main(index)?, student_less_distilled),
        Metric::Recovered => {
            let main = choice::main_of_a_larger_teacher(index)?;
            share_of_a_gap(index, main, by_seed(main, |one| contrast::trio(index, one)))
        }
        Metric::HighTemperatures => temperatures::high(index)?,
        Metric::ModerateTemperatures => temperatures::moderate(index)?,
        Metric::OmittedClass => {
            corrected(index, |excluded_classes, _| excluded_classes == 1, OF_OMITTED)?
        }
        Metric::FewClasses => {
            corrected(index, |excluded_classes, all| 2 * excluded_classes > all, OF_ALL)?
        }
        Metric::LittleData => over(choice::with_fewest_images(index)?, student_less_distilled),
        Metric::LittleDataGap => {
            let group = choice::with_fewest_images(index)?;
            let found = by_seed(group, |training| gap_difference(index, training));
            let step = contrast::step_of_overfitting(group);
            single(index, group, ClusterValues { step, ..found })
        }
        Metric::MembersLessEnsemble => {
            over(choice::main_of_an_ensemble(index)?, members_less_ensemble)
        }
        Metric::EnsembleRecovered => {
            let like = choice::like_its_ensemble(index)?;
            share_of_a_gap(index, like, by_seed(like, |one| members_trio(index, one)))
        }
        Metric::GeneralistLessPanel => generalist_less_panel(index)?,
        Metric::StudentLessOfPanel => {
            over(choice::like_its_generalist(index)?, student_less_distilled)
        }
        Metric::OfGeneralistLessOfPanel => {
            over(choice::like_its_generalist(index)?, of_one_teacher_less_distilled)
        }
        Metric::WordsLessTeacher => words(index, words_less_teacher)?,
        Metric::WordsLessDistilled => words(index, words_less_distilled)?,
        Metric::WordsRecovered => {
            let main = main_of_words(index)?;
            let trios = by_seed(main, |one| utterances::trio(index, one));
            let step = utterances::step(main.qualities());
            share_of_a_gap(index, main, ClusterValues { step, ..trios })
        }
    })
}

/// The main student, if it has words.
fn main_of_words<'a>(index: &'a Index<'a>) -> Option<&'a Group<'a>> {
    choice::main(index).filter(|_| utterances::are_planned(index))
}

/// A difference of word errors.
fn words(index: &Index, value: Value) -> Option<Measurement> {
    let main = main_of_words(index)?;
    let found = by_seed(main, |training| value(index, training));
    Some(single(index, main, ClusterValues { step: utterances::step(main.qualities()), ..found }))
}

fn words_less_teacher(index: &Index, training: &Training) -> Result<f64, String> {
    utterances::trio(index, training).map(|trio| trio.student - trio.teacher)
}

fn words_less_distilled(index: &Index, training: &Training) -> Result<f64, String> {
    utterances::trio(index, training).map(|trio| trio.student - trio.distilled)
}

/// The number of one seed.
type Value = fn(&Index, &Training) -> Result<f64, String>;

fn student_less_teacher(index: &Index, training: &Training) -> Result<f64, String> {
    Ok(contrast::student(index, training)? - contrast::teacher(index, training)?)
}

fn student_less_distilled(index: &Index, training: &Training) -> Result<f64, String> {
    Ok(contrast::student(index, training)? - contrast::distilled(index, training)?)
}

fn members_less_ensemble(index: &Index, training: &Training) -> Result<f64, String> {
    Ok(contrast::members(index, training)? - contrast::teacher(index, training)?)
}

fn of_one_teacher_less_distilled(index: &Index, training: &Training) -> Result<f64, String> {
    Ok(contrast::of_one_teacher(index, training)? - contrast::distilled(index, training)?)
}

/// One number per specialist ensemble.
fn generalist_less_panel(index: &Index) -> Option<Measurement> {
    let first = index.panels().first()?;
    let generalist = named(index, &Condition::of(&first.panel().generalist));
    let of = format!("{generalist}, {}", plural(first.specialists.len(), "specialist"));
    let gain = contrast::panel_gains(index);
    let members = vec![member(String::new(), gain.estimate_of(2.0))];
    Some(Measurement { of, members, left_out: gain.left_out, absent: NO_SEED })
}

/// The same, with the teachers' members instead of the student alone.
fn members_trio(index: &Index, training: &Training) -> Result<Trio, String> {
    Ok(Trio {
        student: contrast::members(index, training)?,
        distilled: contrast::distilled(index, training)?,
        teacher: contrast::teacher(index, training)?,
    })
}

/// A number of images of a student that never saw some classes.
type Count = fn(&Correction) -> usize;

/// How a share is counted.
#[derive(Clone, Copy)]
struct Counted {
    /// Images that are classified correctly.
    known: Count,
    /// All of these images.
    all: Count,
    /// The number of distinct images, from the number for each set of excluded classes.
    distinct: fn(&[usize]) -> usize,
}

/// Images of the excluded classes; these differ between the sets.
const OF_OMITTED: Counted = Counted {
    known: |one| one.omitted_images - one.omitted_errors,
    all: |one| one.omitted_images,
    distinct: |sets| sets.iter().sum(),
};

/// All test images; these are the same for every set of excluded classes.
const OF_ALL: Counted = Counted {
    known: |one| one.quality.images() - one.quality.errors(),
    all: |one| one.quality.images(),
    distinct: |sets| sets.iter().copied().min().unwrap_or(0),
};

/// The fewest images that a share is counted among, over the networks of a condition; 0 if there
/// are none.
fn items(group: &Group, all: Count) -> usize {
    let counted = group.measures().flat_map(|measures| measures.corrections.iter().map(all));
    counted.min().unwrap_or(0)
}

/// `distilled mlp-800-800, T = 20`.
fn named(index: &Index, condition: &Condition) -> String {
    condition.name(&index.plan().classes)
}

/// One difference of two shares, over the seeds of a condition.
fn single(index: &Index, group: &Group, found: ClusterValues) -> Measurement {
    let members = vec![member(String::new(), found.estimate_of(2.0))];
    let of = named(index, &group.condition);
    Measurement { of, members, left_out: found.left_out, absent: NO_SEED }
}

fn share_of_a_gap(index: &Index, group: &Group, found: ClusterValues<Trio>) -> Measurement {
    let share = recovered(&found.values, found.step);
    let members = vec![member(String::new(), share.ok())];
    let of = named(index, &group.condition);
    Measurement { of, members, left_out: found.left_out, absent: share.err().unwrap_or(NO_SEED) }
}

/// Training minus test accuracy alone, minus the same for the distilled student.
fn gap_difference(index: &Index, training: &Training) -> Result<f64, String> {
    let group = index.group(&Condition::of(training.cell).alone());
    let alone = group.and_then(|group| group.at(training.cell.seed));
    let alone = alone.ok_or("the student alone is not planned")?;
    Ok(contrast::overfitting(index, alone)? - contrast::overfitting(index, training)?)
}

/// A number after the correction without labels, averaged over the sets of excluded classes that
/// fit.
fn corrected(
    index: &Index,
    fits: impl Fn(usize, usize) -> bool,
    Counted { known, all, distinct }: Counted,
) -> Option<Measurement> {
    let classes = index.plan().classes.len();
    let mut groups = choice::without_classes(index);
    groups.retain(|group| fits(group.condition.excluded_classes.len(), classes));
    let first = *groups.first()?;
    let of_one = |group: &Group, seed: u32| -> Result<f64, String> {
        let training = group.at(seed).ok_or("a set of excluded classes is not planned")?;
        let corrections = &contrast::measures(index, training)?.corrections;
        let correction = corrections.iter().find(|correction| correction.fit == Fit::Prior);
        let value = |one: &Correction| percent(known(one), all(one));
        correction.map(value).ok_or_else(|| "no offset meets the prior".to_owned())
    };
    let found = by_seed(first, |training| {
        let of = |group: &&Group| of_one(group, training.cell.seed);
        Ok(mean(&groups.iter().map(of).collect::<Result<Vec<_>, _>>()?))
    });
    let items: Vec<usize> = groups.iter().map(|group| items(group, all)).collect();
    let step = 100.0 / items.iter().copied().min().unwrap_or(0).max(1) as f64;
    let distinct = distinct(&items);
    let share = estimate_mean(&found.values)
        .map(|share| share.of_counts(step, 1.0 / groups.len() as f64).of_share(distinct as f64));
    let named: Vec<String> = groups.iter().map(|group| named(index, &group.condition)).collect();
    Some(Measurement {
        of: named.join("; "),
        members: vec![member(String::new(), share)],
        left_out: found.left_out,
        absent: NO_SEED,
    })
}
