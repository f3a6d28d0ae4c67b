use std::collections::BTreeSet;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tiny_skia::Transform;

use super::canvas::{Canvas, ColorRole};
use super::noise::Noise;
use super::{Settings, classes, generate, motifs, scene};
use crate::{DataError, Family, Images};

const CLASSES: usize = 24;
const FEW: Settings = Settings { train_per_class: 2, test_per_class: 1, size: 32, seed: 7 };

/// The mean of each channel of an image, in `0..=255`.
fn channel_means(image: &[u8]) -> [f64; 3] {
    let length = image.len() / 3;
    std::array::from_fn(|channel| {
        let plane = &image[channel * length..(channel + 1) * length];
        plane.iter().map(|&value| f64::from(value)).sum::<f64>() / length as f64
    })
}

#[test]
fn each_family_has_twelve_classes() {
    let classes = classes();
    let names: BTreeSet<_> = classes.iter().map(|class| &class.name).collect();
    assert_eq!(names.len(), CLASSES);
    for family in [Family::Natural, Family::ManMade] {
        assert_eq!(classes.iter().filter(|class| class.family == Some(family)).count(), 12);
    }
}

#[test]
fn labels_cycle_through_the_classes() {
    for size in [16, 32] {
        let (train, test) = generate(&Settings { size, ..FEW }).unwrap();
        assert_eq!((train.len(), test.len()), (2 * CLASSES, CLASSES));
        assert_eq!(train.shape().len(), 3 * (size * size) as usize);
        assert!(train.labels().iter().enumerate().all(|(i, &label)| usize::from(label) == i % 24));
    }
}

#[test]
fn images_do_not_depend_on_the_number_of_threads() {
    let drawn = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| generate(&FEW).unwrap())
    };
    let alone = drawn(1);
    assert_eq!(alone, drawn(2));
    assert_eq!(alone, drawn(5));
}

#[test]
fn images_do_not_depend_on_their_number() {
    let (train, test) = generate(&FEW).unwrap();
    let (more_train, more_test) =
        generate(&Settings { train_per_class: 5, test_per_class: 3, ..FEW }).unwrap();
    assert!(more_train.pixels().starts_with(train.pixels()));
    assert!(more_test.pixels().starts_with(test.pixels()));
}

#[test]
fn all_images_are_different() {
    let (train, test) = generate(&FEW).unwrap();
    let (others, _) = generate(&Settings { seed: 8, ..FEW }).unwrap();
    let mut seen = BTreeSet::new();
    for images in [&train, &test, &others] {
        for index in 0..images.len() {
            assert!(seen.insert(images.image(index)), "image {index} has been seen before");
        }
    }
}

#[test]
fn every_image_has_contrast() {
    let (train, _) = generate(&FEW).unwrap();
    for index in 0..train.len() {
        let image = train.image(index);
        let (low, high) = (image.iter().min().unwrap(), image.iter().max().unwrap());
        assert!(high - low > 50, "image {index} only has values from {low} to {high}");
    }
}

#[test]
fn classes_differ_on_the_same_random_stream() {
    let drawn: Vec<(&str, Vec<u8>)> = motifs()
        .map(|(_, motif)| {
            let mut pixels = vec![0; 3 * 32 * 32];
            scene::draw(motif, &mut ChaCha8Rng::seed_from_u64(3), 32, &mut pixels);
            (motif.name, pixels)
        })
        .collect();
    for (index, (name, pixels)) in drawn.iter().enumerate() {
        for (other_name, other) in &drawn[..index] {
            let far = |(a, b): &(&u8, &u8)| a.abs_diff(**b) > 40;
            let apart = pixels.iter().zip(other).filter(far).count();
            assert!(apart > pixels.len() / 20, "{name} and {other_name}: {apart} values apart");
        }
    }
}

/// If color told nothing, a class's mean would be off by 4 standard errors once in 16 000 draws;
/// with 300 images a class, 4 standard errors are about 10 of 255 levels.
#[test]
fn mean_colors_do_not_reveal_the_class() {
    let settings = Settings { train_per_class: 300, test_per_class: 1, size: 16, seed: 1 };
    let (train, _) = generate(&settings).unwrap();
    let means: Vec<_> = (0..train.len()).map(|index| channel_means(train.image(index))).collect();
    for channel in 0..3 {
        let overall = means.iter().map(|mean| mean[channel]).sum::<f64>() / means.len() as f64;
        let square = |mean: &[f64; 3]| (mean[channel] - overall).powi(2);
        let variance = means.iter().map(square).sum::<f64>() / means.len() as f64;
        let standard_error = (variance / 300.0).sqrt();
        assert!(4.0 * standard_error < 13.0, "the test has no power: {standard_error}");
        for class in 0..CLASSES {
            let of_class = means.iter().skip(class).step_by(CLASSES).map(|mean| mean[channel]);
            let mean = of_class.sum::<f64>() / 300.0;
            assert!(
                (mean - overall).abs() < 4.0 * standard_error,
                "class {class}, channel {channel}: {mean} against {overall} +- {standard_error}"
            );
        }
    }
}

/// The nearest class mean is a linear classifier. Chance is 4 %.
#[test]
fn nearest_mean_accuracy_is_below_one_eighth() {
    let settings = Settings { train_per_class: 100, test_per_class: 25, size: 16, seed: 2 };
    let (train, test) = generate(&settings).unwrap();
    let means: Vec<Vec<f64>> = (0..CLASSES).map(|class| class_mean(&train, class)).collect();
    let right = (0..test.len())
        .filter(|&index| {
            let distance = |mean: &Vec<f64>| -> f64 {
                let pairs = test.image(index).iter().zip(mean);
                pairs.map(|(&value, mean)| (f64::from(value) - mean).powi(2)).sum()
            };
            let nearest = (0..CLASSES)
                .min_by(|&a, &b| distance(&means[a]).total_cmp(&distance(&means[b])))
                .unwrap();
            nearest == usize::from(test.labels()[index])
        })
        .count();
    assert!(8 * right < test.len(), "{right} of {} are right", test.len());
}

fn class_mean(images: &Images, class: usize) -> Vec<f64> {
    let mut mean = vec![0.0; images.shape().len()];
    let of_class: Vec<usize> = (class..images.len()).step_by(CLASSES).collect();
    for &index in &of_class {
        for (sum, &value) in mean.iter_mut().zip(images.image(index)) {
            *sum += f64::from(value) / of_class.len() as f64;
        }
    }
    mean
}

/// The results in the docs were measured on these images. The tolerance is for other platforms'
/// sines, which may move an edge by a fraction of a level.
#[test]
fn images_are_the_same_as_in_earlier_versions() {
    const GREEN: [f64; CLASSES] = [
        64.1, 174.4, 176.3, 85.6, 111.7, 177.9, 156.7, 143.7, 115.2, 71.5, 50.3, 65.2, 122.2,
        141.1, 134.0, 87.9, 124.4, 196.0, 104.7, 147.5, 101.0, 157.8, 126.1, 167.0,
    ];
    let settings = Settings { train_per_class: 1, test_per_class: 1, size: 32, seed: 0 };
    let (train, _) = generate(&settings).unwrap();
    let drawn: Vec<f64> = (0..CLASSES).map(|index| channel_means(train.image(index))[1]).collect();
    let near = drawn.iter().zip(GREEN).all(|(drawn, was)| (drawn - was).abs() < 0.3);
    assert!(near, "{drawn:.1?} were {GREEN:.1?}");
}

#[test]
fn invalid_settings_are_errors() {
    let message = |settings| match generate(&settings) {
        Err(DataError::Settings(message)) => message,
        other => panic!("{other:?}"),
    };
    assert!(message(Settings { size: 24, ..FEW }).contains("size is 24"));
    assert!(message(Settings { train_per_class: 0, ..FEW }).contains("Train"));
    assert!(message(Settings { test_per_class: 0, ..FEW }).contains("Test"));
}

#[test]
fn a_disc_has_the_right_area() {
    // The edge is 63 pixels long; a tenth of a pixel along it is what antialiasing may be out by.
    let frame = Transform::from_scale(10.0, 10.0).post_translate(32.0, 32.0);
    let covered = |draw: fn(&mut Canvas)| {
        let mut canvas = Canvas::new(frame, [1.0; 3], [0.0; 3]);
        draw(&mut canvas);
        let layer = canvas.into_layer();
        layer.pixels().iter().map(|pixel| f32::from(pixel.alpha()) / 255.0).sum::<f32>()
    };
    let disc = covered(|canvas| canvas.disc((0.0, 0.0), 1.0, ColorRole::Main));
    assert!((disc - 314.16).abs() < 6.3, "{disc}");
    let by_point = covered(|canvas| {
        canvas.fill_by_point(|(x, y)| (x.hypot(y) < 1.0).then_some(ColorRole::Main));
    });
    assert!((by_point - 314.16).abs() < 6.3, "{by_point}");
}

#[test]
fn an_inner_polygon_is_a_hole() {
    let frame = Transform::from_scale(10.0, 10.0).post_translate(32.0, 32.0);
    let square = |half: f32| [(-half, -half), (half, -half), (half, half), (-half, half)];
    let mut canvas = Canvas::new(frame, [1.0; 3], [0.0; 3]);
    canvas.polygons(&[&square(2.0), &square(1.0)], ColorRole::Main);
    let layer = canvas.into_layer();
    assert_eq!(layer.pixel(32, 32).unwrap().alpha(), 0);
    assert_eq!(layer.pixel(47, 32).unwrap().alpha(), 255);
}

#[test]
fn noise_is_bounded_and_smooth() {
    let noise = Noise::new(&mut ChaCha8Rng::seed_from_u64(5));
    for step in 0..2000 {
        let x = step as f32 * 0.01 - 10.0;
        let value = noise.octaves(x, 0.3 * x);
        assert!((0.0..=1.0).contains(&value), "{value} at {x}");
        assert!((noise.value(x + 0.01, 0.3 * x) - noise.value(x, 0.3 * x)).abs() < 0.02);
    }
}
