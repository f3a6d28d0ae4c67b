//! Speech: the paper's tables next to those of this run, and word errors.

use super::students::{Pair, table_of_pairs};
use super::with_interval;
use crate::report::choice;
use crate::report::condition::{Condition, share_in_words};
use crate::report::contrast::{self, Trio, by_seed, over_seeds, overfitting};
use crate::report::group::{Group, Training};
use crate::report::index::Index;
use crate::report::paper::{self, OfSpeech};
use crate::report::quality::Quality;
use crate::report::utterances;
use assay_report::TableSpec;
use assay_report::tables::{Entry, Table};
use assay_stats::{ClusterValues, McNemar};

/// The number of a network with one seed.
type Value<'a> = &'a dyn Fn(&Training) -> Result<f64, String>;

/// Table 1 of the paper next to the main student, alone and distilled, and its teachers together.
pub(super) fn beside_the_paper(index: &Index) -> Table {
    let main = choice::main(index).filter(|_| utterances::are_planned(index));
    Table {
        name: "speech".to_owned(),
        title: "Table 1 of the paper beside this run, of other data: there some 2000 hours of spoken \
                English, 14,000 states and ten networks of 8 layers of 2560, and errors in running words; \
                here digits said one at a time. Test frames whose state is found, and words got wrong, in \
                percent, with 95 % intervals over seeds"
            .to_owned(),
        columns: vec![
            "network", "paper: frames right %", "frames right %", "low", "high", "paper: word errors %",
            "words wrong %", "words low", "words high", "seeds",
        ],
        rows: main.map(|main| systems(index, main)).unwrap_or_default(),
    }
}

/// One network, several together, and one distilled from them.
fn systems(index: &Index, main: &Group) -> Vec<Vec<Entry>> {
    let step = utterances::step(main.qualities());
    let row = |name: String, paper: OfSpeech, errors: fn(&Trio) -> f64| {
        let frames = by_seed(main, |one| Ok(100.0 - errors(&contrast::trio(index, one)?)));
        let words = by_seed(main, |one| Ok(errors(&utterances::trio(index, one)?)));
        let words = ClusterValues { step, ..words };
        let mut row = vec![Entry::Text(name), Entry::number(Some(paper.frame_accuracy), 1)];
        row.extend(with_interval(frames.estimate_in_percent(), 2));
        row.push(Entry::number(Some(paper.word_errors), 1));
        row.extend(with_interval(words.estimate_in_percent(), 2));
        row.push(Entry::count(frames.values.len()));
        row
    };
    let (network, count) = (main.condition.network(), main.condition.teachers);
    let temperature = main.condition.temperature.unwrap_or(f64::NAN);
    let distilled = format!("one network distilled from them at T = {temperature}");
    vec![
        row(format!("one network ({network})"), paper::ONE_NETWORK, |trio| trio.student),
        row(format!("{count} networks together"), paper::TEN_NETWORKS, |trio| trio.teacher),
        row(distilled, paper::DISTILLED_NETWORK, |trio| trio.distilled),
    ]
}

/// Table 5 of the paper next to the main student on all images and on the fewest.
pub(super) fn regulariser(index: &Index) -> Table {
    let few = choice::with_fewest_images(index).filter(|_| utterances::are_planned(index));
    let all = choice::main(index);
    let rows = few.zip(all).map(|(few, all)| {
        let row = |condition: &Condition, what: &str, paper: [f64; 2]| {
            let group = index.group(condition)?;
            let of = |value: Value| by_seed(group, value);
            let test =
                of(&|one| Ok(100.0 - contrast::distilled(index, one)?)).estimate_in_percent();
            let gap = of(&|one| overfitting(index, one)).estimate_of(2.0);
            let train =
                of(&|one| Ok(100.0 - contrast::distilled(index, one)? + overfitting(index, one)?));
            let train = train.estimate_in_percent();
            let share = share_in_words(condition.fraction);
            let mut row = vec![Entry::Text(format!("{share}, {what} targets"))];
            row.extend(paper.map(|accuracy| Entry::number(Some(accuracy), 1)));
            row.push(Entry::number(train.map(|train| train.value), 2));
            row.extend(with_interval(test, 2));
            row.push(Entry::number(gap.map(|gap| gap.value), 2));
            row.push(Entry::count(test.map_or(0, |test| test.clusters)));
            Some(row)
        };
        let rows = [
            row(&all.condition.alone(), "hard", paper::ALL_HARD),
            row(&few.condition.alone(), "hard", paper::LITTLE_HARD),
            row(&few.condition, "soft", paper::LITTLE_SOFT),
        ];
        rows.into_iter().flatten().collect()
    });
    Table {
        name: "regulariser".to_owned(),
        title: "Table 5 of the paper beside this run, of other data (3 % of the frames there, of each \
                digit's utterances here; hard targets there stopped early, here after as many epochs): frames \
                whose state is found, in percent"
            .to_owned(),
        columns: vec![
            "share of the training data", "paper: training %", "paper: test %", "training %", "test %",
            "low", "high", "training less test", "seeds",
        ],
        rows: rows.unwrap_or_default(),
    }
}

/// The networks of a condition that have words, by seed.
fn words_by_seed<'t>(group: &'t Group) -> Vec<Vec<&'t Quality>> {
    group.by_seed(|one| Some(&one.quality).filter(|quality| quality.utterances.is_some()))
}

/// Word errors, by condition; ensembles have their own rows.
pub(super) fn words(index: &Index) -> Table {
    let groups = index
        .groups()
        .iter()
        .map(|group| (group.condition.name(&index.plan().classes), words_by_seed(group)));
    let ensembles = super::conditions::ensembles(index).into_iter();
    let ensembles =
        ensembles.map(|(name, all)| (name, all.into_iter().map(|one| vec![one]).collect()));
    let row = |(name, by_seed): (String, Vec<Vec<&Quality>>)| {
        let of_seed = |networks: &Vec<&Quality>| -> Vec<f64> {
            networks.iter().filter_map(|one| one.utterance_error_percent()).collect()
        };
        let errors: Vec<Vec<f64>> = by_seed.iter().map(of_seed).collect();
        let (qualities, step) = (by_seed.concat(), utterances::step(by_seed.concat()));
        let estimate = over_seeds(&errors, step)?;
        let errors = errors.concat();
        let counted: usize = qualities.iter().filter_map(|one| one.utterance_errors()).sum();
        let mut row = vec![Entry::Text(name), Entry::count(errors.len())];
        row.push(Entry::number(Some(counted as f64 / errors.len() as f64), 1));
        row.extend(with_interval(Some(estimate), 2));
        row.push(Entry::number(errors.iter().copied().reduce(f64::min), 2));
        row.push(Entry::number(errors.iter().copied().reduce(f64::max), 2));
        Some(row)
    };
    Table {
        name: "words".to_owned(),
        title: "Words got wrong by condition: mean, its 95 % interval over seeds (networks of one seed, \
                such as the members of an ensemble, count once), and range over networks"
            .to_owned(),
        columns: vec!["condition", "networks", "words", "wrong %", "low", "high", "least", "most"],
        rows: groups.chain(ensembles).filter_map(row).collect(),
    }
}

/// Each distilled student, and the teachers of each seed together, against the same network and
/// seed alone, word by word.
pub(super) fn pairs(index: &Index) -> Table {
    let mut found: Vec<Pair> = Vec::new();
    for group in super::students::distilled(index) {
        for training in &group.trainings {
            let (distilled, teachers) = pairs_of(index, group, training);
            let is_new = |pair: &Pair| {
                found.iter().all(|one| (&one.name, one.seed) != (&pair.name, pair.seed))
            };
            let teachers = teachers.filter(is_new);
            found.extend(teachers.into_iter().chain(distilled));
        }
    }
    let title = "McNemar's test, word by word, against the student alone of the same seed: test words that \
                only one of the two gets right; p (Holm) adjusted over this table";
    table_of_pairs("word_pairs", title, "only this", found)
}

/// A distilled student, and its teachers together, against the student's network alone.
fn pairs_of(index: &Index, group: &Group, training: &Training) -> (Option<Pair>, Option<Pair>) {
    let seed = training.cell.seed;
    let (classes, alone) = (&index.plan().classes, group.condition.alone());
    let reference = index.quality(&alone, seed).ok().and_then(|one| one.utterances.as_ref());
    let against = |name: String, quality: &Quality| {
        let test = McNemar::of(quality.utterances.as_ref()?, reference?);
        Some(Pair { name, seed, test })
    };
    let measures = training.measures.as_ref();
    let distilled = measures.and_then(|one| against(group.condition.name(classes), &one.quality));
    let name = format!("{} teachers, against {}", group.condition.teachers, alone.name(classes));
    let teachers = index.teachers(training).and_then(|one| one.quality.as_ref().ok());
    let teachers = teachers.and_then(|(_, together)| against(name, together));
    (distilled, teachers)
}

/// The main student seed by seed. With folds by speaker, a seed is a speaker.
pub(super) fn seeds(index: &Index) -> Table {
    let main = choice::main(index).filter(|_| utterances::are_planned(index));
    let trainings = main.map(|main| main.trainings.as_slice()).unwrap_or_default();
    let rows = trainings.iter().filter_map(|training| {
        let frames = contrast::trio(index, training).ok()?;
        Some((training.cell.seed, frames, utterances::trio(index, training).ok()?))
    });
    let title = "The main student seed by seed: frames and words got wrong in percent, alone, by its \
                teachers together, and distilled. Where speakers are held out, seed s tests on the \
                speaker of that number in alphabetical order, counted from 0";
    TableSpec::new("seeds", title)
        .text("seed", |(seed, ..): &(u32, Trio, Trio)| *seed)
        .number("frames, alone %", 2, |(_, frames, _)| Some(frames.student))
        .number("frames, teachers %", 2, |(_, frames, _)| Some(frames.teacher))
        .number("frames, distilled %", 2, |(_, frames, _)| Some(frames.distilled))
        .number("words, alone %", 2, |(.., words)| Some(words.student))
        .number("words, teachers %", 2, |(.., words)| Some(words.teacher))
        .number("words, distilled %", 2, |(.., words)| Some(words.distilled))
        .rows(rows)
}
