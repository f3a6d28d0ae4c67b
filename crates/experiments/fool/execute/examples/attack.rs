//! Evolves images that a network classifies with high confidence (Nguyen et al. 2015):
//! `cargo run --example attack`. The network is untrained, so that the example takes a second.

use anyhow::Result;
use assay_datasets::{Normalization, Shape};
use assay_fool_execute::{Classifier, run_generation};
use assay_map_elites::{
    Color, Emitter, ImageSpec, LineageRetention, MapElites, Population, Preset, ReplacementRule,
    Settings, seeded_streams,
};
use assay_models::{Architecture, Initialization, NetworkConfig};
use assay_runs::random_stream;
use burn::tensor::Device;

const CLASSES: usize = 10;
const SIDE: usize = 28;

fn main() -> Result<()> {
    let config = NetworkConfig {
        architecture: Architecture::LeNet,
        input: [1, SIDE, SIDE],
        classes: CLASSES,
        width: 0.5,
        groups: false,
        local_response_norm: false,
        input_dropout: 0.0,
        dropout: 0.0,
    };
    let device = Device::flex();
    let stream = |layer: &str| random_stream(&"example", layer);
    let network = config.init(Initialization::He, stream, &device)?.frozen();
    let shape = Shape { channels: 1, height: SIDE, width: SIDE };
    let normalization = Normalization { mean: vec![127.5], deviation: vec![127.5] };
    let classifier = Classifier::new(network, shape, normalization, device);

    let image = ImageSpec { height: SIDE as u32, width: SIDE as u32, color: Color::Gray };
    let mut search = MapElites::new(Settings {
        owner: "example".to_owned(),
        classes: CLASSES as u32,
        others: 0,
        encoding: Preset::Paper.cppn(image),
        population: Population { initial: 20, children: 20, emitter: Emitter::Evolution },
        rule: ReplacementRule::EveryCell,
        keep: LineageRetention::Records,
    })?;
    let streams = seeded_streams(0);
    let mut medians = Vec::new();
    for generation in 1..=20 {
        run_generation(&mut search, &classifier, &streams)?;
        let metrics = search.archive().metrics().expect("the archive has elites");
        medians.push(metrics.median);
        if generation % 5 == 0 {
            println!("generation {generation}: median confidence {:.3}", metrics.median);
        }
    }
    assert!(medians[19] >= medians[0], "an elite is replaced by a better one only");
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_example_runs() {
        super::main().unwrap();
    }
}
