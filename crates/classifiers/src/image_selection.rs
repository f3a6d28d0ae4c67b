//! Selects the training and validation images of a classifier.

use anyhow::{Result, ensure};
use assay_classifier_cells::TrainingSubset;
use assay_datasets::{DataSet, Group};
use assay_runs::random_stream;
use rand::seq::SliceRandom;

/// The groups of training images; without groups, each image is one, of the kind of its class.
///
/// Images of a group may overlap. To split a group would leak training data into validation.
fn image_groups(data: &DataSet) -> Vec<Group> {
    if let Some(groups) = &data.groups {
        return groups.train.clone();
    }
    let group = |(image, &kind)| Group { images: image..image + 1, kind };
    (0..).zip(data.train.labels()).map(group).collect()
}

/// Returns the numbers of the validation images, ascending. All cells of a data set have the same ones.
///
/// Whole groups, such as utterances, are selected until there are at least `count` images.
///
/// # Errors
/// Returns an error if no training image is left.
pub fn validation_images(data: &DataSet, count: u32) -> Result<Vec<u32>> {
    let groups = image_groups(data);
    Ok(images_of_groups(&groups, &validation_groups(data, &groups, count)?))
}

/// The positions of the validation groups, ascending.
fn validation_groups(data: &DataSet, groups: &[Group], count: u32) -> Result<Vec<u32>> {
    let mut order: Vec<u32> = (0..groups.len() as u32).collect();
    order.shuffle(&mut random_stream(&data.fingerprint, "held out images"));
    let mut images = 0;
    let is_needed = |&group: &u32| {
        let needed = images < count;
        images += groups[group as usize].images.len() as u32;
        needed
    };
    let mut chosen: Vec<u32> = order.into_iter().take_while(is_needed).collect();
    let all = data.train.len();
    ensure!(
        chosen.len() < groups.len(),
        "validation_images is {count} of {all} training images; some must be left"
    );
    chosen.sort_unstable();
    Ok(chosen)
}

/// The images of the chosen groups, in the order of the groups.
fn images_of_groups(groups: &[Group], chosen: &[u32]) -> Vec<u32> {
    chosen.iter().flat_map(|&group| groups[group as usize].images.clone()).collect()
}

/// Returns the numbers of the images that a classifier is trained on, ascending.
///
/// If a fraction is used, it consists of the first images of each class in a random order that depends on
/// the data and the seed. A smaller fraction is a subset of a larger one. It consists of whole groups of each
/// kind, such as utterances of each digit.
///
/// # Errors
/// Returns an error if no image is left or an excluded class does not exist.
pub fn training_images(data: &DataSet, examples: &TrainingSubset, seed: u32) -> Result<Vec<u32>> {
    let classes = data.classes.len();
    for &excluded in &examples.excluded_classes {
        ensure!(
            usize::from(excluded) < classes,
            "class {excluded} is to be excluded_classes; {} has classes 0 to {}",
            data.opened_as,
            classes - 1
        );
    }
    let groups = image_groups(data);
    let validation = validation_groups(data, &groups, examples.validation_images)?;
    let mut order: Vec<u32> =
        (0..groups.len() as u32).filter(|group| validation.binary_search(group).is_err()).collect();
    if examples.fraction < 1.0 {
        let owner = format!("{} {seed}", data.fingerprint);
        order.shuffle(&mut random_stream(&owner, "share of the images"));
        order = fraction_of_each_kind(&groups, order, examples.fraction);
        order.sort_unstable();
    }
    let mut images = images_of_groups(&groups, &order);
    let labels = data.train.labels();
    images.retain(|&image| !examples.excluded_classes.contains(&labels[image as usize]));
    ensure!(!images.is_empty(), "no training image is left");
    Ok(images)
}

/// Keeps the first groups of each kind: `fraction` of them, rounded up.
fn fraction_of_each_kind(groups: &[Group], order: Vec<u32>, fraction: f64) -> Vec<u32> {
    let kind = |group: u32| usize::from(groups[group as usize].kind);
    let kinds = order.iter().map(|&group| kind(group)).max().map_or(0, |last| last + 1);
    let mut count = vec![0_u32; kinds];
    for &group in &order {
        count[kind(group)] += 1;
    }
    // At least one of each kind that occurs.
    let mut left: Vec<u32> =
        count.into_iter().map(|count| (f64::from(count) * fraction).ceil() as u32).collect();
    let mut chosen = order;
    chosen.retain(|&group| {
        let left = &mut left[kind(group)];
        *left > 0 && {
            *left -= 1;
            true
        }
    });
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_datasets::{Class, Groups, Images, Shape};

    /// 40 images whose labels cycle through 4 classes.
    fn data() -> DataSet {
        let images = |count: u16| {
            let shape = Shape { channels: 1, height: 1, width: 1 };
            Images::new(shape, vec![0; usize::from(count)], (0..count).map(|i| i % 4).collect())
        };
        DataSet {
            name: "toy".to_owned(),
            opened_as: "toy".to_owned(),
            classes: (0..4).map(|i: u16| Class { name: i.to_string(), family: None }).collect(),
            train: images(40).into(),
            test: images(4).into(),
            fingerprint: "toy".to_owned(),
            warnings: Vec::new(),
            groups: None,
        }
    }

    fn examples(excluded_classes: &[u16], fraction: f64) -> TrainingSubset {
        TrainingSubset {
            validation_images: 8,
            excluded_classes: excluded_classes.to_vec(),
            fraction,
        }
    }

    #[test]
    fn validation_images_are_not_trained_on() {
        let validation = validation_images(&data(), 8).unwrap();
        let training = training_images(&data(), &examples(&[], 1.0), 0).unwrap();
        assert_eq!((validation.len(), training.len()), (8, 32));
        assert!(training.iter().all(|image| !validation.contains(image)));
    }

    #[test]
    fn exactly_the_excluded_classes_are_left_out() {
        let without = training_images(&data(), &examples(&[3, 0], 1.0), 0).unwrap();
        let all = training_images(&data(), &examples(&[], 1.0), 0).unwrap();
        let expected: Vec<u32> =
            all.into_iter().filter(|image| [1, 2].contains(&(image % 4))).collect();
        assert_eq!(without, expected);
    }

    #[test]
    fn a_smaller_fraction_is_a_subset_of_a_larger_one_and_has_every_class() {
        let few = training_images(&data(), &examples(&[], 0.1), 1).unwrap();
        let more = training_images(&data(), &examples(&[], 0.5), 1).unwrap();
        assert!(few.iter().all(|image| more.contains(image)) && few.len() < more.len());
        let mut classes: Vec<u32> = few.iter().map(|image| image % 4).collect();
        classes.sort_unstable();
        assert_eq!(classes, [0, 1, 2, 3]);
    }

    #[test]
    fn an_unknown_excluded_class_and_an_empty_training_set_are_errors() {
        let error = training_images(&data(), &examples(&[4], 1.0), 0).unwrap_err().to_string();
        assert_eq!(error, "class 4 is to be excluded_classes; toy has classes 0 to 3");
        let error = validation_images(&data(), 40).unwrap_err().to_string();
        assert_eq!(error, "validation_images is 40 of 40 training images; some must be left");
    }

    /// The same 40 images as ten utterances of four windows, two per digit.
    fn speech() -> DataSet {
        let utterance = |number: u16| {
            let first = 4 * u32::from(number);
            Group { images: first..first + 4, kind: number % 5 }
        };
        let groups = Groups { train: (0..10).map(utterance).collect(), test: vec![utterance(0)] };
        DataSet { groups: Some(groups), ..data() }
    }

    #[test]
    fn utterances_are_not_split_between_training_and_validation() {
        // Six windows are requested; two utterances have eight.
        let validation = validation_images(&speech(), 6).unwrap();
        assert_eq!(validation.len(), 8);
        let examples =
            TrainingSubset { validation_images: 6, excluded_classes: Vec::new(), fraction: 1.0 };
        let training = training_images(&speech(), &examples, 0).unwrap();
        assert_eq!(training.len(), 32);
        for first in (0..40).step_by(4) {
            let count = |images: &[u32]| (first..first + 4).filter(|i| images.contains(i)).count();
            let counts = (count(&validation), count(&training));
            assert!(matches!(counts, (4, 0) | (0, 4)), "{first}");
        }
    }

    #[test]
    fn a_fraction_of_speech_has_utterances_of_each_digit() {
        let examples =
            TrainingSubset { validation_images: 1, excluded_classes: Vec::new(), fraction: 0.1 };
        let windows = training_images(&speech(), &examples, 0).unwrap();
        let mut digits: Vec<u32> = windows.iter().map(|window| window / 4 % 5).collect();
        digits.sort_unstable();
        assert_eq!(digits, [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4]);
    }

    #[test]
    fn validation_cannot_take_every_utterance() {
        assert_eq!(validation_images(&speech(), 36).unwrap().len(), 36);
        let error = validation_images(&speech(), 37).unwrap_err().to_string();
        assert_eq!(error, "validation_images is 37 of 40 training images; some must be left");
    }
}
