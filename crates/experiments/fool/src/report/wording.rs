//! What the page of the fooling study says whatever was found, and its words for things.

use assay_runs::{Attack, Encoding, Method, Outcome, Preset, Regularization};

use super::index::Index;
use assay_report::claims::margin;
use assay_report::findings::Section;
use assay_report::words::plural;

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

pub(super) fn method_name(attack: Attack) -> &'static str {
    match (attack.method, attack.regularization) {
        (Method::Evolution, _) => "evolution",
        (Method::RandomSearch, _) => "random search",
        (Method::GradientAscent, Regularization::Nothing) => "gradient ascent",
        (Method::GradientAscent, Regularization::Decay) => "gradient ascent, decay",
        (Method::GradientAscent, Regularization::Blur) => "gradient ascent, blur",
        (Method::GradientAscent, Regularization::SmallPixels) => "gradient ascent, small pixels",
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
    let all = || index.networks().iter().chain(index.retrained());
    let networks = all().filter(untrained).count();
    (networks > 0).then(|| {
        format!(
            "Not counted: attacks on stuck or diverged networks, and what these say of images found on \
             others ({} of {}). What a network that was not trained believes in says nothing of \
             trained ones.",
            networks,
            plural(all().count(), "network")
        )
    })
}

/// The sections after the tables.
pub(super) fn sections(index: &Index) -> Vec<Section> {
    let mut sections = vec![method(index)];
    sections.extend(ascent(index));
    sections.extend((!index.retrained().is_empty()).then(|| retraining(index)));
    sections.push(detectors());
    sections.extend((!index.guests().is_empty()).then(guests));
    sections.push(files());
    sections
}

/// What is measured, and how the intervals are made.
fn method(index: &Index) -> Section {
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
         The margin of differences is {margin} points. What is counted (classes, elites, test images) is no \
         surer than whole ones allow, even where all seeds agree, and intervals of percentages end at 0 and \
         100. Intervals of the tables are not adjusted for their number."
    );
    Section {
        heading: "What is measured, and how the intervals are made",
        paragraphs: vec![measured, intervals],
    }
}

/// How networks learn what fooled the ones before them, and what is measured.
fn retraining(index: &Index) -> Section {
    let reject = index.retrained().iter().find_map(|one| one.cell.reject.as_ref());
    let budget = reject.map_or(String::new(), |reject| {
        format!(
            " The images are {} of each attack, drawn from the elites after its first generation and \
             after its last, as the paper is recalled to do; {} generations of {} images, {} images.",
            reject.images,
            reject.attack.generations,
            reject.attack.children,
            encoding_name(reject.attack.encoding)
        )
    });
    let text = format!(
        "A network of round r is trained from new first weights on the training images and, as one more \
         class, on what fooled the networks of its line in rounds 0 to r - 1.{budget} An attack on a \
         network with such a class evolves images for the data's classes alone: confidence is the softmax \
         over all outputs, and an image that the network rejects fools nobody. Confidence in a round is \
         the mean over its attacks of the median over classes. A test image that is rejected counts as \
         an error. Intervals are over seeds, each the mean over its architectures."
    );
    Section { heading: "Retraining", paragraphs: vec![text] }
}

/// What the detectors are.
fn detectors() -> Section {
    let text = "A detector gives every image a number; fooling images are to have higher ones than test \
        images. Max softmax: how unsure the network is. Energy: less the logarithm of the sum of the \
        exponentials of the logits (Liu et al. 2020). Reject class: how sure a retrained network is that \
        the image is a fooling one. The first two see the logits of the data's classes alone. Softmaxes \
        are compared by their log odds, which have the same order and do not end at 1. The area under \
        the ROC is the probability that a fooling image has the higher number; one below 50 % means \
        that fooling images look more real than real ones. A seed's area is the mean over architectures \
        of that of all fooling images of one network against all of its test images.";
    Section { heading: "Detectors", paragraphs: vec![text.to_owned()] }
}

/// How networks of other runs are shown the images.
fn guests() -> Section {
    let text = "Networks of other runs are shown the elites of the classes that they know by the same \
        name, exactly as they were found, normalised as their own images are. Their confidence is the \
        softmax over their own outputs, so that chance is 100 % by the number of these. Their rates have \
        intervals over the seeds of the attacked networks; the networks of other runs are taken as they \
        are.";
    Section { heading: "Networks of other runs", paragraphs: vec![text.to_owned()] }
}

/// What gradient ascent is, and how methods are held against one another; none where it is not planned.
fn ascent(index: &Index) -> Option<Section> {
    let is_planned =
        index.attacks().iter().any(|found| found.cell.attack.method == Method::GradientAscent);
    let climbed = "Gradient ascent goes up the gradient of the confidence in one class, with the step \
        lengths of the published code: from the mean training image with noise of a deviation of one \
        level, or from the weights of a random CPPN whose graph stays as it is. Weights are never moved \
        by more than 1 at a step, and steps that did not help are taken again at half their length. The \
        classes share the evaluations, taking turns; a look forward with one back counts as one. The \
        network is shown bytes at every step, and the gradient is that at these bytes. A class starts \
        afresh where there is no way up, and after so many evaluations as the published code takes (500, \
        with decay 300, with blur 1000, where small pixels are cleared 1500). Like any image, each \
        competes for every class.";
    let ranks = "Methods are compared by ranks: a value a seed, those of one method against those of the \
        other, by a two-sided Mann-Whitney U test, exact with ties; it does not use that both attack the \
        same networks. Comparisons by the same quantity are one family for Holm's adjustment. A claim \
        holds, or does not hold, where the adjusted p is below 5 %, by the side on which most pairs of \
        runs lie.";
    let paragraphs = vec![climbed.to_owned(), ranks.to_owned()];
    is_planned
        .then_some(Section { heading: "Gradient ascent, and comparisons of methods", paragraphs })
}

/// Where images and genomes are.
fn files() -> Section {
    let text = "Every elite is an image of its own size in elites/ATTACK/CLASS.png beside this page, \
        random search's too. The bytes that networks were shown are in \
        cells/ATTACK/elites.safetensors of the run, the genomes in cells/ATTACK/archive.json, the \
         elites' ancestors included where that is not too much; some ancestors are images in \
         cells/ATTACK/lineages.safetensors. Of the attacks of a round of retraining the first on each \
         network has its elites beside this page.";
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
