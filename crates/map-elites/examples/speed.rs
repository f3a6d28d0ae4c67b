//! The speed of this crate without a network: evaluations per second of variation, rendering and
//! insertion.
//!
//! `cargo run --release -p assay-map-elites --example speed`; `RAYON_NUM_THREADS=1` for one thread.
//! A cheap stand-in replaces the network and is not timed: the confidence of a class is the
//! brightness of its own stripe of the image.

use std::time::{Duration, Instant};

use assay_map_elites::{
    Color, Cppn, CppnGenome, Direct, DirectGenome, Emitter, ImageSpec, Images, IsoLine,
    LineageRetention, MapElites, MapElitesError, Population, Preset, Render, ReplacementRule,
    Settings, Variation, seeded_streams,
};

const GENERATIONS: u32 = 200;

fn main() -> Result<(), MapElitesError> {
    let mnist = ImageSpec { height: 28, width: 28, color: Color::Gray };
    let cifar = ImageSpec { height: 32, width: 32, color: Color::Hsv };
    println!("threads: {}; evaluations per second", rayon::current_num_threads());
    println!(
        "{:<24}{:>12}{:>12}{:>12}{:>12}{:>10}{:>12}{:>12}",
        "", "vary", "render", "insert", "total", "neurons", "individuals", "bytes saved"
    );
    let operator = IsoLine { iso_sigma: 0.01, line_sigma: 0.2 };
    let iso_line = Direct { picture: mnist, variation: Variation::IsoLine(operator) };
    measure("direct 28x28, iso+line", iso_line, 10, 200)?;
    for (name, picture) in [("28x28", mnist), ("32x32x3", cifar)] {
        measure(&format!("direct {name}"), Preset::Paper.direct(picture), 10, 200)?;
        measure(&format!("cppn {name}"), Preset::Paper.cppn(picture), 10, 200)?;
    }
    measure("cppn, 1000 classes x 400", Preset::Paper.cppn(cifar), 1000, 400)
}

/// Runs a search and prints its speeds in one line.
fn measure<E: Render + NeuronCount>(
    name: &str,
    encoding: E,
    classes: u32,
    children: u32,
) -> Result<(), MapElitesError> {
    let population = Population { initial: children, children, emitter: Emitter::Evolution };
    let (rule, keep) = (ReplacementRule::EveryCell, LineageRetention::Genomes);
    let owner = "speed".to_string();
    let settings = Settings { owner, classes, others: 0, encoding, population, rule, keep };
    let mut search = MapElites::new(settings)?;
    let stream = seeded_streams(1);
    let mut spent = [Duration::ZERO; 3];
    for _ in 0..GENERATIONS {
        let start = Instant::now();
        let batch = search.ask(&stream);
        let varied = Instant::now();
        let images = search.settings().encoding.render(batch.genomes());
        let rendered = Instant::now();
        let confidences = stripes(&images, classes as usize);
        let evaluated = Instant::now();
        search.tell(batch, &confidences)?;
        spent[0] += varied - start;
        spent[1] += rendered - varied;
        spent[2] += evaluated.elapsed();
    }
    let evaluations = search.archive().evaluations() as f64;
    let per_second = |time: Duration| evaluations / time.as_secs_f64();
    let [vary, render, insert] = spent.map(per_second);
    let total = per_second(spent.iter().sum());
    let genomes = (0..classes as usize).filter_map(|cell| search.archive().genome(cell));
    let neurons = genomes.map(E::neurons).sum::<usize>() / classes as usize;
    let (individuals, bytes) = (search.archive().individual_count(), search.save().len());
    print!("{name:<24}{vary:>12.0}{render:>12.0}{insert:>12.0}{total:>12.0}");
    println!("{neurons:>10}{individuals:>12}{bytes:>12}");
    Ok(())
}

/// The number of neurons of a genome.
trait NeuronCount: Render {
    fn neurons(genome: &Self::Genome) -> usize;
}

impl NeuronCount for Direct {
    fn neurons(_: &DirectGenome) -> usize {
        0
    }
}

impl NeuronCount for Cppn {
    fn neurons(genome: &CppnGenome) -> usize {
        genome.activations.len()
    }
}

/// For each class, the share of an image's brightness that is in its stripe.
fn stripes(images: &Images, classes: usize) -> Vec<f32> {
    let sum = |bytes: &[u8]| bytes.iter().map(|&byte| f32::from(byte)).sum::<f32>();
    let mut confidences = Vec::with_capacity(images.len() * classes);
    for image in images.iter() {
        let stripe = image.len() / classes;
        let all = sum(image) + 1.0;
        confidences.extend(image.chunks_exact(stripe).take(classes).map(|part| sum(part) / all));
    }
    confidences
}
