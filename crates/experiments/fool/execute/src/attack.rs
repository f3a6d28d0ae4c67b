//! An attack on one network: MAP-Elites, or random search or gradient ascent with the same budget.

use anyhow::Result;
use assay_classifier_cells::{AttackCell, Encoding, Method, Preset};
use assay_map_elites::{Color, ImageSpec};

use super::ascent::{Ascent, AscentConfig, CppnWeights, Pixels};
use super::attack_output::AttackOutput;
use super::attack_run::{AttackRun, attack_streams};
use super::batch_source::SearchEmitter;
use super::classifier::Classifier;
use assay_engine::worker::CellContext;

/// Runs an attack, from the cell's checkpoint if there is one.
///
/// Returns none if it was stopped before its end; it then has saved a checkpoint. `mean` computes
/// the mean training image, `[channels, height, width]`, 0 to 255, which only gradient ascent
/// needs.
///
/// # Errors
/// A confidence is not finite, or the checkpoint cannot be read or written.
pub fn attack(
    cell: &AttackCell,
    classifier: &Classifier,
    classes: usize,
    mean: impl FnOnce() -> Result<Vec<f32>>,
    context: &CellContext,
) -> Result<Option<AttackOutput>> {
    let preset = map_elites_preset(cell.attack.preset);
    let shape = classifier.shape();
    let image = |color: Color| {
        let color = if shape.channels == 1 { Color::Gray } else { color };
        ImageSpec { height: shape.height as u32, width: shape.width as u32, color }
    };
    let is_ascent = cell.attack.method == Method::GradientAscent;
    let streams = attack_streams(cell);
    match (cell.attack.encoding, is_ascent) {
        (Encoding::Direct, false) => {
            let encoding = preset.direct(image(preset.color()));
            AttackRun::new(cell, classes, encoding, SearchEmitter, classifier, context)?.run()
        }
        (Encoding::Cppn, false) => {
            let encoding = preset.cppn(image(preset.color()));
            AttackRun::new(cell, classes, encoding, SearchEmitter, classifier, context)?.run()
        }
        (Encoding::Direct, true) => {
            let encoding = preset.direct(image(Color::Rgb));
            let config = AscentConfig::for_regularization(cell.attack.regularization);
            let pixels = Pixels::new(encoding.clone(), config, mean()?);
            let ascent = Ascent::new(pixels, classes, &streams);
            AttackRun::new(cell, classes, encoding, ascent, classifier, context)?.run()
        }
        (Encoding::Cppn, true) => {
            let encoding = preset.cppn(image(preset.color()));
            let weights = CppnWeights::new(encoding.clone(), classifier.device());
            let ascent = Ascent::new(weights, classes, &streams);
            AttackRun::new(cell, classes, encoding, ascent, classifier, context)?.run()
        }
    }
}

fn map_elites_preset(preset: Preset) -> assay_map_elites::Preset {
    match preset {
        Preset::Paper => assay_map_elites::Preset::Paper,
        Preset::PublishedCode => assay_map_elites::Preset::PublishedCode,
    }
}
