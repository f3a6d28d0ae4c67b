//! Which training images a classifier sees.

use anyhow::{Result, ensure};
use assay_datasets::{DataSet, ImageSet};
use assay_runs::{Examples, stream};
use rand::seq::SliceRandom;

/// The numbers of the training images that are held out, ascending: the same for every cell of a
/// data set.
///
/// # Errors
/// When as many or more are asked for as there are.
pub fn held_out(data: &DataSet, count: u32) -> Result<Vec<u32>> {
    let all = data.train.len() as u32;
    ensure!(count < all, "held_out is {count} of {all} training images; some must be left");
    let mut order: Vec<u32> = (0..all).collect();
    order.shuffle(&mut stream(&data.fingerprint, "held out images"));
    order.truncate(count as usize);
    order.sort_unstable();
    Ok(order)
}

/// The numbers of the training images that a classifier sees, ascending. A share of them is the first
/// of each class in an order that belongs to the data and the seed: fewer are always among more.
///
/// # Errors
/// When no image is left, or a class to omit does not exist.
pub fn seen(data: &DataSet, examples: &Examples, seed: u32) -> Result<Vec<u32>> {
    let classes = data.classes.len();
    for &omitted in &examples.omitted {
        ensure!(
            usize::from(omitted) < classes,
            "class {omitted} is to be omitted; {} has classes 0 to {}",
            data.name,
            classes - 1
        );
    }
    let held_out = held_out(data, examples.held_out)?;
    let mut order: Vec<u32> = (0..data.train.len() as u32)
        .filter(|image| held_out.binary_search(image).is_err())
        .collect();
    if examples.fraction < 1.0 {
        let owner = format!("{} {seed}", data.fingerprint);
        order.shuffle(&mut stream(&owner, "share of the images"));
        order = share_of_each_class(&data.train, classes, order, examples.fraction);
        order.sort_unstable();
    }
    order.retain(|&image| !examples.omitted.contains(&label(&data.train, image)));
    ensure!(!order.is_empty(), "no training image is left");
    Ok(order)
}

fn label(images: &ImageSet, image: u32) -> u16 {
    images.labels()[image as usize]
}

fn share_of_each_class(
    images: &ImageSet,
    classes: usize,
    order: Vec<u32>,
    fraction: f64,
) -> Vec<u32> {
    let mut count = vec![0_u32; classes];
    for &image in &order {
        count[usize::from(label(images, image))] += 1;
    }
    // At least one of each class that there is.
    let mut left: Vec<u32> =
        count.into_iter().map(|count| (f64::from(count) * fraction).ceil() as u32).collect();
    let mut chosen = order;
    chosen.retain(|&image| {
        let left = &mut left[usize::from(label(images, image))];
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
    use assay_datasets::{Class, Images, Shape};

    /// 40 images of 4 classes in turn.
    fn data() -> DataSet {
        let images = |count: u16| {
            let shape = Shape { channels: 1, height: 1, width: 1 };
            Images::new(shape, vec![0; usize::from(count)], (0..count).map(|i| i % 4).collect())
        };
        DataSet {
            name: "toy".to_owned(),
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
}
