//! The conditions that the claims are about. `docs/studies/distillation.md` has them in words.

use assay_classifier_cells::Role;

use super::condition::Condition;
use super::group::Group;
use super::index::Index;
use super::paper;

/// The distilled students of one network on all classes and the most images, by ascending
/// temperature.
#[must_use]
pub fn by_temperature<'a>(index: &'a Index<'a>, like: &Condition) -> Vec<&'a Group<'a>> {
    let fraction = largest_fraction(index);
    let mut groups: Vec<&Group> = distilled(index)
        .filter(|group| {
            let condition = &group.condition;
            condition.excluded_classes.is_empty()
                && condition.fraction.total_cmp(&fraction).is_eq()
                && condition.network() == like.network()
                && condition.teachers == like.teachers
        })
        .collect();
    groups.sort_by(|a, b| temperature(a).total_cmp(&temperature(b)));
    groups
}

/// The students of one network whose loss is neither hard labels nor plain soft targets, on all
/// classes and the most images, in the order of the plan. Students of specialist ensembles are not
/// among them.
pub fn by_other_losses<'a>(
    index: &'a Index<'a>,
    like: &Condition,
) -> impl Iterator<Item = &'a Group<'a>> {
    let (network, teachers) = (like.network(), like.teachers);
    let fraction = largest_fraction(index);
    index.groups().iter().filter(move |group| {
        let condition = &group.condition;
        condition.role == Role::Distilled
            && condition.other_loss.is_some()
            && condition.excluded_classes.is_empty()
            && condition.fraction.total_cmp(&fraction).is_eq()
            && condition.network() == network
            && condition.teachers == teachers
    })
}

/// The first distilled condition of every student network, in the order of the plan.
#[must_use]
pub fn networks<'a>(index: &'a Index<'a>) -> Vec<&'a Condition> {
    let mut seen: Vec<&Condition> = Vec::new();
    for group in distilled(index) {
        if seen.iter().all(|condition| condition.network() != group.condition.network()) {
            seen.push(&group.condition);
        }
    }
    seen
}

/// The main student network: the one with the most units in its narrowest layer, or the plan's
/// first if no name tells the units.
#[must_use]
pub fn main_network<'a>(index: &'a Index<'a>) -> Option<&'a Condition> {
    let units = |condition: &Condition| condition.units().unwrap_or(0.0);
    // The first of several equals: `max_by` would take the last.
    networks(index).into_iter().rev().max_by(|a, b| units(a).total_cmp(&units(b)))
}

/// The main student: the main network on all classes and the most images, at the temperature
/// nearest to the paper's.
#[must_use]
pub fn main<'a>(index: &'a Index<'a>) -> Option<&'a Group<'a>> {
    nearest(by_temperature(index, main_network(index)?))
}

/// The main student; none if its only teacher has the student's own network, because then it has no
/// larger teacher.
#[must_use]
pub fn main_of_a_larger_teacher<'a>(index: &'a Index<'a>) -> Option<&'a Group<'a>> {
    main(index).filter(|group| {
        let network = group.condition.network();
        let teachers = group.trainings.first().map(|one| one.cell.teachers.as_slice());
        !matches!(teachers, Some([alone]) if Condition::of(alone).network() == network)
    })
}

/// The main network on all classes and the fewest images, if the plan has several numbers of
/// images.
#[must_use]
pub fn with_fewest_images<'a>(index: &'a Index<'a>) -> Option<&'a Group<'a>> {
    let network = main_network(index)?.network();
    let fewest = fractions(index).into_iter().reduce(f64::min)?;
    let groups = distilled(index).filter(|group| {
        let condition = &group.condition;
        condition.excluded_classes.is_empty()
            && condition.network() == network
            && condition.fraction.total_cmp(&fewest).is_eq()
    });
    nearest(groups.collect()).filter(|_| fewest < largest_fraction(index))
}

/// The main network without some classes, on the most images: one group for each set of excluded
/// classes.
#[must_use]
pub fn without_classes<'a>(index: &'a Index<'a>) -> Vec<&'a Group<'a>> {
    let Some(main) = main_network(index) else { return Vec::new() };
    let fraction = largest_fraction(index);
    let mut sets: Vec<&[u16]> = Vec::new();
    let groups: Vec<&Group> = distilled(index)
        .filter(|group| {
            let condition = &group.condition;
            !condition.excluded_classes.is_empty()
                && condition.network() == main.network()
                && condition.fraction.total_cmp(&fraction).is_eq()
        })
        .collect();
    for group in &groups {
        if !sets.contains(&group.condition.excluded_classes.as_slice()) {
            sets.push(&group.condition.excluded_classes);
        }
    }
    let of_set = |set: &[u16]| {
        nearest(
            groups
                .iter()
                .copied()
                .filter(|group| group.condition.excluded_classes == set)
                .collect(),
        )
    };
    sets.into_iter().filter_map(of_set).collect()
}

/// The main student, if it learns from an ensemble.
#[must_use]
pub fn main_of_an_ensemble<'a>(index: &'a Index<'a>) -> Option<&'a Group<'a>> {
    main(index).filter(|group| group.condition.teachers > 1)
}

/// The students of an ensemble that have the network of its members, on all classes and the most
/// images, at the temperature nearest to the paper's.
#[must_use]
pub fn like_its_ensemble<'a>(index: &'a Index<'a>) -> Option<&'a Group<'a>> {
    let is_like_its_teachers = |condition: &&Condition| {
        let cell = index.group(condition).and_then(|group| group.trainings.first());
        cell.is_some_and(|training| {
            let teachers = &training.cell.teachers;
            let network = condition.network();
            teachers.len() > 1 && teachers.iter().all(|one| Condition::of(one).network() == network)
        })
    };
    let condition = networks(index).into_iter().find(is_like_its_teachers)?;
    nearest(by_temperature(index, condition))
}

/// The distinct shares of the training images that students of all classes see, in the order of the
/// plan.
#[must_use]
pub fn fractions(index: &Index) -> Vec<f64> {
    let all_classes = distilled(index).filter(|group| group.condition.excluded_classes.is_empty());
    assay_report::run_results::distinct(all_classes.map(|group| group.condition.fraction))
}

fn largest_fraction(index: &Index) -> f64 {
    distilled(index).map(|group| group.condition.fraction).fold(0.0, f64::max)
}

/// The students of a specialist ensemble that have the network of its generalist, at the
/// temperature nearest to the paper's.
#[must_use]
pub fn like_its_generalist<'a>(index: &'a Index<'a>) -> Option<&'a Group<'a>> {
    let is_like_it = |group: &&Group| {
        let panel = group.trainings.first().and_then(|training| training.cell.ensemble.as_ref());
        panel.is_some_and(|panel| {
            Condition::of(&panel.generalist).network() == group.condition.network()
        })
    };
    let first = of_panels(index).find(is_like_it)?.condition.network();
    nearest(of_panels(index).filter(|group| group.condition.network() == first).collect())
}

/// The students of specialist ensembles with soft targets.
pub fn of_panels<'a>(index: &'a Index<'a>) -> impl Iterator<Item = &'a Group<'a>> {
    with_soft_targets(index).filter(|group| group.condition.specialists > 0)
}

/// The students of other teachers with soft targets.
fn distilled<'a>(index: &'a Index<'a>) -> impl Iterator<Item = &'a Group<'a>> {
    with_soft_targets(index).filter(|group| group.condition.specialists == 0)
}

fn with_soft_targets<'a>(index: &'a Index<'a>) -> impl Iterator<Item = &'a Group<'a>> {
    let groups = index.groups().iter();
    groups.filter(|group| {
        group.condition.role == Role::Distilled && group.condition.temperature.is_some()
    })
}

fn temperature(group: &Group) -> f64 {
    group.condition.temperature.unwrap_or(f64::NAN)
}

/// The group whose temperature has the ratio to the paper's that is nearest to 1; the higher of
/// two.
fn nearest<'a>(groups: Vec<&'a Group<'a>>) -> Option<&'a Group<'a>> {
    let distance =
        |group: &Group| (temperature(group) / paper::temperature(&group.condition)).ln().abs();
    groups.into_iter().min_by(|a, b| {
        let by_distance = distance(a).total_cmp(&distance(b));
        by_distance.then_with(|| temperature(b).total_cmp(&temperature(a)))
    })
}
