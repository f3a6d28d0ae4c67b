//! Counts the operations of a network's forward pass from its layers. Nothing is measured.

use std::fmt::Write;
use std::process::ExitCode;

use anyhow::Result;
use assay_engine::output::print_line;
use assay_models::LayerConfig;
use clap::Args;
use serde::Serialize;

use super::networks::{BenchNetwork, networks};

/// Bytes per number.
const BYTES: usize = 4;
/// Images per batch in the ratio of multiplications to bytes.
const BATCH: usize = 128;

/// Counts the multiplications, parameters and activations of the profiles' networks for one image. Uses no
/// device.
#[derive(Debug, Args)]
pub struct Operations {
    /// Prints them as JSON
    #[arg(long)]
    json: bool,
}

impl Operations {
    pub fn run(&self) -> Result<ExitCode> {
        let rows = counts()?;
        if self.json {
            print_line(serde_json::to_string_pretty(&rows)?)?;
        } else {
            print_line(table(&rows).trim_end())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The size of a network's forward pass for one image.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Counts {
    /// The network, with its width factor if that is not 1.
    network: String,
    /// The shape of an image: channels, height, width.
    image: [usize; 3],
    /// Multiplications, each with an addition.
    multiplications: usize,
    /// The number of weights and biases.
    parameters: usize,
    /// The number of values that layers compute, before and after pooling. Training keeps them for the
    /// backward pass, which has about twice as many multiplications.
    activations: usize,
}

impl Counts {
    /// Multiplications per byte that a forward pass of 128 images must move at least, in f32. Below some tens,
    /// memory limits the speed of a GPU; above, arithmetic does.
    fn multiplications_per_byte(&self) -> f64 {
        let image: usize = self.image.iter().product();
        let moved = BYTES * (self.parameters + BATCH * (image + self.activations));
        (BATCH * self.multiplications) as f64 / moved as f64
    }
}

/// The counts of the profiles' networks.
fn counts() -> Result<Vec<Counts>> {
    let count = |network: BenchNetwork| {
        let sum = |count: fn(&LayerConfig) -> usize| network.layers.iter().map(count).sum();
        Counts {
            multiplications: network.multiplications(),
            parameters: sum(LayerConfig::parameters),
            activations: sum(LayerConfig::activations),
            network: network.name,
            image: network.image,
        }
    };
    Ok(networks()?.into_iter().map(count).collect())
}

const HEAD: &str = "network                        image multiplications  parameters       in MiB activations       in KiB    x / byte
";

/// Formats the counts as a table.
fn table(rows: &[Counts]) -> String {
    let mut text = String::from(HEAD);
    for row in rows {
        let [channels, height, width] = row.image;
        let _ = writeln!(
            text,
            "{:24} {:>11} {:>15} {:>11} {:>12.2} {:>11} {:>12.1} {:>11.1}",
            row.network,
            format!("{channels}x{height}x{width}"),
            row.multiplications,
            row.parameters,
            (BYTES * row.parameters) as f64 / 1024.0 / 1024.0,
            row.activations,
            (BYTES * row.activations) as f64 / 1024.0,
            row.multiplications_per_byte(),
        );
    }
    let _ = writeln!(
        text,
        "\nFor the forward pass of one image in f32, counted from the shapes of the layers. x / byte: multiplications \
                 per byte moved,\nfor batches of {BATCH} images. A training step has about three times as many multiplications."
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_counted_layer_by_layer() {
        let all = counts().unwrap();
        let lenet = all.iter().find(|row| row.network == "lenet").unwrap();
        // 20 maps of 24x24 pooled to 12x12, 50 of 8x8 pooled to 4x4, 500 units, 10 classes.
        assert_eq!(lenet.activations, 20 * (576 + 144) + 50 * (64 + 16) + 500 + 10);
        assert_eq!(lenet.parameters, 431_080);
        assert_eq!(lenet.multiplications, 2_293_000);
        let moved = 4.0 * (431_080.0 + 128.0 * (784.0 + 18_910.0));
        assert!((lenet.multiplications_per_byte() - 128.0 * 2_293_000.0 / moved).abs() < 1e-9);
        assert!(table(&all).contains("lenet"), "{}", table(&all));
        assert!(all.iter().any(|row| row.network == "alexnet_small x0.5"));
    }
}
