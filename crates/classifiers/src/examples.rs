//! Which training images a classifier sees.

mod groups;

use anyhow::{Result, ensure};
use assay_datasets::DataSet;
use assay_runs::{Examples, stream};
use groups::{Group, groups};
use rand::seq::SliceRandom;

/// The numbers of the training images that are held out, ascending: the same for every cell of a
/// data set. Of speech, whole utterances until there are at least as many.
///
/// # Errors
/// When none is left.
pub fn held_out(data: &DataSet, count: u32) -> Result<Vec<u32>> {
    let groups = groups(data);
    Ok(images(&groups, &held_out_groups(data, &groups, count)?))
}

/// The places of the groups that are held out, ascending.
fn held_out_groups(data: &DataSet, groups: &[Group], count: u32) -> Result<Vec<u32>> {
    let mut order: Vec<u32> = (0..groups.len() as u32).collect();
    order.shuffle(&mut stream(&data.fingerprint, "held out images"));
    let mut images = 0;
    let is_needed = |&group: &u32| {
        let needed = images < count;
        images += groups[group as usize].len();
        needed
    };
    let mut chosen: Vec<u32> = order.into_iter().take_while(is_needed).collect();
    let all = data.train.len();
    ensure!(
        chosen.len() < groups.len(),
        "held_out is {count} of {all} training images; some must be left"
    );
    chosen.sort_unstable();
    Ok(chosen)
}

/// The images of some groups, ascending as the groups are.
fn images(groups: &[Group], chosen: &[u32]) -> Vec<u32> {
    chosen.iter().flat_map(|&group| groups[group as usize].images.clone()).collect()
}

/// The numbers of the training images that a classifier sees, ascending. A share of them is the first
/// of each class in an order that belongs to the data and the seed: fewer are always among more. Of
/// speech, the first utterances of each digit.
///
/// # Errors
/// When no image is left, or a class to omit does not exist.
pub fn seen(data: &DataSet, examples: &Examples, seed: u32) -> Result<Vec<u32>> {
    let classes = data.classes.len();
    for &omitted in &examples.omitted {
        ensure!(
            usize::from(omitted) < classes,
            "class {omitted} is to be omitted; {} has classes 0 to {}",
            data.opened_as,
            classes - 1
        );
    }
    let groups = groups(data);
    let held_out = held_out_groups(data, &groups, examples.held_out)?;
    let mut order: Vec<u32> =
        (0..groups.len() as u32).filter(|group| held_out.binary_search(group).is_err()).collect();
    if examples.fraction < 1.0 {
        let owner = format!("{} {seed}", data.fingerprint);
        order.shuffle(&mut stream(&owner, "share of the images"));
        order = share_of_each_kind(&groups, order, examples.fraction);
        order.sort_unstable();
    }
    let mut images = images(&groups, &order);
    let labels = data.train.labels();
    images.retain(|&image| !examples.omitted.contains(&labels[image as usize]));
    ensure!(!images.is_empty(), "no training image is left");
    Ok(images)
}

fn share_of_each_kind(groups: &[Group], order: Vec<u32>, fraction: f64) -> Vec<u32> {
    let kind = |group: u32| usize::from(groups[group as usize].kind);
    let kinds = order.iter().map(|&group| kind(group)).max().map_or(0, |last| last + 1);
    let mut count = vec![0_u32; kinds];
    for &group in &order {
        count[kind(group)] += 1;
    }
    // At least one of each kind that there is.
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
    use assay_datasets::speech::{Utterance, Utterances};
    use assay_datasets::{Class, Images, Shape};

    /// 40 images of 4 classes in turn.
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
            utterances: None,
        }
    }

    fn examples(omitted: &[u16], fraction: f64) -> Examples {
        Examples { held_out: 8, omitted: omitted.to_vec(), fraction }
    }

    #[test]
    fn what_is_held_out_is_never_seen() {
        let held_out = held_out(&data(), 8).unwrap();
        let seen = seen(&data(), &examples(&[], 1.0), 0).unwrap();
        assert_eq!((held_out.len(), seen.len()), (8, 32));
        assert!(seen.iter().all(|image| !held_out.contains(image)));
    }

    #[test]
    fn no_image_of_an_omitted_class_is_seen_and_every_other_one_is() {
        let without = seen(&data(), &examples(&[3, 0], 1.0), 0).unwrap();
        let all = seen(&data(), &examples(&[], 1.0), 0).unwrap();
        let expected: Vec<u32> =
            all.into_iter().filter(|image| [1, 2].contains(&(image % 4))).collect();
        assert_eq!(without, expected);
    }

    #[test]
    fn a_smaller_share_lies_within_a_larger_one_and_has_every_class() {
        let few = seen(&data(), &examples(&[], 0.1), 1).unwrap();
        let more = seen(&data(), &examples(&[], 0.5), 1).unwrap();
        assert!(few.iter().all(|image| more.contains(image)) && few.len() < more.len());
        let mut classes: Vec<u32> = few.iter().map(|image| image % 4).collect();
        classes.sort_unstable();
        assert_eq!(classes, [0, 1, 2, 3]);
    }

    #[test]
    fn a_class_that_does_not_exist_and_holding_out_everything_are_errors() {
        let error = seen(&data(), &examples(&[4], 1.0), 0).unwrap_err().to_string();
        assert_eq!(error, "class 4 is to be omitted; toy has classes 0 to 3");
        let error = held_out(&data(), 40).unwrap_err().to_string();
        assert_eq!(error, "held_out is 40 of 40 training images; some must be left");
    }

    /// The same 40 images as ten utterances of four windows, two of each of five digits.
    fn speech() -> DataSet {
        let utterance = |number: u16| Utterance { digit: number % 5, frames: 4 };
        let train = (0..10).map(utterance).collect();
        let test = vec![utterance(0)];
        DataSet { utterances: Some(Utterances { states: 1, train, test }), ..data() }
    }

    #[test]
    fn of_speech_whole_utterances_are_held_out_and_seen() {
        // Six windows are asked for: two utterances have eight.
        let out = held_out(&speech(), 6).unwrap();
        assert_eq!(out.len(), 8);
        let examples = Examples { held_out: 6, omitted: Vec::new(), fraction: 1.0 };
        let seen = seen(&speech(), &examples, 0).unwrap();
        assert_eq!(seen.len(), 32);
        for first in (0..40).step_by(4) {
            let inside = |images: &[u32]| (first..first + 4).filter(|i| images.contains(i)).count();
            assert!(matches!((inside(&out), inside(&seen)), (4, 0) | (0, 4)), "{first}");
        }
    }

    #[test]
    fn of_speech_a_share_is_of_each_digits_utterances() {
        let examples = Examples { held_out: 1, omitted: Vec::new(), fraction: 0.1 };
        let seen = seen(&speech(), &examples, 0).unwrap();
        let mut digits: Vec<u32> = seen.iter().map(|window| window / 4 % 5).collect();
        digits.sort_unstable();
        assert_eq!(digits, [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4]);
    }

    #[test]
    fn holding_out_every_utterance_is_an_error() {
        assert_eq!(held_out(&speech(), 36).unwrap().len(), 36);
        let error = held_out(&speech(), 37).unwrap_err().to_string();
        assert_eq!(error, "held_out is 37 of 40 training images; some must be left");
    }
}
