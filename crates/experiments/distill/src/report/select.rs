//! The conditions that the claims are about. `docs/studies/distillation.md` has them in words.

use assay_classifier_cells::{ClassifierCell, Role};
use assay_report::run_results::distinct;

use super::condition::Condition;
use super::group::Group;
use super::index::Index;
use super::paper;

/// Groups in the order of the plan, if the function says no other.
type Groups<'a> = Vec<&'a Group<'a>>;

/// The students of specialist ensembles with soft targets.
pub fn of_specialist_ensembles<'a>(index: &'a Index<'a>) -> Groups<'a> {
    let groups = index.groups_of_role(Role::Distilled);
    let fits = |one: &Condition| one.temperature.is_some() && one.specialists > 0;
    groups.filter(|group| fits(&group.condition)).collect()
}

/// The students of other teachers with soft targets whose condition fits.
fn distilled<'a>(index: &'a Index<'a>, fits: impl Fn(&Condition) -> bool) -> Groups<'a> {
    let groups = index.groups_of_role(Role::Distilled);
    let fits = |one: &Condition| one.temperature.is_some() && one.specialists == 0 && fits(one);
    groups.filter(|group| fits(&group.condition)).collect()
}

/// The group whose temperature has the ratio to the paper's that is nearest to 1; the higher of
/// two.
fn nearest(groups: Groups<'_>) -> Option<&Group<'_>> {
    let temperature = |group: &Group| group.condition.temperature_or_nan();
    let distance =
        |group: &Group| (temperature(group) / paper::temperature(&group.condition)).ln().abs();
    groups.into_iter().min_by(|a, b| {
        let by_distance = distance(a).total_cmp(&distance(b));
        by_distance.then_with(|| temperature(b).total_cmp(&temperature(a)))
    })
}

/// Whether a condition has one network, all classes, the most images and one number of teachers.
fn is_like<'a>(index: &'a Index<'a>, like: &Condition) -> impl Fn(&Condition) -> bool + use<> {
    let (network, teachers, most) = (like.network(), like.teachers, largest_fraction(index));
    move |condition| {
        condition.excluded_classes.is_empty()
            && condition.fraction.total_cmp(&most).is_eq()
            && condition.network() == network
            && condition.teachers == teachers
    }
}

/// The distilled students of one network on all classes and the most images, by ascending
/// temperature.
pub fn by_temperature<'a>(index: &'a Index<'a>, like: &Condition) -> Groups<'a> {
    let mut groups = distilled(index, is_like(index, like));
    let temperature = |group: &Group| group.condition.temperature_or_nan();
    groups.sort_by(|a, b| temperature(a).total_cmp(&temperature(b)));
    groups
}

/// The students of one network whose loss is neither hard labels nor plain soft targets, on all
/// classes and the most images, in the order of the plan. Students of specialist ensembles are not
/// among them.
pub fn by_other_losses<'a>(index: &'a Index<'a>, like: &Condition) -> Groups<'a> {
    let is_like = is_like(index, like);
    let fits = |one: &Condition| one.other_loss.is_some() && is_like(one);
    let groups = index.groups_of_role(Role::Distilled);
    groups.filter(|group| fits(&group.condition)).collect()
}

/// The first distilled condition of every student network, in the order of the plan.
pub fn networks<'a>(index: &'a Index<'a>) -> Vec<&'a Condition> {
    let mut seen: Vec<&Condition> = Vec::new();
    for group in distilled(index, |_| true) {
        if seen.iter().all(|condition| condition.network() != group.condition.network()) {
            seen.push(&group.condition);
        }
    }
    seen
}

/// The main student network: the one with the most units in its narrowest layer, or the plan's
/// first if no name tells the units.
pub fn main_network<'a>(index: &'a Index<'a>) -> Option<&'a Condition> {
    let units = |condition: &Condition| condition.units().unwrap_or(0.0);
    // The first of several equals: `max_by` would take the last.
    networks(index).into_iter().rev().max_by(|a, b| units(a).total_cmp(&units(b)))
}

/// The main student: the main network on all classes and the most images, at the temperature
/// nearest to the paper's.
pub fn main<'a>(index: &'a Index<'a>) -> Option<&'a Group<'a>> {
    nearest(by_temperature(index, main_network(index)?))
}

/// The main student; none if its only teacher has the student's own network, because then it has no
/// larger teacher.
pub fn main_with_larger_teacher<'a>(index: &'a Index<'a>) -> Option<&'a Group<'a>> {
    main(index).filter(|group| !matches!(teachers(group), [alone] if has_network(alone, group)))
}

/// The main student, if it learns from an ensemble.
pub fn main_of_an_ensemble<'a>(index: &'a Index<'a>) -> Option<&'a Group<'a>> {
    main(index).filter(|group| group.condition.teachers > 1)
}

/// Whether the students of a run have words.
pub fn is_speech(index: &Index) -> bool {
    main_network(index).is_some_and(paper::is_speech)
}

/// The main student, if it has words.
pub fn main_of_speech<'a>(index: &'a Index<'a>) -> Option<&'a Group<'a>> {
    main(index).filter(|group| paper::is_speech(&group.condition))
}

/// The main network on all classes and the fewest images, if the plan has several numbers of
/// images.
pub fn with_fewest_images<'a>(index: &'a Index<'a>) -> Option<&'a Group<'a>> {
    let network = main_network(index)?.network();
    let fewest = fractions(index).into_iter().reduce(f64::min)?;
    let groups = distilled(index, |condition| {
        condition.excluded_classes.is_empty()
            && condition.network() == network
            && condition.fraction.total_cmp(&fewest).is_eq()
    });
    nearest(groups).filter(|_| fewest < largest_fraction(index))
}

/// The main network without some classes, on the most images: one group for each set of excluded
/// classes.
pub fn without_classes<'a>(index: &'a Index<'a>) -> Groups<'a> {
    let Some(main) = main_network(index) else { return Vec::new() };
    let most = largest_fraction(index);
    let groups = distilled(index, |condition| {
        !condition.excluded_classes.is_empty()
            && condition.network() == main.network()
            && condition.fraction.total_cmp(&most).is_eq()
    });
    let set = |group: &&'a Group<'a>| group.condition.excluded_classes.as_slice();
    let of_set =
        |wanted| nearest(groups.iter().filter(|group| set(group) == wanted).copied().collect());
    distinct(groups.iter().map(set)).into_iter().filter_map(of_set).collect()
}

/// The students of an ensemble that have the network of its members, on all classes and the most
/// images, at the temperature nearest to the paper's.
pub fn like_its_ensemble<'a>(index: &'a Index<'a>) -> Option<&'a Group<'a>> {
    let is_like_its_teachers = |condition: &&Condition| {
        let Some(group) = index.group(condition) else { return false };
        let teachers = teachers(group);
        teachers.len() > 1 && teachers.iter().all(|teacher| has_network(teacher, group))
    };
    let condition = networks(index).into_iter().find(is_like_its_teachers)?;
    nearest(by_temperature(index, condition))
}

/// The students of a specialist ensemble that have the network of its generalist, at the
/// temperature nearest to the paper's.
pub fn like_its_generalist<'a>(index: &'a Index<'a>) -> Option<&'a Group<'a>> {
    let mut groups = of_specialist_ensembles(index);
    let first = groups.iter().find(|group| {
        let ensemble = group.trainings.first().and_then(|one| one.cell.ensemble.as_ref());
        ensemble.is_some_and(|ensemble| has_network(&ensemble.generalist, group))
    })?;
    let network = first.condition.network();
    groups.retain(|group| group.condition.network() == network);
    nearest(groups)
}

/// The distinct shares of the training images that students of all classes see, in the order of the
/// plan.
pub fn fractions(index: &Index) -> Vec<f64> {
    let all_classes = distilled(index, |condition| condition.excluded_classes.is_empty());
    distinct(all_classes.iter().map(|group| group.condition.fraction))
}

fn largest_fraction(index: &Index) -> f64 {
    distilled(index, |_| true).iter().map(|group| group.condition.fraction).fold(0.0, f64::max)
}

/// The teachers of a condition's first student.
fn teachers<'a>(group: &Group<'a>) -> &'a [ClassifierCell] {
    group.trainings.first().map(|one| one.cell.teachers.as_slice()).unwrap_or_default()
}

fn has_network(teacher: &ClassifierCell, student: &Group) -> bool {
    Condition::from(teacher).network() == student.condition.network()
}
