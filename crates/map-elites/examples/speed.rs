//! How fast this crate is without a network: evaluations per second of variation, rendering and
//! insertion.
//!
//! `cargo run --release -p assay-map-elites --example speed`; `RAYON_NUM_THREADS=1` for one thread.
//! In place of a network stands something cheap that is not timed: each class believes in the
//! brightness of its own stripe of the image.

use std::time::{Duration, Instant};

use assay_map_elites::{
    Color, Cppn, CppnGenome, Direct, DirectGenome, Emitter, Images, IsoLine, Keep, MapElites,
    MapElitesError, Picture, Population, Preset, Render, ReplacementRule, Settings, Variation,
    seeded,
};

const GENERATIONS: u32 = 200;

fn main() -> Result<(), MapElitesError> {
    let mnist = Picture { height: 28, width: 28, color: Color::Gray };
    let cifar = Picture { height: 32, width: 32, color: Color::Hsv };
    println!("threads: {}; evaluations per second", rayon::current_num_threads());
    println!(
        "{:<24}{:>12}{:>12}{:>12}{:>12}{:>10}{:>8}{:>12}",
        "", "vary", "render", "insert", "together", "neurons", "kept", "bytes saved"
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

/// Runs a search and prints a line of its speeds.
fn measure<E: Render + Size>(
    name: &str,
    encoding: E,
    classes: u32,
    children: u32,
) -> Result<(), MapElitesError> {
    let population = Population { initial: children, children, emitter: Emitter::Evolution };
    let (rule, keep) = (ReplacementRule::EveryCell, Keep::Genomes);
    let owner = "speed".to_string();
    let settings = Settings { owner, classes, others: 0, encoding, population, rule, keep };
    let mut search = MapElites::new(settings)?;
    let stream = seeded(1);
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
    let together = per_second(spent.iter().sum());
    let genomes = (0..classes as usize).filter_map(|cell| search.archive().genome(cell));
    let neurons = genomes.map(E::neurons).sum::<usize>() / classes as usize;
    let (kept, bytes) = (search.archive().kept(), search.save().len());
    print!("{name:<24}{vary:>12.0}{render:>12.0}{insert:>12.0}{together:>12.0}");
    println!("{neurons:>10}{kept:>8}{bytes:>12}");
    Ok(())
}

/// How many neurons a genome has.
trait Size: Render {
    fn neurons(genome: &Self::Genome) -> usize;
}

impl Size for Direct {
    fn neurons(_: &DirectGenome) -> usize {
        0
    }
}

impl Size for Cppn {
    fn neurons(genome: &CppnGenome) -> usize {
        genome.activations.len()
    }
}

/// For each class the share of the brightness that its stripe of the bytes has.
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
