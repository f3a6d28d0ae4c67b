//! Gradient ascent on small networks.

use assay_classifier_cells::Regularization;
use assay_datasets::{Normalization, Shape};
use assay_map_elites::{
    Color, DirectGenome, Emitter, ImageSpec, LineageRetention, MapElites, Population, Preset,
    Settings,
};
use assay_models::{Architecture, Initialization, Network, NetworkConfig};
use assay_runs::random_stream;
use burn::tensor::Device;

use super::*;

mod gradients;
mod trust_region;

const CLASSES: usize = 5;

fn config(architecture: Architecture, shape: Shape) -> NetworkConfig {
    NetworkConfig {
        architecture,
        input: [shape.channels, shape.height, shape.width],
        classes: CLASSES,
        width: 0.5,
        groups: false,
        local_response_norm: false,
        input_dropout: 0.0,
        dropout: 0.0,
    }
}

fn network(config: &NetworkConfig) -> Network {
    let streams = |layer: &str| random_stream(&"the test", layer);
    config.init(Initialization::He, streams, &Device::flex()).unwrap().frozen()
}

fn classifier(network: Network, shape: Shape) -> Classifier {
    let channels = shape.channels;
    let normalization =
        Normalization { mean: vec![128.0; channels], deviation: vec![64.0; channels] };
    Classifier::new(network, shape, normalization, Device::flex())
}

fn convolutional() -> Classifier {
    let shape = Shape { channels: 3, height: 16, width: 16 };
    classifier(network(&config(Architecture::AlexNetSmall, shape)), shape)
}

fn perceptron() -> Classifier {
    let shape = Shape { channels: 1, height: 6, width: 6 };
    classifier(network(&config("mlp-20".parse().unwrap(), shape)), shape)
}

/// A perceptron with the same logits for every image.
fn constant_classifier(logits: f32) -> Classifier {
    let shape = Shape { channels: 1, height: 6, width: 6 };
    let network = network(&config("mlp-20".parse().unwrap(), shape));
    let layers = network.layers().iter().map(|layer| {
        let (weight, bias) = (layer.weight().zeros_like(), layer.bias().ones_like() * logits);
        layer.config().with_weights(weight, bias).freeze()
    });
    classifier(Network::from_layers(layers.collect()), shape)
}

fn image_spec(classifier: &Classifier, color: Color) -> ImageSpec {
    let Shape { height, width, .. } = classifier.shape();
    ImageSpec { height: height as u32, width: width as u32, color }
}

fn pixels(classifier: &Classifier, regularization: Regularization) -> Pixels {
    let color = if classifier.shape().channels == 1 { Color::Gray } else { Color::Rgb };
    let encoding = Preset::Paper.direct(image_spec(classifier, color));
    Pixels::new(
        encoding,
        AscentConfig::for_regularization(regularization),
        vec![128.0; classifier.shape().len()],
    )
}

fn weights(classifier: &Classifier, color: Color) -> CppnWeights {
    let encoding = Preset::Paper.cppn(image_spec(classifier, color));
    CppnWeights::new(encoding, classifier.device())
}

fn search<E: Encoding>(encoding: E) -> MapElites<E> {
    let population = Population { initial: 7, children: 4, emitter: Emitter::Outside };
    MapElites::new(Settings {
        owner: "the test".to_owned(),
        classes: CLASSES as u32,
        others: 0,
        encoding,
        population,
        rule: assay_map_elites::ReplacementRule::EveryCell,
        keep: LineageRetention::Genomes,
    })
    .unwrap()
}

fn streams(name: &str) -> ChaCha8Rng {
    random_stream(&"the test", name)
}

/// Runs until `generations` generations are done.
fn run_generations<T: Parameterization>(
    ascent: &mut Ascent<T>,
    search: &mut MapElites<T::Encoding>,
    classifier: &Classifier,
    generations: u32,
) {
    while search.generation() < generations {
        let (batch, confidences) = ascent.ask(search, classifier, &streams).unwrap();
        search.tell(batch, &confidences).unwrap();
    }
}

/// The largest difference, relative to the largest expected value.
fn max_relative_difference(actual: &[f32], expected: &[f32]) -> f32 {
    let largest = expected.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    assert!(largest > 0.0 && actual.len() == expected.len());
    let differences = actual.iter().zip(expected).map(|(a, b)| (a - b).abs());
    differences.fold(0.0_f32, f32::max) / largest
}

#[test]
fn classes_take_turns_until_the_budget_is_spent() {
    let classifier = perceptron();
    let mut ascent =
        Ascent::new(pixels(&classifier, Regularization::Unregularized), CLASSES, &streams);
    let mut search = search(ascent.parameterization.encoding().clone());
    run_generations(&mut ascent, &mut search, &classifier, 4);
    // 7 and three times 4: 19 over five classes.
    assert_eq!(search.archive().evaluations(), 19);
    let evaluations: Vec<u32> = ascent.classes.iter().map(|state| state.evaluations).collect();
    assert_eq!(evaluations, [4, 4, 4, 4, 3]);
}

#[test]
fn the_confidence_in_every_class_rises_for_pixels_and_weights() {
    let classifier = perceptron();
    for regularization in [Regularization::Unregularized, Regularization::Blur] {
        let mut ascent = Ascent::new(pixels(&classifier, regularization), CLASSES, &streams);
        let mut search = search(ascent.parameterization.encoding().clone());
        run_generations(&mut ascent, &mut search, &classifier, 1);
        let before = search.archive().metrics().unwrap().median;
        run_generations(&mut ascent, &mut search, &classifier, 300);
        let after = search.archive().metrics().unwrap().min;
        // The limit is low, since a blur leaves little on so few pixels.
        assert!(after > before + 0.3, "{regularization:?}: {before} {after}");
    }
    let mut ascent = Ascent::new(weights(&classifier, Color::Gray), CLASSES, &streams);
    let mut search = search(ascent.parameterization.encoding().clone());
    run_generations(&mut ascent, &mut search, &classifier, 1);
    let before = search.archive().metrics().unwrap().mean;
    run_generations(&mut ascent, &mut search, &classifier, 150);
    let after = search.archive().metrics().unwrap().mean;
    assert!(after > before + 0.1, "{before} {after}");
}

#[test]
fn the_elites_are_the_images_that_the_network_evaluated() {
    let classifier = perceptron();
    let mut ascent = Ascent::new(pixels(&classifier, Regularization::Decay), CLASSES, &streams);
    let mut search = search(ascent.parameterization.encoding().clone());
    run_generations(&mut ascent, &mut search, &classifier, 20);
    let archive = search.archive();
    let genomes: Vec<&DirectGenome> =
        (0..CLASSES).map(|class| archive.genome(class).unwrap()).collect();
    let pixels = search.settings().encoding.render(&genomes).pixels;
    let confidences = classifier.confidences(pixels).unwrap();
    for class in 0..CLASSES {
        let recorded = archive.elite(class).unwrap().confidence;
        assert!((confidences[class * CLASSES + class] - recorded).abs() < 1e-6);
    }
}

#[test]
fn with_a_zero_gradient_every_evaluation_is_a_new_start() {
    let classifier = constant_classifier(1.0);
    let mut ascent =
        Ascent::new(pixels(&classifier, Regularization::Unregularized), CLASSES, &streams);
    let mut search = search(ascent.parameterization.encoding().clone());
    run_generations(&mut ascent, &mut search, &classifier, 3);
    // 15 evaluations, three per class.
    assert!(ascent.classes.iter().all(|state| (state.start, state.evaluations) == (3, 0)));
    let metrics = search.archive().metrics().unwrap();
    assert!((metrics.min - 0.2).abs() < 1e-6 && (metrics.max - 0.2).abs() < 1e-6);
}

#[test]
fn nan_confidences_are_an_error() {
    let classifier = constant_classifier(f32::NAN);
    let mut ascent =
        Ascent::new(pixels(&classifier, Regularization::Unregularized), CLASSES, &streams);
    let mut search = search(ascent.parameterization.encoding().clone());
    let (batch, confidences) = ascent.ask(&search, &classifier, &streams).unwrap();
    let error = search.tell(batch, &confidences).unwrap_err().to_string();
    assert!(error.contains("must be finite"), "{error}");
    assert!(ascent.classes.iter().all(|state| state.place.0.iter().all(|gene| gene.is_finite())));
}

fn assert_resumes_exactly<P: Parameterization>(
    classifier: &Classifier,
    parameterization: impl Fn() -> P,
) {
    let mut uninterrupted = Ascent::new(parameterization(), CLASSES, &streams);
    let mut uninterrupted_search = search(parameterization().encoding().clone());
    run_generations(&mut uninterrupted, &mut uninterrupted_search, classifier, 6);
    let (saved, saved_search) = (uninterrupted.save().unwrap(), uninterrupted_search.save());
    run_generations(&mut uninterrupted, &mut uninterrupted_search, classifier, 12);
    let mut resumed = Ascent::new(parameterization(), CLASSES, &streams);
    resumed.resume(&saved).unwrap();
    let mut resumed_search =
        MapElites::resume(&saved_search, uninterrupted_search.settings()).unwrap();
    run_generations(&mut resumed, &mut resumed_search, classifier, 12);
    assert_eq!(resumed_search.save(), uninterrupted_search.save());
    assert_eq!(resumed.save().unwrap(), uninterrupted.save().unwrap());
}

#[test]
fn a_saved_ascent_resumes_exactly() {
    let classifier = perceptron();
    assert_resumes_exactly(&classifier, || pixels(&classifier, Regularization::SmallPixels));
    assert_resumes_exactly(&classifier, || weights(&classifier, Color::Gray));
}

#[test]
fn a_state_of_another_ascent_is_refused() {
    let classifier = perceptron();
    let saved = Ascent::new(pixels(&classifier, Regularization::Unregularized), 3, &streams)
        .save()
        .unwrap();
    let mut other =
        Ascent::new(pixels(&classifier, Regularization::Unregularized), CLASSES, &streams);
    let error = other.resume(&saved).unwrap_err().to_string();
    assert_eq!(error, "it has points for 3 classes, not for 5");
    let mut weight_ascent = Ascent::new(weights(&classifier, Color::Gray), 3, &streams);
    assert!(weight_ascent.resume(&saved).is_err());
}
