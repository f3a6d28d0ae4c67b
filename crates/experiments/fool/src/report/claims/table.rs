//! The table of claims: what is said, what it is read from, what decides it.

use assay_runs::Encoding::{Cppn, Direct};

use super::measure::Measure;

/// A row of the table of claims.
#[derive(Debug, Clone, Copy)]
pub struct Statement {
    /// A short name that stays the same from version to version.
    pub id: &'static str,
    /// What is claimed; the margin is added when it is read.
    pub text: &'static str,
    /// What it is read from, which also says what decides it.
    pub measure: Measure,
}

/// The claims, in the order they are reported.
pub const CLAIMS: [Statement; 11] = [
    Statement {
        id: "direct-images-reach-99.99",
        text: "Evolution finds direct images that a network is at least 99.99 % sure of: share of the classes that have one at the end",
        measure: Measure::Reached(Direct),
    },
    Statement {
        id: "cppn-images-reach-99.99",
        text: "Evolution finds CPPN images that a network is at least 99.99 % sure of: share of the classes that have one at the end",
        measure: Measure::Reached(Cppn),
    },
    Statement {
        id: "evolution-beats-random-search-direct",
        text: "A control that the paper lacks: evolution is surer than random search with as many evaluations, by the median confidence in direct images at the end",
        measure: Measure::OverRandomSearch(Direct),
    },
    Statement {
        id: "evolution-beats-random-search-cppn",
        text: "A control that the paper lacks: evolution is surer than random search with as many evaluations, by the median confidence in CPPN images at the end",
        measure: Measure::OverRandomSearch(Cppn),
    },
    Statement {
        id: "direct-images-carry-over",
        text: "Direct images fool networks of the same architecture with other seeds, in the same class, more often than chance",
        measure: Measure::CarriedOver(Direct),
    },
    Statement {
        id: "cppn-images-carry-over",
        text: "CPPN images fool networks of the same architecture with other seeds, in the same class, more often than chance",
        measure: Measure::CarriedOver(Cppn),
    },
    Statement {
        id: "direct-images-carry-over-less-to-other-architectures",
        text: "Direct images fool networks of another architecture, in the same class, less often than others of the same one",
        measure: Measure::OtherLessSame(Direct),
    },
    Statement {
        id: "cppn-images-carry-over-less-to-other-architectures",
        text: "CPPN images fool networks of another architecture, in the same class, less often than others of the same one",
        measure: Measure::OtherLessSame(Cppn),
    },
    Statement {
        id: "direct-images-carry-over-less-than-cppn-images",
        text: "Exploratory, not in the paper: direct images fool networks of the same architecture with other seeds, in the same class, less often than CPPN images",
        measure: Measure::DirectLessCppn,
    },
    Statement {
        id: "cppn-images-are-believed-more-than-direct-images",
        text: "Networks of larger data are harder to fool by direct images: evolution of CPPN images is surer than that of direct images with as many evaluations, by the median confidence at the end",
        measure: Measure::CppnOverDirect,
    },
    Statement {
        id: "gradient-ascent-reaches-99.99",
        text: "Gradient ascent on pixels finds images that a network is at least 99.99 % sure of: share of the classes that have one at the end",
        measure: Measure::ReachedByAscent,
    },
];
