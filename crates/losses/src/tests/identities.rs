//! Mathematical identities between the losses.

use burn::tensor::Tensor;

use super::{
    assert_all_close, assert_close, gradient, labels, loss, random, random_labels, rows,
    soft_terms, softened, value,
};
use crate::{
    LossConfig, TeacherOutput, decoupled, logit_mse, nkd, soft_targets,
    soft_targets_from_probabilities, standardize, wttm,
};

/// The losses whose minimum is at the teacher's logits.
const LEAST_AT_THE_TEACHER: [&str; 5] = ["kd", "dkd", "ls", "dist", "logit_mse"];

fn by_name(name: &str) -> LossConfig {
    soft_terms().into_iter().find(|(other, _)| *other == name).unwrap().1
}

/// Adds a different number to each row.
fn shifted<const B: usize, const C: usize>(rows: &[[f32; C]; B]) -> [[f32; C]; B] {
    std::array::from_fn(|row| rows[row].map(|logit| logit + 3.0 * (row as f32 - 1.5)))
}

#[test]
fn kd_gradient_is_the_difference_of_softmaxes() {
    for (seed, t) in (0..).zip([1.0, 2.5, 4.0, 20.0]) {
        let (z, v) = (random::<4, 5>(seed, 4.0), random::<4, 5>(10 + seed, 4.0));
        let expected = std::array::from_fn(|row| {
            let (q, p) = (softened(&z[row], t), softened(&v[row], t));
            std::array::from_fn(|class| t * (q[class] - p[class]) / 4.0)
        });
        let found = gradient(&z, |student| soft_targets(student, rows(v), t));
        assert_all_close(&found, &expected, 2e-6);
    }
}

#[test]
fn kd_approaches_logit_matching_at_high_temperature() {
    // Logits with mean 0 in each row: the last one compensates the others.
    let of_mean_0 = |seed| {
        random::<3, 6>(seed, 2.0).map(|mut row| {
            row[5] = -row[..5].iter().sum::<f32>();
            row
        })
    };
    let (z, v) = (of_mean_0(1), of_mean_0(2));
    let limit = std::array::from_fn(|row| {
        std::array::from_fn(|class| f64::from(z[row][class] - v[row][class]) / 6.0 / 3.0)
    });
    let at = |t| gradient(&z, |student| soft_targets(student, rows(v), t));
    assert_all_close(&gradient(&z, |student| logit_mse(student, rows(v))), &limit, 1e-6);
    assert_all_close(&at(1000.0), &limit, 2e-3);
    // At a tenth of the temperature, the approximation does not hold.
    let nearer = at(50.0);
    let far = nearer.iter().flatten().zip(limit.iter().flatten());
    assert!(far.map(|(found, limit)| (f64::from(*found) - limit).abs()).fold(0.0, f64::max) > 2e-3);
    let (kd, mse) = (soft_targets(rows(z), rows(v), 300.0), logit_mse(rows(z), rows(v)));
    assert_close(
        value(kd),
        f64::from(value(mse)),
        1e-2 * f64::from(value(logit_mse(rows(z), rows(v)))),
    );
}

#[test]
fn kd_decomposes_into_the_parts_of_dkd() {
    for (seed, t) in (0..).zip([1.0, 4.0, 20.0]) {
        let (z, v) = (random::<1, 6>(seed, 3.0), random::<1, 6>(10 + seed, 3.0));
        let label = [seed as i32];
        let left = 1.0 - softened(&v[0], t)[label[0] as usize];
        let kd = value(soft_targets(rows(z), rows(v), t));
        let parts = decoupled(rows(z), rows(v), &labels(label), t, 1.0, left);
        assert_close(value(parts), f64::from(kd), 1e-5 * f64::from(kd).max(1.0));
        let found = gradient(&z, |z| decoupled(z, rows(v), &labels(label), t, 1.0, left));
        let expected = gradient(&z, |z| soft_targets(z, rows(v), t));
        assert_all_close(&found, &expected.map(|row| row.map(f64::from)), 2e-6);
    }
}

#[test]
fn equal_logits_have_zero_loss_and_gradient() {
    for seed in 0..3 {
        let v = random::<5, 6>(seed, 4.0);
        let right = random_labels(seed, 6);
        for name in LEAST_AT_THE_TEACHER {
            let config = by_name(name);
            for student in [v, shifted(&v)] {
                assert_close(value(loss(&config, rows(student), &v, right)), 0.0, 2e-5);
                let slopes = gradient(&student, |student| loss(&config, student, &v, right));
                assert_all_close(&slopes, &[[0.0; 6]; 5], 1e-5);
            }
        }
    }
}

#[test]
fn nkd_is_not_minimal_at_the_teachers_logits() {
    let v = random::<3, 5>(1, 2.0);
    let right = [4, 0, 2];
    let expected = std::array::from_fn(|row| {
        let (p, label) = (softened(&v[row], 1.0), right[row] as usize);
        // The gradient of -p_t log q_t at q = p; the other part is at its minimum.
        std::array::from_fn(|class| {
            let slope = if class == label { p[class] - 1.0 } else { p[class] };
            p[label] * slope / 3.0
        })
    });
    let found = gradient(&v, |student| nkd(student, rows(v), &labels(right), 3.0, 3.5));
    assert_all_close(&found, &expected, 3e-6);
}

#[test]
fn wttm_is_minimal_at_the_scaled_teacher() {
    let (power, v) = (0.3f32, random::<4, 5>(1, 5.0));
    let met = v.map(|row| row.map(|logit| power * logit));
    assert_close(value(wttm(rows(met), rows(v), 0.3)), 0.0, 1e-6);
    let slopes = gradient(&met, |student| wttm(student, rows(v), 0.3));
    assert_all_close(&slopes, &[[0.0; 5]; 4], 1e-6);
    // The gradient is U (softmax(z) - softmax(g v)), divided by the batch size.
    let z = random::<4, 5>(2, 2.0);
    let expected = std::array::from_fn(|row| {
        let sum: f64 = softened(&v[row], 1.0).iter().map(|p| p.powf(f64::from(power))).sum();
        let (q, p) = (softened(&z[row], 1.0), softened(&v[row], 1.0 / f64::from(power)));
        std::array::from_fn(|class| sum * (q[class] - p[class]) / 4.0)
    });
    let slopes = gradient(&z, |student| wttm(student, rows(v), f64::from(power)));
    assert_all_close(&slopes, &expected, 2e-6);
}

#[test]
fn losses_are_invariant_to_shifts() {
    let (z, v) = (random::<4, 6>(1, 3.0), random::<4, 6>(2, 3.0));
    let right = random_labels(3, 6);
    for (name, config) in soft_terms() {
        let plain = f64::from(value(loss(&config, rows(z), &v, right)));
        for (z, v) in [(shifted(&z), v), (z, shifted(&v))] {
            let found = value(loss(&config, rows(z), &v, right));
            println!("{name}: {found} after a shift, {plain} before");
            assert_close(found, plain, 1e-5 * plain.max(1.0));
        }
    }
}

#[test]
fn standardization_is_invariant_to_scale_and_shift() {
    let z = random::<4, 6>(1, 3.0);
    let of = |logits| standardize(logits).into_data().try_into_vec::<f32>().unwrap();
    let affine: [[f32; 6]; 4] = std::array::from_fn(|row| {
        z[row].map(|logit| [0.01, 0.5, 4.0, 100.0][row] * logit + row as f32)
    });
    for (found, expected) in of(rows(affine)).into_iter().zip(of(rows(z))) {
        assert_close(found, f64::from(expected), 2e-4);
    }
    for (found, expected) in of(rows(z).neg()).into_iter().zip(of(rows(z))) {
        assert_close(found, -f64::from(expected), 1e-6);
    }
    let v = random::<4, 6>(2, 3.0);
    let (config, right) = (by_name("ls"), [0; 4]);
    let plain = value(loss(&config, rows(z), &v, right));
    assert_close(value(loss(&config, rows(affine), &v, right)), f64::from(plain), 1e-3);
}

#[test]
fn probabilities_and_logits_give_the_same_loss() {
    let (z, v) = (random::<4, 6>(1, 3.0), random::<4, 6>(2, 3.0));
    let t = 4.0;
    let soft = v.map(|row| softened(&row, t).map(|p| p as f32));
    let of_logits = gradient(&z, |z| soft_targets(z, rows(v), t));
    let of_soft = gradient(&z, |z| soft_targets_from_probabilities(z, rows(soft), t));
    assert_all_close(&of_soft, &of_logits.map(|row| row.map(f64::from)), 2e-6);
    let expected = value(soft_targets(rows(z), rows(v), t));
    let found = value(soft_targets_from_probabilities(rows(z), rows(soft), t));
    assert_close(found, f64::from(expected), 1e-5);
}

#[test]
fn no_gradient_reaches_the_teacher() {
    let (z, v) = (random::<4, 6>(1, 3.0), random::<4, 6>(2, 3.0));
    for (name, config) in soft_terms() {
        let track = |rows: Tensor<2>| rows.autodiff().require_grad();
        let (student, teacher) = (track(rows(z)), track(rows(v)));
        let output = TeacherOutput::Logits(teacher.clone());
        let gradients = config.loss(student.clone(), &output, labels([0; 4]), 1).backward();
        assert!(student.grad(&gradients).is_some(), "{name}");
        assert!(teacher.grad(&gradients).is_none(), "{name}");
    }
}
