//! Analytic gradients against finite differences.

use assay_map_elites::{Activation, Color, CppnGenome};
use burn::tensor::{Tensor, TensorData};

use super::super::differentiable_renderer::DifferentiableRenderer;
use super::*;

#[test]
fn pixel_gradients_match_finite_differences() {
    let classifier = convolutional();
    let values = classifier.shape().len();
    let images: Vec<f32> = (0..2 * values).map(|i| ((i * 7919) % 251) as f32).collect();
    let classes = [1, 4];
    let analytic = classifier.input_gradients(images.clone(), &classes).unwrap();
    let sample: Vec<usize> = (0..24).map(|i| (i * 67) % (2 * values)).collect();
    let difference = |&index: &usize| {
        let log_confidence = |change: f32| {
            let mut images = images.clone();
            images[index] += change;
            classifier.input_gradients(images, &classes).unwrap().log_confidences[index / values]
        };
        log_confidence(0.5) - log_confidence(-0.5)
    };
    let differences: Vec<f32> = sample.iter().map(difference).collect();
    let gradients: Vec<f32> = sample.iter().map(|&index| analytic.pixel_gradients[index]).collect();
    // The differences have the rounding errors of `f32`, and some of them cross a kink.
    let error = max_relative_difference(&gradients, &differences);
    assert!(error < 0.02, "{error}: {gradients:?} instead of {differences:?}");
}

#[test]
fn input_gradients_and_confidences_agree_on_bytes() {
    let classifier = convolutional();
    let images: Vec<u8> =
        (0..2 * classifier.shape().len()).map(|i| ((i * 7919) % 251) as u8).collect();
    let pixels = images.iter().map(|&pixel| f32::from(pixel)).collect();
    let analytic = classifier.input_gradients(pixels, &[1, 4]).unwrap();
    let confidences = classifier.confidences(images).unwrap();
    assert!(max_relative_difference(&analytic.confidences, &confidences) < 1e-6);
    for (row, (class, log)) in [1, 4].into_iter().zip(&analytic.log_confidences).enumerate() {
        assert!((confidences[row * CLASSES + class].ln() - log).abs() < 1e-5);
    }
}

/// Five hidden neurons, each fed by every input and by its predecessor. The weights are small, so
/// that images are smooth and finite differences are accurate.
fn smooth_genome(outputs: u32) -> CppnGenome {
    let first = CppnGenome::INPUTS + outputs;
    let weight = |from: u32, to: u32| 0.1 * (((to * 7 + from * 3) % 11) as f32 - 5.2);
    let inputs =
        (first..first + 5).flat_map(|to| (0..CppnGenome::INPUTS).map(move |from| (from, to)));
    let chain = (first..first + 4).map(|from| (from, from + 1));
    let output_connections = (first..first + 5)
        .flat_map(|from| (0..outputs).map(move |output| (from, CppnGenome::INPUTS + output)));
    let connections = inputs.chain(chain).chain(output_connections);
    CppnGenome {
        activations: (0..outputs as usize + 5)
            .map(|at| Activation::ALL[(3 * at + 1) % 4])
            .collect(),
        connections: connections.map(|(from, to)| (from, to, weight(from, to)).into()).collect(),
    }
}

#[test]
fn weight_gradients_match_finite_differences() {
    for (classifier, color) in [
        (perceptron(), Color::Gray),
        (convolutional(), Color::Rgb),
        (convolutional(), Color::Hsv),
        (convolutional(), Color::Hls),
    ] {
        let parameterization = weights(&classifier, color);
        let renderer =
            DifferentiableRenderer::new(parameterization.encoding(), classifier.device());
        let genome = smooth_genome(color.channels() as u32);
        let image = |genome: &CppnGenome| {
            let weights: Vec<f32> =
                genome.connections.iter().map(|connection| connection.weight).collect();
            let shape = [weights.len()];
            let weights =
                Tensor::<1>::from_data(TensorData::new(weights, shape), classifier.device());
            renderer.render(&[genome], &weights).into_data().try_into_vec::<f32>().unwrap()
        };
        let pixel_gradients =
            classifier.input_gradients(image(&genome), &[2]).unwrap().pixel_gradients;
        let gradients = parameterization.gradients(&[&genome], &pixel_gradients);
        let log_confidence = |index: usize, change: f32| {
            let mut genome = genome.clone();
            genome.connections[index].weight += change;
            classifier.input_gradients(image(&genome), &[2]).unwrap().log_confidences[0]
        };
        let center = classifier.input_gradients(image(&genome), &[2]).unwrap().log_confidences[0];
        let step = 5e-4;
        let one_sided = |index: usize| {
            let (above, below) = (log_confidence(index, step), log_confidence(index, -step));
            [(above - center) / step, (center - below) / step]
        };
        let sides: Vec<[f32; 2]> = (0..genome.connections.len()).map(one_sided).collect();
        let largest = gradients[0].iter().fold(0.0_f32, |largest, g| largest.max(g.abs()));
        // One-sided differences that disagree mean a kink: an output that changes its sign, or an
        // end of the hue. Most weights must be free of kinks.
        let is_smooth = |i: &usize| (sides[*i][0] - sides[*i][1]).abs() < 0.01 * largest;
        let smooth: Vec<usize> = (0..sides.len()).filter(is_smooth).collect();
        assert!(2 * smooth.len() > sides.len(), "{color:?}: {sides:?}");
        let gradients: Vec<f32> = smooth.iter().map(|&index| gradients[0][index]).collect();
        let differences: Vec<f32> =
            smooth.iter().map(|&i| f32::midpoint(sides[i][0], sides[i][1])).collect();
        let error = max_relative_difference(&gradients, &differences);
        assert!(error < 0.03, "{color:?}, {error}: {gradients:?} instead of {differences:?}");
    }
}

#[test]
fn gradients_of_a_batch_equal_those_of_each_genome() {
    let classifier = convolutional();
    let parameterization = weights(&classifier, Color::Hsv);
    let genomes: Vec<CppnGenome> = (0..4)
        .map(|start| parameterization.starting_point(&mut streams(&format!("start {start}"))))
        .collect();
    let unconnected =
        CppnGenome { activations: vec![Activation::Sine; 3], connections: Vec::new() };
    let points: Vec<&CppnGenome> =
        genomes[..2].iter().chain([&unconnected]).chain(&genomes[2..]).collect();
    let values = classifier.shape().len();
    let pixel_gradients: Vec<f32> =
        (0..points.len() * values).map(|i| ((i * 7919) % 251) as f32 - 125.0).collect();
    let batched = parameterization.gradients(&points, &pixel_gradients);
    for (index, point) in points.iter().enumerate() {
        let single = parameterization
            .gradients(&[point], &pixel_gradients[index * values..][..values])
            .remove(0);
        assert_eq!(single.len(), point.connections.len());
        assert_eq!(batched[index].len(), single.len());
        if single.iter().any(|gradient| *gradient != 0.0) {
            assert!(max_relative_difference(&batched[index], &single) < 1e-5, "{index}");
        }
    }
    let is_nonzero = |gradient: &&Vec<f32>| gradient.iter().any(|value| *value != 0.0);
    assert!(batched.iter().filter(is_nonzero).count() >= 3);
}
