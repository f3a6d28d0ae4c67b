//! The table of claims: what is said, what it is read from, what decides it.

use super::measure::Measure;
use crate::report::paper;
use assay_stats::Rule;

/// Where a claim's margin comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Margin {
    /// The plan's setting `margin`, in percentage points.
    Settings,
    /// A number of its own, in the claim's unit.
    Fixed(f64),
}

/// A row of the table of claims.
#[derive(Debug, Clone, Copy)]
pub struct Statement {
    /// A short name that stays the same from version to version.
    pub id: &'static str,
    /// What is claimed; the margin and the networks are added when it is read.
    pub text: &'static str,
    /// What it is read from.
    pub measure: Measure,
    /// What decides it.
    pub rule: Rule,
    /// The rule's margin.
    pub margin: Margin,
    /// The unit of what it is read from.
    pub unit: &'static str,
    /// The paper's number on MNIST; what it found on speech and on JFT was found on data that no run has.
    pub paper: Option<f64>,
}

const POINTS: &str = "percentage points";
const OF_THE_GAP: &str = "% of the gap";

/// The claims, in the order they are reported.
pub const CLAIMS: [Statement; 17] = [
    Statement {
        id: "teacher-beats-student",
        text: "The teacher knows more: a student on hard labels alone makes more errors than its teacher",
        measure: Measure::StudentLessTeacher,
        rule: Rule::MoreThan,
        margin: Margin::Settings,
        unit: POINTS,
        paper: Some(paper::TEACHER_GAIN),
    },
    Statement {
        id: "distilled-beats-student",
        text: "Soft targets teach more than labels: a student makes more errors alone than distilled",
        measure: Measure::StudentLessDistilled,
        rule: Rule::MoreThan,
        margin: Margin::Settings,
        unit: POINTS,
        paper: Some(paper::DISTILLED_GAIN),
    },
    Statement {
        id: "distillation-recovers-most-of-the-gap",
        text: "Distillation closes most of the error gap between student and teacher",
        measure: Measure::Recovered,
        rule: Rule::MoreThan,
        margin: Margin::Fixed(50.0),
        unit: OF_THE_GAP,
        paper: Some(paper::RECOVERED),
    },
    Statement {
        id: "high-temperatures-are-alike",
        text: "With 300 units a layer or more, all temperatures above 8 do about as well",
        measure: Measure::HighTemperatures,
        rule: Rule::Equal,
        margin: Margin::Settings,
        unit: POINTS,
        paper: None,
    },
    Statement {
        id: "narrow-students-need-moderate-temperatures",
        text: "With 30 units a layer or fewer, temperatures of 2.5 to 4 make fewer errors than higher and lower ones",
        measure: Measure::ModerateTemperatures,
        rule: Rule::MoreThan,
        margin: Margin::Settings,
        unit: POINTS,
        paper: None,
    },
    Statement {
        id: "omitted-class-is-known",
        text: "A student that never saw a class knows it from its teacher: of that class's images it gets right, its bias corrected without labels",
        measure: Measure::OmittedClass,
        rule: Rule::MoreThan,
        margin: Margin::Fixed(90.0),
        unit: "% of the omitted class",
        paper: Some(paper::THREES_KNOWN),
    },
    Statement {
        id: "few-classes-teach-the-rest",
        text: "A student that saw a minority of the classes knows the rest from its teacher: of all images it gets right, its biases corrected without labels",
        measure: Measure::FewClasses,
        rule: Rule::MoreThan,
        margin: Margin::Fixed(50.0),
        unit: "% of all images",
        paper: Some(paper::KNOWN_BY_7_8),
    },
    Statement {
        id: "little-data-favours-soft-targets",
        text: "With few images soft targets beat hard labels: a student makes more errors alone than distilled",
        measure: Measure::LittleData,
        rule: Rule::MoreThan,
        margin: Margin::Settings,
        unit: POINTS,
        paper: None,
    },
    Statement {
        id: "soft-targets-overfit-less",
        text: "With few images soft targets keep from overfitting: training accuracy less test accuracy is larger alone than distilled",
        measure: Measure::LittleDataGap,
        rule: Rule::MoreThan,
        margin: Margin::Settings,
        unit: POINTS,
        paper: None,
    },
    Statement {
        id: "ensemble-beats-its-members",
        text: "An ensemble beats its members: on average they make more errors than their mean probabilities do",
        measure: Measure::MembersLessEnsemble,
        rule: Rule::MoreThan,
        margin: Margin::Settings,
        unit: POINTS,
        paper: None,
    },
    Statement {
        id: "one-network-keeps-the-ensembles-gain",
        text: "One network of the members' size, distilled from the ensemble, has most of what the ensemble gains over its members",
        measure: Measure::EnsembleRecovered,
        rule: Rule::MoreThan,
        margin: Margin::Fixed(50.0),
        unit: OF_THE_GAP,
        paper: None,
    },
    Statement {
        id: "specialists-beat-their-generalist",
        text: "Specialists add to their generalist: it makes more errors by itself than together with them",
        measure: Measure::GeneralistLessPanel,
        rule: Rule::MoreThan,
        margin: Margin::Settings,
        unit: POINTS,
        paper: None,
    },
    Statement {
        id: "specialists-can-be-distilled-back",
        text: "One network can hold what specialists add: the generalist's network makes more errors alone than distilled from the panel",
        measure: Measure::StudentLessOfPanel,
        rule: Rule::MoreThan,
        margin: Margin::Settings,
        unit: POINTS,
        paper: None,
    },
    Statement {
        id: "specialists-teach-more-than-their-generalist",
        text: "Specialists add to what is taught: the generalist's network makes more errors distilled from the generalist by itself than from the panel",
        measure: Measure::OfGeneralistLessOfPanel,
        rule: Rule::MoreThan,
        margin: Margin::Settings,
        unit: POINTS,
        paper: None,
    },
    Statement {
        id: "teacher-beats-student-on-words",
        text: "A student on hard labels alone gets more words wrong than its teacher",
        measure: Measure::WordsLessTeacher,
        rule: Rule::MoreThan,
        margin: Margin::Fixed(0.0),
        unit: POINTS,
        paper: None,
    },
    Statement {
        id: "distilled-beats-student-on-words",
        text: "A student gets more words wrong alone than distilled",
        measure: Measure::WordsLessDistilled,
        rule: Rule::MoreThan,
        margin: Margin::Fixed(0.0),
        unit: POINTS,
        paper: None,
    },
    Statement {
        id: "distillation-recovers-most-of-the-gap-on-words",
        text: "Distillation closes most of the gap in wrong words between student and teacher",
        measure: Measure::WordsRecovered,
        rule: Rule::MoreThan,
        margin: Margin::Fixed(50.0),
        unit: OF_THE_GAP,
        paper: None,
    },
];
