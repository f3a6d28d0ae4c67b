use super::*;

fn classes(families: &[Option<Family>]) -> Vec<Class> {
    let class = |(index, &family)| Class { name: format!("class{index}"), family };
    families.iter().enumerate().map(class).collect()
}

#[test]
fn random_halves_are_a_partition() {
    let halves = Halves::random(100, 7).unwrap();
    assert_eq!((halves.a.len(), halves.b.len()), (50, 50));
    let mut all = [halves.a.clone(), halves.b.clone()].concat();
    all.sort_unstable();
    assert_eq!(all, (0..100).collect::<Vec<_>>());
    assert!(halves.a.is_sorted() && halves.b.is_sorted());
}

#[test]
fn an_odd_number_of_classes_leaves_one_out() {
    let halves = Halves::random(5, 0).unwrap();
    assert_eq!((halves.a.len(), halves.b.len()), (2, 2));
}

#[test]
fn random_halves_depend_on_the_seed() {
    assert_eq!(Halves::random(10, 3).unwrap(), Halves::random(10, 3).unwrap());
    assert_ne!(Halves::random(10, 3).unwrap(), Halves::random(10, 4).unwrap());
    assert_eq!(Halves::random(10, 0).unwrap().a, PINNED);
}

/// Pinned: another value would silently change every experiment.
const PINNED: [u16; 5] = [1, 2, 6, 8, 9];

#[test]
fn one_class_cannot_be_split() {
    assert!(Halves::random(1, 0).unwrap_err().to_string().contains("1 classes"));
    assert!(Halves::random(0, 0).is_err());
    assert!(Halves::random(70_000, 0).is_err());
}

#[test]
fn semantic_halves_put_natural_classes_in_a() {
    let (nature, made) = (Some(Family::Natural), Some(Family::ManMade));
    let halves = Halves::semantic(&classes(&[made, nature, nature])).unwrap();
    assert_eq!(halves, Halves { a: vec![1, 2], b: vec![0] });
}

#[test]
fn unknown_and_empty_families_are_errors() {
    let (nature, made) = (Some(Family::Natural), Some(Family::ManMade));
    let message =
        |families: &[Option<Family>]| Halves::semantic(&classes(families)).unwrap_err().to_string();
    assert!(message(&[nature, None]).contains("'class1'"));
    assert!(message(&[nature, nature]).contains("half B is empty"));
    assert!(message(&[made]).contains("half A is empty"));
}
