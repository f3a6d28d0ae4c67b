//! The texts of the fooling report that do not depend on the results, and its names for things.

use assay_classifier_cells::{Attack, Encoding, Method, Preset, Regularization};
use assay_runs::Outcome;

use super::index::{Index, Network, PlannedAttack};
use assay_report::claims::margin;
use assay_report::markdown::{self, Section};
use assay_report::words::plural;

/// How to read the answer.
pub const NOTE: &str = "Confidence is the softmax of the elite's own class, in percent; \
    differences are in percentage points; intervals are 95 %, over seeds. An elite is the image with the \
    attacked network's highest confidence in a class. Direct images have a gene for every \
    value of every pixel; CPPN images are drawn by a growing graph. What is said of the paper is \
    unverified.";

/// `Direct`, `CPPN`, for the start of a sentence.
pub fn encoding_name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Direct => "Direct",
        Encoding::Cppn => "CPPN",
    }
}

pub fn method_name(attack: Attack) -> &'static str {
    match (attack.method, attack.regularization) {
        (Method::Evolution, _) => "evolution",
        (Method::RandomSearch, _) => "random search",
        (Method::GradientAscent, Regularization::Unregularized) => "gradient ascent",
        (Method::GradientAscent, Regularization::Decay) => "gradient ascent, decay",
        (Method::GradientAscent, Regularization::Blur) => "gradient ascent, blur",
        (Method::GradientAscent, Regularization::SmallPixels) => {
            "gradient ascent, small pixels clipped"
        }
    }
}

pub fn preset_name(preset: Preset) -> &'static str {
    match preset {
        Preset::Paper => "the paper's settings",
        Preset::PublishedCode => "the authors' code's settings",
    }
}

/// A confidence in [0, 1] as percent, rounded down, so that 99.99 % never stands for less.
pub fn confidence(value: f32) -> String {
    // In the precision of the measurement: in single precision, 0.9999 times 10,000 is 9999.
    let hundredths = (value * 10_000.0).floor();
    if hundredths >= 10_000.0 {
        return "100 %".to_owned();
    }
    format!("{:.2} %", f64::from(hundredths) / 100.0)
}

/// The number of class changes along a lineage.
pub fn switches(lineage: &[u16]) -> usize {
    lineage.windows(2).filter(|pair| pair[0] != pair[1]).count()
}

/// A lineage as text: `leaf ×3 → fern → tree`, of the last `most` stretches.
pub fn lineage_in_words(lineage: &[u16], most: usize, class: impl Fn(u16) -> String) -> String {
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

/// The cells that the statistics leave out.
pub fn not_analysed(index: &Index) -> Option<String> {
    let untrained = |one: &&Network| {
        one.cell_result.record().is_some_and(|record| record.outcome != Outcome::Trained)
    };
    let networks = index.all_networks().filter(untrained).count();
    (networks > 0).then(|| {
        format!(
            "Not counted: attacks on networks that did not learn or diverged, and their predictions for \
             images found on others ({} of {}). The confidence of a network that was not trained says \
             nothing about trained ones.",
            networks,
            plural(index.all_networks().count(), "network")
        )
    })
}

/// The method sections that the plan needs.
pub fn sections(index: &Index) -> Vec<Section> {
    let values = [
        ("preset", preset_name(index.main_preset()).to_owned()),
        ("margin", margin(index.plan).to_string()),
        ("budget", budget(index)),
    ];
    let is_ascent = |planned: &PlannedAttack| planned.cell.attack.method == Method::GradientAscent;
    let mut sections = markdown::sections(include_str!("../../method.md"), &values);
    sections.retain(|section| match section.heading.as_str() {
        "Gradient ascent, and comparisons of methods" => index.attacks.iter().any(is_ascent),
        "Retraining" => !index.retrained.is_empty(),
        "Networks of other runs" => !index.external_evaluations.is_empty(),
        _ => true,
    });
    sections
}

/// The images that networks are retrained on; empty without retraining.
fn budget(index: &Index) -> String {
    let reject = index.retrained.iter().find_map(|one| one.cell.reject.as_ref());
    reject.map_or(String::new(), |reject| {
        format!(
            " The images are {} of each attack, drawn from the elites after its first generation and \
             after its last, as in the paper; {} generations of {} images, {} images.",
            reject.images,
            reject.attack.generations,
            reject.attack.children,
            encoding_name(reject.attack.encoding)
        )
    })
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
        let said = |most| lineage_in_words(&[7, 7, 7, 1, 2, 2], most, |class| format!("c{class}"));
        assert_eq!(said(3), "c7 ×3 → c1 → c2 ×2");
        assert_eq!(said(2), "… → c1 → c2 ×2");
    }

    #[test]
    fn a_lineage_switches_where_neighbors_differ() {
        assert_eq!(switches(&[1, 1, 2, 1]), 2);
        assert_eq!(switches(&[4]), 0);
    }
}
