//! Searches on functions whose optimum is known.

use assay_map_elites::{
    Cppn, CppnGenome, Direct, DirectGenome, Emitter, Encoding, ImageSpec, IsoLine,
    LineageRetention, MapElites, Population, Preset, Render, ReplacementRule, Settings, Variation,
    seeded_streams,
};

const CLASSES: u32 = 10;

fn settings<E>(encoding: E) -> Settings<E> {
    Settings {
        owner: "the tests".to_string(),
        classes: CLASSES,
        others: 0,
        encoding,
        population: Population { initial: 40, children: 40, emitter: Emitter::Evolution },
        rule: ReplacementRule::EveryCell,
        keep: LineageRetention::Genomes,
    }
}

fn gray(height: u32, width: u32) -> ImageSpec {
    ImageSpec { height, width, color: assay_map_elites::Color::Gray }
}

/// Each class has its optimum on a circle in the middle of the unit square. The confidence falls
/// with the distance from it.
fn near_points(genomes: &[DirectGenome]) -> Vec<f32> {
    let near = |genes: &[f32], class: u32| {
        let angle = class as f32 * std::f32::consts::TAU / CLASSES as f32;
        let (x, y) = (0.5 + 0.3 * angle.cos(), 0.5 + 0.3 * angle.sin());
        (-20.0 * ((genes[0] - x).powi(2) + (genes[1] - y).powi(2))).exp()
    };
    genomes.iter().flat_map(|g| (0..CLASSES).map(|class| near(&g.0, class))).collect()
}

/// A stand-in for a network on images: the confidence of a class is the brightness of its own part
/// of the pixels.
fn bright_parts(images: &[u8], values: usize) -> Vec<f32> {
    let part = values / CLASSES as usize;
    images
        .chunks_exact(values)
        .flat_map(|image| {
            let brightness = |pixels: &[u8]| pixels.iter().map(|&p| f32::from(p)).sum::<f32>();
            let all = brightness(image) + 1.0;
            image.chunks_exact(part).take(CLASSES as usize).map(move |p| brightness(p) / all)
        })
        .collect()
}

fn evolve<E: Encoding>(
    search: &mut MapElites<E>,
    generations: u32,
    seed: u64,
    evaluate: impl Fn(&[E::Genome]) -> Vec<f32>,
) {
    let stream = seeded_streams(seed);
    while search.generation() < generations {
        let batch = search.ask(&stream);
        let confidences = evaluate(batch.genomes());
        search.tell(batch, &confidences).unwrap();
    }
}

fn search_near_points(encoding: Direct, emitter: Emitter, generations: u32) -> MapElites<Direct> {
    let mut settings = settings(encoding);
    settings.population.emitter = emitter;
    let mut search = MapElites::new(settings).unwrap();
    evolve(&mut search, generations, 1, near_points);
    search
}

#[test]
fn every_cell_approaches_its_optimum() {
    let search = search_near_points(Preset::Paper.direct(gray(1, 2)), Emitter::Evolution, 100);
    let metrics = search.archive().metrics().unwrap();
    // exp(-20 d^2) = 0.999 is a distance of 0.007.
    assert!(metrics.min > 0.999, "{metrics:?}");
    assert_eq!(metrics.evaluations, 4000);
    assert!((metrics.coverage - 1.0).abs() < 1e-12);
}

#[test]
fn iso_line_variation_approaches_every_optimum() {
    let variation = Variation::IsoLine(IsoLine { iso_sigma: 0.01, line_sigma: 0.2 });
    let direct = Direct { picture: gray(1, 2), variation };
    let search = search_near_points(direct, Emitter::Evolution, 100);
    let metrics = search.archive().metrics().unwrap();
    assert!(metrics.min > 0.999, "{metrics:?}");
}

#[test]
fn evolution_beats_random_search_at_equal_evaluations() {
    let direct = || Preset::Paper.direct(gray(1, 2));
    let evolved = search_near_points(direct(), Emitter::Evolution, 40).archive().metrics().unwrap();
    let drawn =
        search_near_points(direct(), Emitter::RandomSearch, 40).archive().metrics().unwrap();
    assert_eq!(evolved.evaluations, drawn.evaluations);
    assert!(evolved.qd_score > drawn.qd_score, "{evolved:?} {drawn:?}");
}

#[test]
fn elites_only_improve_and_lineages_start_at_random_genomes() {
    let mut search = MapElites::new(settings(Preset::Paper.direct(gray(1, 2)))).unwrap();
    let mut before = vec![0.0; CLASSES as usize];
    for generations in 1..=30 {
        evolve(&mut search, generations, 2, near_points);
        for (cell, elite) in search.archive().elites() {
            assert!(elite.confidence >= before[cell]);
            before[cell] = elite.confidence;
        }
    }
    for cell in 0..CLASSES as usize {
        let lineage = search.archive().lineage(cell);
        assert_eq!(lineage[0].individual.generation, 0);
        let generations: Vec<u32> = lineage.iter().map(|a| a.individual.generation).collect();
        assert!(generations.is_sorted_by(|a, b| a < b), "{generations:?}");
        let last = lineage.last().unwrap();
        assert_eq!(Some(last.number), search.archive().elite(cell).map(|e| e.individual));
        assert!(lineage.iter().all(|ancestor| ancestor.individual.genome.is_some()));
    }
}

#[test]
fn a_cppn_search_interrupted_at_any_generation_resumes_exactly() {
    let cppn = Preset::PublishedCode.cppn(gray(10, 10));
    let evaluate = |genomes: &[CppnGenome]| bright_parts(&cppn.render(genomes).pixels, 100);
    let mut uninterrupted: MapElites<Cppn> = MapElites::new(settings(cppn.clone())).unwrap();
    evolve(&mut uninterrupted, 12, 3, evaluate);
    for interrupted_at in [0, 1, 7] {
        let mut first = MapElites::new(settings(cppn.clone())).unwrap();
        evolve(&mut first, interrupted_at, 3, evaluate);
        let mut second = MapElites::resume(&first.save(), first.settings()).unwrap();
        assert_eq!(second, first);
        evolve(&mut second, 12, 3, evaluate);
        assert_eq!(second.save(), uninterrupted.save(), "interrupted at {interrupted_at}");
    }
    assert!(uninterrupted.archive().metrics().unwrap().qd_score > 0.0);
}

#[test]
fn a_direct_search_that_keeps_records_only_resumes_exactly() {
    let mut settings = settings(Preset::PublishedCode.direct(gray(4, 5)));
    settings.keep = LineageRetention::Records;
    let evaluate = |genomes: &[DirectGenome]| {
        bright_parts(&Preset::Paper.direct(gray(4, 5)).render(genomes).pixels, 20)
    };
    let mut uninterrupted = MapElites::new(settings.clone()).unwrap();
    evolve(&mut uninterrupted, 9, 4, evaluate);
    let mut interrupted = MapElites::new(settings.clone()).unwrap();
    evolve(&mut interrupted, 5, 4, evaluate);
    let mut interrupted = MapElites::resume(&interrupted.save(), &settings).unwrap();
    evolve(&mut interrupted, 9, 4, evaluate);
    assert_eq!(interrupted.save(), uninterrupted.save());
    let ancestors = uninterrupted.archive().lineage(3);
    assert!(ancestors.last().unwrap().individual.genome.is_some());
}

#[test]
fn a_search_does_not_depend_on_the_number_of_threads() {
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let cppn = Preset::Paper.cppn(gray(10, 10));
            let mut search = MapElites::new(settings(cppn.clone())).unwrap();
            evolve(&mut search, 5, 5, |genomes| bright_parts(&cppn.render(genomes).pixels, 100));
            search.save()
        })
    };
    assert_eq!(run(1), run(4));
}

#[test]
fn asking_twice_gives_the_same_batch_and_another_seed_another() {
    let search = search_near_points(Preset::Paper.direct(gray(1, 2)), Emitter::Evolution, 3);
    assert_eq!(search.ask(&seeded_streams(1)), search.ask(&seeded_streams(1)));
    assert_ne!(search.ask(&seeded_streams(1)), search.ask(&seeded_streams(2)));
}

#[test]
#[should_panic(expected = "a batch of generation 0 was told to a search at generation 1")]
fn telling_a_batch_twice_panics() {
    let mut search = MapElites::new(settings(Preset::Paper.direct(gray(1, 2)))).unwrap();
    let batch = search.ask(&seeded_streams(1));
    let confidences = near_points(batch.genomes());
    search.tell(batch.clone(), &confidences).unwrap();
    let _ = search.tell(batch, &confidences);
}

#[test]
fn settings_out_of_range_are_errors() {
    let mut wrong = settings(Preset::Paper.direct(gray(1, 2)));
    wrong.population.children = 3;
    let error = MapElites::new(wrong).unwrap_err().to_string();
    assert_eq!(error, "population.children is 3; it must be even and at least 2");
    let mut wrong = settings(Preset::Paper.direct(gray(1, 2)));
    wrong.classes = 0;
    assert_eq!(
        MapElites::new(wrong).unwrap_err().to_string(),
        "classes is 0; it must be at least 1"
    );
}

#[test]
fn genomes_from_outside_can_be_told() {
    let encoding = Preset::Paper.direct(gray(1, 2));
    let population = Population { initial: 3, children: 2, emitter: Emitter::Outside };
    let mut search = MapElites::new(Settings { population, ..settings(encoding) }).unwrap();
    let genomes = [[0.8, 0.5], [0.5, 0.5]].map(|genes| DirectGenome(genes.to_vec()));
    for generation in 0..2 {
        let batch = assay_map_elites::Batch::without_parents(generation, genomes.to_vec());
        search.tell(batch, &near_points(&genomes)).unwrap();
    }
    // The optimum of class 0 is (0.8, 0.5). No genome has a parent, and equals do not replace
    // elites.
    assert!((search.archive().elite(0).unwrap().confidence - 1.0).abs() < 1e-6);
    assert_eq!(search.archive().elite(0).unwrap().individual, 0);
    assert_eq!(search.archive().lineage(0).len(), 1);
    assert_eq!(search.archive().evaluations(), 4);
    assert_eq!(MapElites::resume(&search.save(), search.settings()).unwrap(), search);
}

#[test]
#[should_panic(expected = "generation 0 comes from outside")]
fn a_search_with_genomes_from_outside_cannot_be_asked() {
    let encoding = Preset::Paper.direct(gray(1, 2));
    let population = Population { initial: 3, children: 2, emitter: Emitter::Outside };
    let search = MapElites::new(Settings { population, ..settings(encoding) }).unwrap();
    let _ = search.ask(&seeded_streams(1));
}
