//! Whole ascents on small networks, and gradients against differences.

use assay_datasets::{Normalization, Shape};
use assay_map_elites::{
    Activation, Color, Cppn, CppnGenome, DirectGenome, Emitter, Keep, MapElites, Picture,
    Population, Preset, Settings,
};
use assay_models::{Architecture, Initialization, Network, NetworkConfig};
use assay_runs::{Regularization, random_stream};
use burn::tensor::{Device, Tensor, TensorData};

use super::drawing::DifferentiableRenderer;
use super::*;

const CLASSES: usize = 5;

fn config(architecture: Architecture, shape: Shape) -> NetworkConfig {
    NetworkConfig {
        architecture,
        input: [shape.channels, shape.height, shape.width],
        classes: CLASSES,
        width: 0.5,
        groups: false,
        normalization: false,
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

fn convolutions() -> Classifier {
    let shape = Shape { channels: 3, height: 16, width: 16 };
    classifier(network(&config(Architecture::AlexNetSmall, shape)), shape)
}

fn perceptron() -> Classifier {
    let shape = Shape { channels: 1, height: 6, width: 6 };
    classifier(network(&config("mlp-20".parse().unwrap(), shape)), shape)
}

/// A perceptron whose logits are these whatever it is shown.
fn unmoved(logits: f32) -> Classifier {
    let shape = Shape { channels: 1, height: 6, width: 6 };
    let network = network(&config("mlp-20".parse().unwrap(), shape));
    let layers = network.layers().iter().map(|layer| {
        let (weight, bias) = (layer.weight().zeros_like(), layer.bias().ones_like() * logits);
        layer.config().with_weights(weight, bias).freeze()
    });
    classifier(Network::from_layers(layers.collect()), shape)
}

fn picture(classifier: &Classifier, color: Color) -> Picture {
    let Shape { height, width, .. } = classifier.shape();
    Picture { height: height as u32, width: width as u32, color }
}

fn pixels(classifier: &Classifier, regularization: Regularization) -> Pixels {
    let color = if classifier.shape().channels == 1 { Color::Gray } else { Color::Rgb };
    let encoding = Preset::Paper.direct(picture(classifier, color));
    Pixels::new(encoding, AscentConfig::of(regularization), vec![128.0; classifier.shape().len()])
}

fn weights(classifier: &Classifier, color: Color) -> Weights {
    let encoding = Preset::Paper.cppn(picture(classifier, color));
    Weights::new(encoding, classifier.device())
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
        keep: Keep::Genomes,
    })
    .unwrap()
}

fn streams(name: &str) -> ChaCha8Rng {
    random_stream(&"the test", name)
}

/// Until so many generations are done.
fn climb<T: Parameterization>(
    ascent: &mut Ascent<T>,
    search: &mut MapElites<T::Encoding>,
    classifier: &Classifier,
    generations: u32,
) {
    while search.generation() < generations {
        let (batch, confidences) = ascent.next(search, classifier, &streams).unwrap();
        search.tell(batch, &confidences).unwrap();
    }
}

/// The largest of the differences between numbers, as a share of the largest number.
fn off(got: &[f32], wanted: &[f32]) -> f32 {
    let largest = wanted.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    assert!(largest > 0.0 && got.len() == wanted.len());
    let differences = got.iter().zip(wanted).map(|(got, wanted)| (got - wanted).abs());
    differences.fold(0.0_f32, f32::max) / largest
}

#[test]
fn the_slope_in_pixels_is_that_of_differences() {
    let classifier = convolutions();
    let values = classifier.shape().len();
    let images: Vec<f32> = (0..2 * values).map(|i| ((i * 7919) % 251) as f32).collect();
    let classes = [1, 4];
    let found = classifier.slopes(images.clone(), &classes).unwrap();
    let sample: Vec<usize> = (0..24).map(|i| (i * 67) % (2 * values)).collect();
    let difference = |&at: &usize| {
        let said = |change: f32| {
            let mut images = images.clone();
            images[at] += change;
            classifier.slopes(images, &classes).unwrap().log_confidences[at / values]
        };
        said(0.5) - said(-0.5)
    };
    let differences: Vec<f32> = sample.iter().map(difference).collect();
    let slopes: Vec<f32> = sample.iter().map(|&at| found.of_pixels[at]).collect();
    // Differences of single precision over one u8 unit, and some of them across a kink.
    let off = off(&slopes, &differences);
    assert!(off < 0.02, "{off}: {slopes:?} instead of {differences:?}");
}

#[test]
fn what_is_said_of_bytes_is_what_is_said_without_looking_back() {
    let classifier = convolutions();
    let images: Vec<u8> =
        (0..2 * classifier.shape().len()).map(|i| ((i * 7919) % 251) as u8).collect();
    let numbers = images.iter().map(|&pixel| f32::from(pixel)).collect();
    let found = classifier.slopes(numbers, &[1, 4]).unwrap();
    let said = classifier.confidences(images).unwrap();
    assert!(off(&found.confidences, &said) < 1e-6);
    for (row, (class, log)) in [1, 4].into_iter().zip(&found.log_confidences).enumerate() {
        assert!((said[row * CLASSES + class].ln() - log).abs() < 1e-5);
    }
}

/// Five hidden neurons, each fed by every input and by the one before, with weights so small that pictures
/// are smooth and differences mean something.
fn by_hand(outputs: u32) -> CppnGenome {
    let first = CppnGenome::INPUTS + outputs;
    let weight = |from: u32, to: u32| 0.1 * (((to * 7 + from * 3) % 11) as f32 - 5.2);
    let inputs =
        (first..first + 5).flat_map(|to| (0..CppnGenome::INPUTS).map(move |from| (from, to)));
    let chain = (first..first + 4).map(|from| (from, from + 1));
    let ends = (first..first + 5)
        .flat_map(|from| (0..outputs).map(move |output| (from, CppnGenome::INPUTS + output)));
    let connections = inputs.chain(chain).chain(ends);
    CppnGenome {
        activations: (0..outputs as usize + 5)
            .map(|at| Activation::ALL[(3 * at + 1) % 4])
            .collect(),
        connections: connections.map(|(from, to)| (from, to, weight(from, to)).into()).collect(),
    }
}

#[test]
fn the_slope_in_weights_is_that_of_differences_in_gray_and_in_color() {
    for (classifier, color) in [
        (perceptron(), Color::Gray),
        (convolutions(), Color::Rgb),
        (convolutions(), Color::Hsv),
        (convolutions(), Color::Hls),
    ] {
        let terrain = weights(&classifier, color);
        let drawing = DifferentiableRenderer::new(terrain.encoding(), classifier.device());
        let genome = by_hand(color.channels() as u32);
        let image = |genome: &CppnGenome| {
            let weights: Vec<f32> = genome.connections.iter().map(|one| one.weight).collect();
            let shape = [weights.len()];
            let weights =
                Tensor::<1>::from_data(TensorData::new(weights, shape), classifier.device());
            drawing.draw(&[genome], &weights).into_data().try_into_vec::<f32>().unwrap()
        };
        let of_pixels = classifier.slopes(image(&genome), &[2]).unwrap().of_pixels;
        let slopes = terrain.slopes(&[&genome], &of_pixels);
        let said = |at: usize, change: f32| {
            let mut genome = genome.clone();
            genome.connections[at].weight += change;
            classifier.slopes(image(&genome), &[2]).unwrap().log_confidences[0]
        };
        let here = classifier.slopes(image(&genome), &[2]).unwrap().log_confidences[0];
        let step = 5e-4;
        let sides = |at: usize| [(said(at, step) - here) / step, (here - said(at, -step)) / step];
        let sides: Vec<[f32; 2]> = (0..genome.connections.len()).map(sides).collect();
        let largest = slopes[0].iter().fold(0.0_f32, |largest, slope| largest.max(slope.abs()));
        // Where the slopes on both sides differ there is a kink: an output that changes its sign, an
        // end of the hue. Most weights must remain.
        let smooth = |at: &usize| (sides[*at][0] - sides[*at][1]).abs() < 0.01 * largest;
        let remain: Vec<usize> = (0..sides.len()).filter(smooth).collect();
        assert!(2 * remain.len() > sides.len(), "{color:?}: {sides:?}");
        let slopes: Vec<f32> = remain.iter().map(|&at| slopes[0][at]).collect();
        let differences: Vec<f32> =
            remain.iter().map(|&at| f32::midpoint(sides[at][0], sides[at][1])).collect();
        let off = off(&slopes, &differences);
        assert!(off < 0.03, "{color:?}, {off}: {slopes:?} instead of {differences:?}");
    }
}

#[test]
fn each_of_several_genomes_has_its_own_slope() {
    let classifier = convolutions();
    let terrain = weights(&classifier, Color::Hsv);
    let genomes: Vec<CppnGenome> =
        (0..4).map(|start| terrain.start(&mut streams(&format!("start {start}")))).collect();
    let bare = CppnGenome { activations: vec![Activation::Sine; 3], connections: Vec::new() };
    let places: Vec<&CppnGenome> =
        genomes[..2].iter().chain([&bare]).chain(&genomes[2..]).collect();
    let values = classifier.shape().len();
    let of_pixels: Vec<f32> =
        (0..places.len() * values).map(|i| ((i * 7919) % 251) as f32 - 125.0).collect();
    let together = terrain.slopes(&places, &of_pixels);
    for (at, place) in places.iter().enumerate() {
        let alone = terrain.slopes(&[place], &of_pixels[at * values..][..values]).remove(0);
        assert_eq!(alone.len(), place.connections.len());
        assert_eq!(together[at].len(), alone.len());
        if alone.iter().any(|slope| *slope != 0.0) {
            assert!(off(&together[at], &alone) < 1e-5, "{at}");
        }
    }
    assert!(together.iter().filter(|slopes| slopes.iter().any(|slope| *slope != 0.0)).count() >= 3);
}

#[test]
fn classes_take_turns_until_the_budget_is_spent() {
    let classifier = perceptron();
    let mut ascent = Ascent::new(pixels(&classifier, Regularization::Nothing), CLASSES, &streams);
    let mut search = search(ascent.terrain.encoding().clone());
    climb(&mut ascent, &mut search, &classifier, 4);
    // 7 and three times 4: 19 over five classes.
    assert_eq!(search.archive().evaluations(), 19);
    let evaluations: Vec<u32> = ascent.climbs.iter().map(|climb| climb.evaluations).collect();
    assert_eq!(evaluations, [4, 4, 4, 4, 3]);
}

#[test]
fn every_class_climbs_whatever_is_climbed_in() {
    let classifier = perceptron();
    for regularization in [Regularization::Nothing, Regularization::Blur] {
        let mut ascent = Ascent::new(pixels(&classifier, regularization), CLASSES, &streams);
        let mut search = search(ascent.terrain.encoding().clone());
        climb(&mut ascent, &mut search, &classifier, 1);
        let before = search.archive().metrics().unwrap().median;
        climb(&mut ascent, &mut search, &classifier, 300);
        let after = search.archive().metrics().unwrap().min;
        // A blur leaves little on so few pixels.
        assert!(after > before + 0.3, "{regularization:?}: {before} {after}");
    }
    let mut ascent = Ascent::new(weights(&classifier, Color::Gray), CLASSES, &streams);
    let mut search = search(ascent.terrain.encoding().clone());
    climb(&mut ascent, &mut search, &classifier, 1);
    let before = search.archive().metrics().unwrap().mean;
    climb(&mut ascent, &mut search, &classifier, 150);
    let after = search.archive().metrics().unwrap().mean;
    assert!(after > before + 0.1, "{before} {after}");
}

#[test]
fn the_elites_are_what_the_network_was_shown() {
    let classifier = perceptron();
    let mut ascent = Ascent::new(pixels(&classifier, Regularization::Decay), CLASSES, &streams);
    let mut search = search(ascent.terrain.encoding().clone());
    climb(&mut ascent, &mut search, &classifier, 20);
    let archive = search.archive();
    let genomes: Vec<&DirectGenome> =
        (0..CLASSES).map(|class| archive.genome(class).unwrap()).collect();
    let said = classifier.confidences(search.settings().encoding.render(&genomes).pixels).unwrap();
    for class in 0..CLASSES {
        let kept = archive.elite(class).unwrap().confidence;
        assert!((said[class * CLASSES + class] - kept).abs() < 1e-6);
    }
}

#[test]
fn on_flat_ground_every_evaluation_is_a_new_start() {
    let classifier = unmoved(1.0);
    let mut ascent = Ascent::new(pixels(&classifier, Regularization::Nothing), CLASSES, &streams);
    let mut search = search(ascent.terrain.encoding().clone());
    climb(&mut ascent, &mut search, &classifier, 3);
    // 15 evaluations, three a class.
    assert!(ascent.climbs.iter().all(|climb| (climb.start, climb.evaluations) == (3, 0)));
    let metrics = search.archive().metrics().unwrap();
    assert!((metrics.min - 0.2).abs() < 1e-6 && (metrics.max - 0.2).abs() < 1e-6);
}

/// A terrain of one number that is as sure as it is large, but for a cliff: what is beyond is not sure at
/// all.
struct Cliff {
    encoding: Cppn,
    edge: f32,
    ascent_config: AscentConfig,
}

impl Cliff {
    /// With steps of the ascent_config's own that are to raise the confidence by so much.
    fn new(edge: f32, early_progress: f64) -> Self {
        let encoding = Preset::Paper.cppn(picture(&perceptron(), Color::Gray));
        Self {
            encoding,
            edge,
            ascent_config: AscentConfig {
                early_progress,
                late_progress: 10.0,
                ..AscentConfig::WEIGHTS
            },
        }
    }

    fn log_confidence(&self, weight: f32) -> f32 {
        if weight > self.edge { -9.0 } else { weight - 2.0 }
    }
}

/// Where a lone class is looked at, so many times.
fn places(ascent: &mut Ascent<Cliff>, count: usize) -> Vec<f32> {
    let mut look = || {
        let weight = ascent.climbs[0].place.connections[0].weight;
        let log_confidence = ascent.terrain.log_confidence(weight);
        ascent.advance(0, vec![1.0], log_confidence, &streams);
        weight
    };
    (0..count).map(|_| look()).collect()
}

fn all_close(got: &[f32], wanted: &[f32]) {
    let close = got.iter().zip(wanted).all(|(got, wanted)| (got - wanted).abs() < 1e-5);
    assert!(close && got.len() == wanted.len(), "{got:?} instead of {wanted:?}");
}

impl Parameterization for Cliff {
    type Encoding = Cppn;

    fn encoding(&self) -> &Cppn {
        &self.encoding
    }

    fn ascent_config(&self) -> &AscentConfig {
        &self.ascent_config
    }

    fn numbers(&self, place: &CppnGenome) -> usize {
        place.connections.len()
    }

    fn start(&self, _rng: &mut ChaCha8Rng) -> CppnGenome {
        let connections = vec![(0, 4, 0.3).into()];
        CppnGenome { activations: vec![Activation::Linear], connections }
    }

    fn slopes(&self, places: &[&CppnGenome], _of_pixels: &[f32]) -> Vec<Vec<f32>> {
        vec![vec![1.0]; places.len()]
    }

    fn step(&self, place: &mut CppnGenome, slope: &[f32], length: f64, _done: u32) {
        place.connections[0].weight += length as f32 * slope[0];
    }
}

#[test]
fn a_step_that_leads_down_is_taken_again_at_half_its_length_and_one_that_leads_up_reaches_further()
{
    let mut ascent = Ascent::new(Cliff::new(1.0, 1.0), 1, &streams);
    // From 0.3 by 1 is beyond the cliff; by 0.5 it is not. Then 0.75, 0.375 and 0.1875 more: the last is
    // up again, and 0.28125 and 0.140625 from there are beyond.
    let wanted = [0.3, 1.3, 0.8, 1.55, 1.175, 0.9875, 1.26875];
    all_close(&places(&mut ascent, 7), &wanted);
    // Where no reach is left, there is a new start.
    for _ in 0..40 {
        places(&mut ascent, 1);
        if ascent.climbs[0].start == 1 {
            break;
        }
    }
    assert_eq!((ascent.climbs[0].start, ascent.climbs[0].evaluations), (1, 0));
    assert_eq!(ascent.climbs[0].held, None);
}

#[test]
fn a_step_that_is_shorter_than_its_reach_is_not_taken_twice() {
    // From 0.3, where p is exp(-1.7), the ascent_config's own step is 0.01, though 1 may be reached.
    let mut ascent = Ascent::new(Cliff::new(0.304, 0.01 * (-1.7_f64).exp()), 1, &streams);
    // By 0.01 and by 0.005 is beyond the cliff, by 0.0025 is not. From there 1.5 times as far and half of
    // that are beyond; a quarter is below what a step may be.
    let wanted = [0.3, 0.31, 0.305, 0.3025, 0.306_25, 0.304_375];
    all_close(&places(&mut ascent, 6), &wanted);
    assert_eq!((ascent.climbs[0].start, ascent.climbs[0].evaluations), (1, 0));
}

#[test]
fn confidences_that_are_no_numbers_are_an_error_and_no_elites() {
    let classifier = unmoved(f32::NAN);
    let mut ascent = Ascent::new(pixels(&classifier, Regularization::Nothing), CLASSES, &streams);
    let mut search = search(ascent.terrain.encoding().clone());
    let (batch, confidences) = ascent.next(&search, &classifier, &streams).unwrap();
    let error = search.tell(batch, &confidences).unwrap_err().to_string();
    assert!(error.contains("must be finite"), "{error}");
    assert!(ascent.climbs.iter().all(|climb| climb.place.0.iter().all(|gene| gene.is_finite())));
}

fn goes_on_as_if_it_had_not_been_saved<T: Parameterization>(
    classifier: &Classifier,
    terrain: impl Fn() -> T,
) {
    let mut whole = Ascent::new(terrain(), CLASSES, &streams);
    let mut of_whole = search(terrain().encoding().clone());
    climb(&mut whole, &mut of_whole, classifier, 6);
    let (saved, of_saved) = (whole.save().unwrap(), of_whole.save());
    climb(&mut whole, &mut of_whole, classifier, 12);
    let mut resumed = Ascent::new(terrain(), CLASSES, &streams);
    resumed.resume(&saved).unwrap();
    let mut of_resumed = MapElites::resume(&of_saved, of_whole.settings()).unwrap();
    climb(&mut resumed, &mut of_resumed, classifier, 12);
    assert_eq!(of_resumed.save(), of_whole.save());
    assert_eq!(resumed.save().unwrap(), whole.save().unwrap());
}

#[test]
fn an_ascent_that_was_saved_goes_on_as_if_it_had_not_been() {
    let classifier = perceptron();
    goes_on_as_if_it_had_not_been_saved(&classifier, || {
        pixels(&classifier, Regularization::SmallPixels)
    });
    goes_on_as_if_it_had_not_been_saved(&classifier, || weights(&classifier, Color::Gray));
}

#[test]
fn places_of_another_ascent_are_refused() {
    let classifier = perceptron();
    let saved =
        Ascent::new(pixels(&classifier, Regularization::Nothing), 3, &streams).save().unwrap();
    let mut other = Ascent::new(pixels(&classifier, Regularization::Nothing), CLASSES, &streams);
    let error = other.resume(&saved).unwrap_err().to_string();
    assert_eq!(error, "it has places for 3 classes, not for 5");
    let mut of_weights = Ascent::new(weights(&classifier, Color::Gray), 3, &streams);
    assert!(of_weights.resume(&saved).is_err());
    let mut ascent = Ascent::new(Cliff::new(1.0, 1.0), 1, &streams);
    places(&mut ascent, 1);
    let saved = ascent.save().unwrap();
    ascent.resume(&saved).unwrap();
    ascent.climbs[0].held.as_mut().unwrap().slope.push(1.0);
    let error = ascent.resume(&ascent.save().unwrap()).unwrap_err().to_string();
    assert_eq!(error, "it has a slope of 2 numbers at a place of 1");
}
