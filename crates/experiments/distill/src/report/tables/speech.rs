//! Speech: the paper's tables side by side with those of this run.

use crate::report::comparison::Network;
use crate::report::condition::share_in_words;
use crate::report::gap::SeedErrors;
use crate::report::group::{Group, Training};
use crate::report::index::Index;
use crate::report::measure::Measure;
use crate::report::paper::{self, SpeechResult};
use crate::report::select;
use assay_report::TableSpec;
use assay_report::tables::Table;
use assay_stats::{ClusterValues, Estimate};

/// One network, several together, or one distilled from them.
struct System {
    name: String,
    paper: SpeechResult,
    frame_accuracy: ClusterValues,
    word_errors: Option<Estimate>,
}

/// Table 1 of the paper next to the main student, its baseline, and its teachers together.
pub(super) fn paper<'a>(index: &'a Index<'a>) -> Table {
    let title = "Table 1 of the paper next to this run, on other data: there some 2000 hours of spoken \
                English, 14,000 states, ten networks of 8 layers of 2560, and the word error rate of running \
                speech; here digits said one at a time. Test frame accuracy and word error rate in percent, \
                with 95 % intervals over seeds";
    TableSpec::new("speech", title)
        .text("network", |row: &System| row.name.clone())
        .number("paper: frame accuracy %", 1, |row| Some(row.paper.frame_accuracy))
        .estimate("frame accuracy %", 2, |row| row.frame_accuracy.estimate_in_percent())
        .number("paper: word error rate %", 1, |row| Some(row.paper.word_errors))
        .number("word error rate %", 2, |row| Some(row.word_errors?.value))
        .number("word error rate low", 2, |row| Some(row.word_errors?.interval?.low))
        .number("word error rate high", 2, |row| Some(row.word_errors?.interval?.high))
        .text("seeds", |row| row.frame_accuracy.values.len())
        .rows(select::main_of_speech(index).into_iter().flat_map(|main| systems(index, main)))
}

fn systems(index: &Index, main: &Group) -> [System; 3] {
    let system = |name: String, paper, errors: fn(&SeedErrors) -> f64| {
        let percents = |measure| {
            index.compare(main, measure, |percent| {
                Ok(errors(&SeedErrors::new(percent, Network::Baseline)?))
            })
        };
        let mut frame_accuracy = percents(Measure::Errors);
        frame_accuracy.values.iter_mut().for_each(|errors| *errors = 100.0 - *errors);
        let word_errors = percents(Measure::WordErrors).estimate_in_percent();
        System { name, paper, frame_accuracy, word_errors }
    };
    let (network, count) = (main.condition.network(), main.condition.teachers);
    let temperature = main.condition.temperature_or_nan();
    let distilled = format!("one network distilled from it at T = {temperature}");
    [
        system(format!("one network ({network})"), paper::ONE_NETWORK, |seed| seed.baseline),
        system(format!("ensemble of {count} networks"), paper::TEN_NETWORKS, |seed| seed.teacher),
        system(distilled, paper::DISTILLED_NETWORK, |seed| seed.distilled),
    ]
}

/// A condition of table 5, with the paper's training and test accuracy in percent.
struct Regularized<'a> {
    group: &'a Group<'a>,
    targets: &'static str,
    paper: [f64; 2],
    test: Option<Estimate>,
}

/// Table 5 of the paper next to the main student on all images and on the fewest.
pub(super) fn regularizer<'a>(index: &'a Index<'a>) -> Table {
    let title = "Table 5 of the paper next to this run, on other data (3 % of the frames there, of each \
                digit's utterances here; hard targets there stopped early, here after as many epochs): frame \
                accuracy in percent";
    let few = select::with_fewest_images(index);
    let conditions = few.zip(select::main_of_speech(index)).map(|(few, all)| {
        [
            (all.condition.baseline(), "hard", paper::ALL_HARD),
            (few.condition.baseline(), "hard", paper::LITTLE_HARD),
            (few.condition.clone(), "soft", paper::LITTLE_SOFT),
        ]
    });
    let rows = conditions.into_iter().flatten().filter_map(|(condition, targets, paper)| {
        let group = index.group(&condition)?;
        let test = index
            .compare(group, Measure::Errors, |percent| Ok(100.0 - percent(Network::Distilled)?));
        Some(Regularized { group, targets, paper, test: test.estimate_in_percent() })
    });
    let mean = |found: ClusterValues| Some(found.estimate()?.value);
    TableSpec::new("regularizer", title)
        .text("share of the training data", |row: &Regularized| {
            format!("{}, {} targets", share_in_words(row.group.condition.fraction), row.targets)
        })
        .number("paper: training %", 1, |row| Some(row.paper[0]))
        .number("paper: test %", 1, |row| Some(row.paper[1]))
        .number("training %", 2, move |row| {
            mean(row.group.cluster_values(row.group.step(), |one| {
                let errors = one.metrics()?.classification.error_percent();
                Ok(100.0 - errors + one.overfitting()?)
            }))
        })
        .estimate("test %", 2, |row| row.test)
        .number("generalization gap", 2, move |row| {
            mean(row.group.cluster_values(row.group.step(), Training::overfitting))
        })
        .text("seeds", |row| row.test.map_or(0, |test| test.clusters))
        .rows(rows)
}

/// The main student seed by seed. With folds by speaker, a seed is a speaker.
pub(super) fn seeds<'a>(index: &'a Index<'a>) -> Table {
    let main = select::main_of_speech(index).into_iter();
    let rows = main.flat_map(|main| &main.trainings).filter_map(|student| {
        let errors = |measure| {
            let percent = |network| index.percent(student, network, measure);
            SeedErrors::new(&percent, Network::Baseline).ok()
        };
        Some((student.cell.seed, errors(Measure::Errors)?, errors(Measure::WordErrors)?))
    });
    let title = "The main student seed by seed: frame error and word error rate in percent, of the baseline, \
                of its teachers together, and of the distilled student. Where speakers are held out, seed s \
                tests on the speaker of that number in alphabetical order, counted from 0";
    TableSpec::new("seeds", title)
        .text("seed", |(seed, ..): &(u32, SeedErrors, SeedErrors)| *seed)
        .number("frame error, baseline %", 2, |(_, frames, _)| Some(frames.baseline))
        .number("frame error, teachers %", 2, |(_, frames, _)| Some(frames.teacher))
        .number("frame error, distilled %", 2, |(_, frames, _)| Some(frames.distilled))
        .number("word error rate, baseline %", 2, |(.., words)| Some(words.baseline))
        .number("word error rate, teachers %", 2, |(.., words)| Some(words.teacher))
        .number("word error rate, distilled %", 2, |(.., words)| Some(words.distilled))
        .rows(rows)
}
