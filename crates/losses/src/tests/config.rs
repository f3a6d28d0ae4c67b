//! Configurations: files, valid ranges, and the weighted sum.

use super::{assert_close, gradient, labels, loss, random, random_labels, rows, soft_terms, value};
use crate::{
    DistillationLoss, LossConfig, LossError, TeacherOutput, cross_entropy,
    soft_targets_from_probabilities,
};

const KD: LossConfig = LossConfig::PUBLISHED[0].1;
const DKD: LossConfig = LossConfig::PUBLISHED[1].1;
const LS: LossConfig = LossConfig::PUBLISHED[2].1;

fn teacher() -> [[f32; 5]; 4] {
    random(1, 3.0)
}

fn student() -> [[f32; 5]; 4] {
    random(2, 3.0)
}

#[test]
fn published_settings_round_trip() {
    for (name, config) in LossConfig::PUBLISHED.into_iter().chain(soft_terms()) {
        config.check().unwrap();
        let text = toml::to_string(&config).unwrap();
        assert_eq!(toml::from_str::<LossConfig>(&text).unwrap(), config, "{name}: {text}");
    }
}

#[test]
fn kind_selects_the_soft_term() {
    let text = "hard_weight = 1\nsoft_weight = 1\nstandardized = false\n[soft]\nkind = \"decoupled\"\n\
                temperature = 4\nlabel_weight = 1\nrest_weight = 8\nwarm_up_epochs = 20\n";
    assert_eq!(toml::from_str::<LossConfig>(text).unwrap(), DKD);
}

#[test]
fn unknown_and_missing_keys_are_errors() {
    let refused = |soft: &str| {
        let text =
            format!("hard_weight = 1.0\nsoft_weight = 1.0\nstandardized = false\nsoft = {soft}");
        toml::from_str::<LossConfig>(&text).unwrap_err().to_string()
    };
    assert!(refused("{ kind = \"soft_targets\", temprature = 4.0 }").contains("temprature"));
    assert!(refused("{ kind = \"logit_mse\", temperature = 4.0 }").contains("temperature"));
    assert!(refused("{ kind = \"wttm\" }").contains("power"));
    assert!(refused("{ kind = \"hints\" }").contains("hints"));
}

#[test]
fn numbers_out_of_range_are_errors() {
    let error = |config: LossConfig| config.check().unwrap_err().to_string();
    let soft = |soft| error(LossConfig { soft, ..KD });
    let temperature = "loss: temperature is 0; it must be a number above 0";
    assert_eq!(soft(DistillationLoss::SoftTargets { temperature: 0.0 }), temperature);
    assert_eq!(soft(DistillationLoss::Dist { temperature: 0.0 }), temperature);
    assert_eq!(soft(DistillationLoss::Nkd { temperature: 0.0, rest_weight: 1.0 }), temperature);
    assert_eq!(
        soft(DistillationLoss::Nkd { temperature: 1.0, rest_weight: -2.0 }),
        "loss: rest_weight is -2; it must be a number of 0 or more"
    );
    assert_eq!(
        soft(DistillationLoss::Wttm { power: f64::NAN }),
        "loss: power is NaN; it must be a number above 0"
    );
    assert_eq!(
        error(LossConfig { hard_weight: f64::INFINITY, ..KD }),
        "loss: hard_weight is inf; it must be a number of 0 or more"
    );
    assert_eq!(
        error(LossConfig { soft_weight: -1.0, ..KD }),
        "loss: soft_weight is -1; it must be a number of 0 or more"
    );
}

#[test]
fn zero_weights_are_errors() {
    let neither = LossConfig { hard_weight: 0.0, soft_weight: 0.0, ..KD };
    let (first, second) = ("hard_weight", "soft_weight");
    assert_eq!(neither.check(), Err(LossError::BothWeightsZero { first, second }));
    let soft = DistillationLoss::Decoupled {
        temperature: 4.0,
        label_weight: 0.0,
        rest_weight: 0.0,
        warm_up_epochs: 0,
    };
    let error = LossConfig { soft, ..KD }.check().unwrap_err().to_string();
    assert_eq!(
        error,
        "loss: label_weight and rest_weight are both 0; at least one must be above 0"
    );
}

#[test]
fn terms_are_weighted() {
    let right = random_labels(3, 5);
    let hard = f64::from(value(cross_entropy(rows(student()), labels(right))));
    for (name, config) in LossConfig::PUBLISHED {
        let alone = LossConfig { hard_weight: 0.0, soft_weight: 1.0, ..config };
        let soft = f64::from(value(loss(&alone, rows(student()), &teacher(), right)));
        let expected = config.hard_weight * hard + config.soft_weight * soft;
        println!("{name}: {hard} hard, {soft} soft");
        let found = value(loss(&config, rows(student()), &teacher(), right));
        assert_close(found, expected, 1e-5 * expected.abs().max(1.0));
        let without = LossConfig { soft_weight: 0.0, ..config };
        let found = value(loss(&without, rows(student()), &teacher(), right));
        assert_close(found, config.hard_weight * hard, 1e-6);
    }
}

#[test]
fn only_the_warm_up_depends_on_the_epoch() {
    let right = random_labels::<4>(3, 5);
    let at = |config: &LossConfig, epoch| {
        let teacher = TeacherOutput::Logits(rows(teacher()));
        f64::from(value(config.loss(rows(student()), &teacher, labels(right), epoch)))
    };
    let alone = LossConfig { hard_weight: 0.0, ..DKD };
    let whole = at(&alone, 20);
    assert_close(at(&alone, 1), whole / 20.0, 1e-5);
    assert_close(at(&alone, 5), whole / 4.0, 1e-5);
    assert_close(at(&alone, 240), whole, 0.0);
    assert_close(at(&KD, 1), at(&KD, 240), 0.0);
    let DistillationLoss::Decoupled { temperature, label_weight, rest_weight, .. } = DKD.soft
    else {
        unreachable!()
    };
    let soft =
        DistillationLoss::Decoupled { temperature, label_weight, rest_weight, warm_up_epochs: 0 };
    assert_close(at(&LossConfig { soft, ..alone }, 1), whole, 0.0);
}

#[test]
fn the_warm_up_scales_with_the_number_of_epochs() {
    let warm_up = |epochs| match DKD.scaled_to(epochs).soft {
        DistillationLoss::Decoupled { warm_up_epochs, .. } => warm_up_epochs,
        other => panic!("{other:?}"),
    };
    // 20 of 240 epochs, scaled and rounded up.
    assert_eq!([240, 20, 12, 13, 1].map(warm_up), [20, 2, 1, 2, 1]);
    assert_eq!(DKD.scaled_to(240), DKD);
    assert_eq!(KD.scaled_to(20), KD);
}

#[test]
fn only_soft_targets_accept_probabilities() {
    assert!(!KD.needs_logits());
    assert!(LS.needs_logits() && DKD.needs_logits());
    assert!(!LossConfig { soft_weight: 0.0, ..DKD }.needs_logits());
    let probabilities = rows([[0.2f32, 0.8, 0.0], [0.5, 0.25, 0.25]]);
    let student = || rows([[0.0, 1.0, 2.0], [0.0, 0.0, 0.0]]);
    let output =
        TeacherOutput::Probabilities { probabilities: probabilities.clone(), temperature: 4.0 };
    let alone = LossConfig { hard_weight: 0.0, soft_weight: 1.0, ..KD };
    let found = value(alone.loss(student(), &output, labels([0, 1]), 1));
    let expected = value(soft_targets_from_probabilities(student(), probabilities, 4.0));
    assert_close(found, f64::from(expected), 0.0);
}

#[test]
#[should_panic(expected = "probabilities at temperature 2, a loss at 4")]
fn probabilities_of_another_temperature_panic() {
    let probabilities = rows([[0.5, 0.5]]);
    let output = TeacherOutput::Probabilities { probabilities, temperature: 2.0 };
    let _ = KD.loss(rows([[0.0; 2]]), &output, labels([0]), 1);
}

#[test]
#[should_panic(expected = "Wttm { power: 0.2 } of a teacher's probabilities; it compares logits")]
fn probabilities_for_a_loss_on_logits_panic() {
    let output =
        TeacherOutput::Probabilities { probabilities: rows([[0.5, 0.5]]), temperature: 1.0 };
    let _ = LossConfig::PUBLISHED[5].1.loss(rows([[0.0; 2]]), &output, labels([0]), 1);
}

#[test]
#[should_panic(expected = "epoch 0; epochs are counted from 1")]
fn epoch_0_panics() {
    let output = TeacherOutput::Logits(rows([[0.0; 2]]));
    let _ = DKD.loss(rows([[0.0; 2]]), &output, labels([0]), 0);
}

/// The Euclidean norm of a gradient over all rows.
fn length<const B: usize, const C: usize>(gradient: &[[f32; C]; B]) -> f64 {
    gradient.iter().flatten().map(|slope| f64::from(*slope).powi(2)).sum::<f64>().sqrt()
}

#[test]
fn published_gradients_have_similar_size() {
    // 100 classes, a student whose logits are still near 0, and teachers of the deviation that trained
    // networks have, sure of the label.
    let student: [[f32; 100]; 16] = random(3, 1.7);
    let right: [i32; 16] = random_labels(4, 100);
    let hard = length(&gradient(&student, |student| cross_entropy(student, labels(right))));
    for (deviation, surplus) in [(2.0, 6.0), (4.0, 12.0)] {
        let mut teacher: [[f32; 100]; 16] = random(5, deviation * 3f32.sqrt());
        for (row, label) in teacher.iter_mut().zip(right) {
            row[label as usize] += surplus;
        }
        for (name, config) in LossConfig::PUBLISHED {
            let soft = LossConfig { hard_weight: 0.0, ..config };
            let soft = length(&gradient(&student, |z| loss(&soft, z, &teacher, right)));
            // Beside a cross-entropy of its own weight; the limit of high temperatures is left out.
            let ratio = soft / (config.hard_weight * hard);
            let fits = (0.5..20.0).contains(&ratio);
            assert!(fits || name == "logit_mse", "{name}, teacher at {deviation}: {ratio}");
        }
    }
}
