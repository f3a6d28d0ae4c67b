//! What the page of the fooling study says whatever was found, and its words for things.

use assay_runs::{Encoding, Method, Outcome, Preset};

use super::index::Index;
use crate::claims::margin;
use crate::findings::Section;
use crate::words::plural;

/// How to read the answer.
pub(super) const NOTE: &str = "Confidence is the softmax of the elite's own class, in percent; \
    differences are in percentage points; intervals are 95 %, over seeds. An elite is the image of \
    which the attacked network is surest that it shows a class. Direct images have a gene for every \
    value of every pixel; CPPN images are drawn by a growing graph. The paper's numbers are recalled, \
    not verified against its text.";

/// `Direct`, `CPPN`, as the start of a sentence.
pub(super) fn encoding_name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Direct => "Direct",
        Encoding::Cppn => "CPPN",
    }
}

pub(super) fn method_name(method: Method) -> &'static str {
    match method {
        Method::Evolution => "evolution",
        Method::RandomSearch => "random search",
    }
}

pub(super) fn preset_name(preset: Preset) -> &'static str {
    match preset {
        Preset::Paper => "the paper's settings",
        Preset::AuthorsCode => "the authors' code's settings",
    }
}

/// A confidence in [0, 1] as percent, rounded down: 99.99 % is not said of less.
pub(super) fn confidence(value: f32) -> String {
    // In the precision it was measured with, in which 0.9999 times 10,000 is 9999.
    let hundredths = (value * 10_000.0).floor();
    if hundredths >= 10_000.0 {
        return "100 %".to_owned();
    }
    format!("{:.2} %", f64::from(hundredths) / 100.0)
}

/// How many times the class changes along a lineage.
pub(super) fn switches(lineage: &[u16]) -> usize {
    lineage.windows(2).filter(|pair| pair[0] != pair[1]).count()
}

/// A lineage in words: `leaf ×3 → fern → tree`, of the last `most` stretches.
pub(super) fn path(lineage: &[u16], most: usize, class: impl Fn(u16) -> String) -> String {
    let stretches: Vec<&[u16]> = lineage.chunk_by(|a, b| a == b).collect();
    let first = stretches.len().saturating_sub(most);
    let stretch = |stretch: &&[u16]| {
        let times = if stretch.len() > 1 { format!(" ×{}", stretch.len()) } else { String::new() };
        format!("{}{times}", class(stretch[0]))
    };
    let said: Vec<String> = stretches[first..].iter().map(stretch).collect();
    let earlier = if first > 0 { "… → " } else { "" };
    format!("{earlier}{}", said.join(" → "))
}

/// Which cells the statistics leave out.
pub(super) fn not_analysed(index: &Index) -> Option<String> {
    let untrained = |one: &&super::Network| {
        one.observation.record().is_some_and(|record| record.outcome != Outcome::Trained)
    };
    let networks = index.networks().iter().filter(untrained).count();
    (networks > 0).then(|| {
        format!(
            "Not counted: attacks on stuck or diverged networks, and what these say of images found on \
             others ({} of {}). What a network that was not trained believes in says nothing of \
             trained ones.",
            networks,
            plural(index.networks().len(), "network")
        )
    })
}

/// What is measured, and how the intervals are made.
pub(super) fn method(index: &Index) -> Section {
    let preset = preset_name(index.main_preset());
    let margin = margin(index.plan());
    let measured = format!(
        "The claims are about attacks with {preset}. Confidence is read after the last generation. \
         Evolution and random search are compared on the same network after as many evaluations. The \
         fooling rate is the share of an attack's elites in which another network sees the elite's own \
         class, however sure it is; the tables have it for several confidences, and for any class. \
         Elites are shown exactly as they were found, as bytes."
    );
    let intervals = format!(
        "The unit that is resampled is the seed: each seed has its own network of each architecture, \
         and its own attacks. For a number of attacks a seed gives one value, the mean over \
         architectures; the interval is the two-sided 95 % t interval of their mean. A fooling rate is \
         of two networks: the mean over all pairs of networks, each pair of architectures counting the \
         same, with the delete-one-seed jackknife interval, which leaves a seed's networks out as those \
         attacked and as those shown the images; between networks of one architecture it needs three \
         seeds. A seed counts only when it has every network, attack and showing that a number needs. \
         The margin of differences is {margin} points. In words and in figures intervals of percentages end at 0 and 100; in tables they \
         do not. Intervals of the tables are not adjusted for \
         their number."
    );
    Section {
        heading: "What is measured, and how the intervals are made",
        paragraphs: vec![measured, intervals],
    }
}

/// Where images and genomes are.
pub(super) fn files() -> Section {
    let text = "Every elite is an image of its own size in elites/ATTACK/CLASS.png beside this page, \
        random search's too. The bytes that networks were shown are in \
        cells/ATTACK/elites.safetensors of the run, the genomes, the elites' ancestors included, in \
        cells/ATTACK/archive.json.";
    Section { heading: "Where the images and genomes are", paragraphs: vec![text.to_owned()] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_confidence_is_rounded_down() {
        let said = [0.9999, 0.999_89, 0.999_999, 1.0, 0.5, 0.0].map(confidence);
        assert_eq!(said, ["99.99 %", "99.98 %", "99.99 %", "100 %", "50.00 %", "0.00 %"]);
    }

    #[test]
    fn a_long_lineage_is_told_from_its_end() {
        let said = |most| path(&[7, 7, 7, 1, 2, 2], most, |class| format!("c{class}"));
        assert_eq!(said(3), "c7 ×3 → c1 → c2 ×2");
        assert_eq!(said(2), "… → c1 → c2 ×2");
    }

    #[test]
    fn a_lineage_switches_where_neighbours_differ() {
        assert_eq!(switches(&[1, 1, 2, 1]), 2);
        assert_eq!(switches(&[4]), 0);
    }
}
