use super::{Settings, classes, generate};

const FEW: Settings = Settings { train_per_class: 2, test_per_class: 1, size: 32, seed: 7 };

#[test]
fn there_are_twelve_classes_of_either_family_with_names_of_their_own() {
    let classes = classes();
    let names: std::collections::BTreeSet<_> = classes.iter().map(|class| &class.name).collect();
    assert_eq!(names.len(), 24);
    let natural = classes.iter().filter(|class| class.family == Some(crate::Family::Natural));
    assert_eq!(natural.count(), 12);
}

#[test]
fn the_bytes_do_not_depend_on_the_number_of_threads() {
    let drawn = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| generate(&FEW).unwrap())
    };
    assert_eq!(drawn(1), drawn(3));
}
