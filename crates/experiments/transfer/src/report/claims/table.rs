//! The table of claims: what is said, what it is read from, what decides it.

use super::cuts::Cuts;
use super::measure::Measure;
use crate::report::contrast::Role;
use assay_stats::Rule;

/// A row of the table of claims.
#[derive(Debug, Clone, Copy)]
pub struct Statement {
    /// A short name that stays the same from version to version.
    pub id: &'static str,
    /// What is claimed; the margin and the cut points are added when it is read.
    pub text: &'static str,
    /// What it is read from.
    pub measure: Measure,
    /// What decides it.
    pub rule: Rule,
}

/// The claims, in the order they are reported.
pub const CLAIMS: [Statement; 15] = [
    Statement {
        id: "early-layers-are-general",
        text: "Early layers are general: a network on early frozen layers of the other half (AnB) does no worse than the base",
        measure: Measure::Mean(Role::TRANSFER, Role::Base, Cuts::Early),
        rule: Rule::NotWorse,
    },
    Statement {
        id: "co-adaptation-dip",
        text: "Middle layers are co-adapted: a network cut in the middle and retrained on its own half (BnB) falls below the base",
        measure: Measure::Mean(Role::SELFFER, Role::Base, Cuts::Middle),
        rule: Rule::LessThan,
    },
    Statement {
        id: "recovery-at-the-last-layer",
        text: "Cut before the last layer, the selffer (BnB) is better again than cut in the middle",
        measure: Measure::Recovery,
        rule: Rule::MoreThan,
    },
    Statement {
        id: "specificity-grows",
        text: "Layers become more specific with depth: AnB − BnB falls along the line fitted over n, from the first n to the last",
        measure: Measure::Growth,
        rule: Rule::LessThan,
    },
    Statement {
        id: "last-layer-is-specific",
        text: "The last features are specific: a network on all frozen features of the other half (AnB) falls below the base",
        measure: Measure::Mean(Role::TRANSFER, Role::Base, Cuts::Last),
        rule: Rule::LessThan,
    },
    Statement {
        id: "fine-tuned-selffer-equals-base",
        text: "Fine-tuning undoes co-adaptation: the fine-tuned selffer (BnB+) equals the base",
        measure: Measure::Mean(Role::SELFFER_PLUS, Role::Base, Cuts::All),
        rule: Rule::Equal,
    },
    Statement {
        id: "fine-tuned-transfer-beats-base",
        text: "Transferring and fine-tuning (AnB+) beats the base",
        measure: Measure::Mean(Role::TRANSFER_PLUS, Role::Base, Cuts::All),
        rule: Rule::MoreThan,
    },
    Statement {
        id: "fine-tuned-transfer-beats-fine-tuned-selffer",
        text: "Transferring and fine-tuning (AnB+) beats the fine-tuned selffer (BnB+) of the same target",
        measure: Measure::Mean(Role::TRANSFER_PLUS, Role::SELFFER_PLUS, Cuts::All),
        rule: Rule::MoreThan,
    },
    Statement {
        id: "fine-tuned-transfer-beats-equal-compute",
        text: "Transferring and fine-tuning (AnB+) beats a base trained for as many steps in all",
        measure: Measure::Mean(Role::TRANSFER_PLUS, Role::BaseLong, Cuts::All),
        rule: Rule::MoreThan,
    },
    Statement {
        id: "random-features-lose-more",
        text: "Even distant features (AnB) beat random ones, drawn as He et al. do",
        measure: Measure::Mean(Role::TRANSFER, Role::RANDOM_HE, Cuts::All),
        rule: Rule::MoreThan,
    },
    Statement {
        id: "random-features-lose-more-paper-initialisation",
        text: "Even distant features (AnB) beat random ones, drawn with the standard deviations of the paper's AlexNet",
        measure: Measure::Mean(Role::TRANSFER, Role::RANDOM_PAPER, Cuts::All),
        rule: Rule::MoreThan,
    },
    Statement {
        id: "dissimilar-split-loses-more",
        text: "Dissimilar halves transfer worse: AnB − base of the deeper layers is lower on the natural/man-made split than on random splits",
        measure: Measure::Dissimilar(Role::TRANSFER, Role::Base),
        rule: Rule::LessThan,
    },
    Statement {
        id: "dissimilar-split-is-more-specific",
        text: "Dissimilar halves transfer worse beyond co-adaptation: AnB − BnB of the deeper layers is lower on the natural/man-made split than on random splits",
        measure: Measure::Dissimilar(Role::TRANSFER, Role::SELFFER),
        rule: Rule::LessThan,
    },
    Statement {
        id: "little-data-favours-freezing",
        text: "With the fewest images a class, frozen copied layers (AnB) beat fine-tuned ones (AnB+)",
        measure: Measure::FewImages(Role::TRANSFER, Role::TRANSFER_PLUS),
        rule: Rule::MoreThan,
    },
    Statement {
        id: "much-data-favours-fine-tuning",
        text: "With the most images a class, fine-tuned copied layers (AnB+) beat frozen ones (AnB)",
        measure: Measure::ManyImages(Role::TRANSFER_PLUS, Role::TRANSFER),
        rule: Rule::MoreThan,
    },
];
