//! Times the steps of one row in this process, as a peer does.

use std::io::{BufRead, Write};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use assay_engine::trainer::{LrStep, Sgd};
use assay_losses::cross_entropy;
use assay_models::{Initialization, Network};
use assay_runs::{TrainingConfig, random_stream};
use burn::tensor::{Device, Distribution, Int, Tensor, TensorData};

use super::row::{Row, rows};
use crate::bench::process::own_peak_mebibytes;
use crate::bench::scaling::scaling_rows;

/// Steps before the clock starts.
const WARM_UP: usize = 3;

/// At least this many images, as many as the peer has.
const IMAGES: usize = 1024;

/// Warms up, prints `ready`, waits for a line, and prints the images per second and the peak memory.
///
/// # Errors
/// Returns an error if there is no such row, or standard input or output fails.
pub fn time_steps(row: &str, threads: usize, seconds: f64) -> Result<()> {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    let row = rows()?.into_iter().chain(scaling_rows()?).find(|found| found.name == row);
    let mut steps = Steps::new(row.context("no such row")?)?;
    (0..WARM_UP).for_each(|number| steps.step(number));
    let mut output = std::io::stdout().lock();
    writeln!(output, "ready").and_then(|()| output.flush())?;
    ensure!(
        std::io::stdin().lock().read_line(&mut String::new())? > 0,
        "no line started the clock"
    );
    let (began, mut count) = (Instant::now(), 0);
    while began.elapsed() < Duration::from_secs_f64(seconds) {
        steps.step(count);
        count += 1;
    }
    let images = (count * steps.row.batch) as f64;
    let images_per_second = images / began.elapsed().as_secs_f64();
    writeln!(output, "{images_per_second} {}", own_peak_mebibytes())?;
    Ok(())
}

/// A network and its data.
struct Steps {
    row: Row,
    network: Network,
    optimizer: Sgd,
    images: Tensor<4>,
    labels: Tensor<1, Int>,
}

impl Steps {
    fn new(row: Row) -> Result<Self> {
        let device = Device::flex();
        let layers = row.layers.iter().map(|layer| {
            let mut stream = random_stream(&"bench", &layer.name);
            layer.init(Initialization::He, &mut stream, &device)
        });
        let network = Network::from_layers(layers.collect());
        let schedule = TrainingConfig {
            weight_decay: 5e-4,
            ..TrainingConfig::evaluation_only(row.batch as u32)
        };
        let optimizer = Sgd::new(&schedule, row.layers.len());
        let count = IMAGES.next_multiple_of(row.batch);
        let [channels, height, width] = row.layers[0].input;
        let shape = [count, channels, height, width];
        let images = Tensor::random(shape, Distribution::Normal(0.0, 1.0), &device);
        let classes = row.layers[row.layers.len() - 1].weight_shape()[0];
        let classes = i32::try_from(classes)?;
        let labels: Vec<i32> = (0..).map(|image| image % classes).take(count).collect();
        let labels = Tensor::from_data(TensorData::new(labels, [count]), &device);
        let network = if row.training { network } else { network.frozen() };
        Ok(Self { row, network, optimizer, images, labels })
    }

    fn step(&mut self, number: usize) {
        let batch = self.row.batch;
        let from = number * batch % self.images.dims()[0];
        let images = self.images.clone().narrow(0, from, batch);
        let logits = self.network.forward(images);
        if !self.row.training {
            return;
        }
        let labels = self.labels.clone().narrow(0, from, batch);
        let mut gradients = cross_entropy(logits, labels).backward();
        let rates = LrStep { learning_rate: 1e-3, momentum: 0.9 };
        self.optimizer.step(&mut self.network, &mut gradients, rates);
    }
}
