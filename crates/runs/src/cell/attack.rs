//! Cells of the fooling study: a search for images that a network is sure of, and showing what was found
//! to another network.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::parts::{Data, is_zero};
use super::{CellId, ClassifierCell};

/// How an image is written down while it is searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// A gene for each value of each pixel.
    Direct,
    /// A growing graph from a pixel's place to its color.
    Cppn,
}

/// Whose settings a search has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// As the text of Nguyen et al. 2015 says.
    Paper,
    /// As its authors' code does.
    AuthorsCode,
}

/// Where the images of a generation come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Children of the elites: MAP-Elites.
    Evolution,
    /// Drawn afresh: what as many evaluations find without evolution.
    RandomSearch,
    /// Steps up the gradient of one class's confidence, class by class, the classes sharing the
    /// evaluations; a look forward with one back counts as one.
    GradientAscent,
}

/// What keeps the images of gradient ascent from being mere noise (Nguyen et al. 2015, section 3.4 and
/// supplement). Applied after each step to the image's difference from the mean image.
///
/// The numbers are those of the published code, not checked against the paper's text; those of `Blur`
/// and of `SmallPixels` are what the code of the supplement draws with seeds 188 and 360.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Regularization {
    /// Nothing does. Any method but gradient ascent, and gradient ascent on a CPPN, has this.
    #[default]
    Nothing,
    /// L2 decay: the difference shrinks by 1 %.
    Decay,
    /// It shrinks by 0.1 %, and is blurred every second step with a deviation of 0.4 pixels.
    Blur,
    /// It shrinks by 0.1 %, is blurred every step with 0.3 pixels, and is put to 0 in the fifth of the
    /// pixels where it is smallest, then in the fifth where it matters least for the confidence.
    SmallPixels,
}

impl Regularization {
    /// All of them, in the order of the documentation's table.
    pub const ALL: [Self; 4] = [Self::Nothing, Self::Decay, Self::Blur, Self::SmallPixels];

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
    fn is_nothing(&self) -> bool {
        *self == Self::Nothing
    }
}

/// A search for images that a network is sure of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attack {
    /// Where the images of a generation come from.
    pub method: Method,
    /// How an image is written down.
    pub encoding: Encoding,
    /// Whose settings it has. The steps of gradient ascent are the same in both.
    pub preset: Preset,
    /// Images of the first generation, drawn at random.
    pub initial: u32,
    /// Images of each later one.
    pub children: u32,
    /// Generations, the first one included. Gradient ascent evaluates as many images, and is looked at
    /// after as many of them.
    pub generations: u32,
    /// Of gradient ascent on pixels: what keeps its images from being mere noise.
    #[serde(default, skip_serializing_if = "Regularization::is_nothing")]
    pub regularization: Regularization,
}

/// Prints `evolution-cppn-paper`, `gradient-ascent-blur-direct-paper`.
impl fmt::Display for Attack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = match (self.method, self.regularization) {
            (Method::Evolution, _) => "evolution",
            (Method::RandomSearch, _) => "random-search",
            (Method::GradientAscent, Regularization::Nothing) => "gradient-ascent",
            (Method::GradientAscent, Regularization::Decay) => "gradient-ascent-decay",
            (Method::GradientAscent, Regularization::Blur) => "gradient-ascent-blur",
            (Method::GradientAscent, Regularization::SmallPixels) => "gradient-ascent-small-pixels",
        };
        let encoding = match self.encoding {
            Encoding::Direct => "direct",
            Encoding::Cppn => "cppn",
        };
        let preset = match self.preset {
            Preset::Paper => "paper",
            Preset::AuthorsCode => "authors-code",
        };
        write!(f, "{method}-{encoding}-{preset}")
    }
}

/// One attack on one network. Holds the cell of the network, whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttackCell {
    /// Distinguishes repeats.
    pub seed: u32,
    /// The number, from 1, of one of several attacks of a round of retraining; 0 for an attack by
    /// itself.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub repeat: u32,
    /// What the network was trained on.
    pub data: Data,
    /// The search.
    pub attack: Attack,
    /// The network that is attacked.
    pub network: ClassifierCell,
}

impl AttackCell {
    /// The cell's identity; see [`crate::Cell::id`].
    #[must_use]
    pub fn id(&self) -> CellId {
        CellId::of(self)
    }

    /// A name for people and folders, with the identity at its end.
    #[must_use]
    pub fn name(&self) -> String {
        format!("attack.{}.{}", self.label(), self.id())
    }

    /// What it is, on which network: the middle of its name, and of the names of its showings.
    pub(super) fn label(&self) -> String {
        let Self { attack, network, seed, repeat, .. } = self;
        let repeat = if *repeat > 0 { format!(".repeat-{repeat}") } else { String::new() };
        format!("{attack}.{}.seed-{seed}{repeat}", network.label())
    }
}

/// What an attack found, shown to another network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShowingCell {
    /// What both networks were trained on.
    pub data: Data,
    /// The attack.
    pub shown: AttackCell,
    /// The network its elites are shown to.
    pub audience: ClassifierCell,
}

impl ShowingCell {
    /// The cell's identity; see [`crate::Cell::id`].
    #[must_use]
    pub fn id(&self) -> CellId {
        CellId::of(self)
    }

    /// A name for people and folders, with the identity at its end.
    #[must_use]
    pub fn name(&self) -> String {
        format!("showing.{}.to-{}.{}", self.shown.label(), self.audience.label(), self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CELL: &str = r#"{"seed":3,"data":{"name":"forms","fingerprint":"toy"},
        "attack":{"method":"evolution","encoding":"cppn","preset":"paper","initial":20,"children":20,
            "generations":12},
        "network":{"role":"network","seed":3,"data":{"name":"forms","fingerprint":"toy"},
            "examples":{"held_out":96,"omitted":[],"fraction":1.0},
            "views":{"count":2,"crop_padding":1,"mirror":true},
            "network":{"architecture":"lenet","width":1.0,"groups":false,"normalization":false,
                "dropout":0.0,"initialization":"he"},
            "schedule":{"epochs":8,"batch":16,"learning_rate":0.01,"bias_learning_rate_factor":2.0,
                "drops":[0.6,0.85],"drop_factor":0.1,"momentum":0.9,"weight_decay":0.0005},
            "loss":{"kind":"hard_labels"}}}"#;

    #[test]
    fn an_attacks_identity_is_what_it_was_and_does_not_change_by_settings_that_came_later() {
        let cell: AttackCell = serde_json::from_str(CELL).unwrap();
        // Computed from the JSON alone, by another program.
        assert_eq!(cell.id().to_string(), "03086ba7e49d5943");
        let mut spelt_out: serde_json::Value = serde_json::from_str(CELL).unwrap();
        spelt_out["attack"]["regularization"] = "nothing".into();
        let spelt_out: AttackCell = serde_json::from_value(spelt_out).unwrap();
        assert_eq!(spelt_out.id(), cell.id());
        assert_eq!(cell.attack.to_string(), "evolution-cppn-paper");
    }

    #[test]
    fn a_regularization_is_part_of_the_identity_and_of_the_name() {
        let cell: AttackCell = serde_json::from_str(CELL).unwrap();
        let of = |regularization| {
            let method = Method::GradientAscent;
            let attack =
                Attack { method, encoding: Encoding::Direct, regularization, ..cell.attack };
            AttackCell { attack, ..cell.clone() }
        };
        let (plain, blurred) = (of(Regularization::Nothing), of(Regularization::Blur));
        assert_ne!(plain.id(), blurred.id());
        assert_eq!(plain.attack.to_string(), "gradient-ascent-direct-paper");
        assert_eq!(blurred.attack.to_string(), "gradient-ascent-blur-direct-paper");
    }
}
