//! Losses and gradients compared with an independent reference: loops in f64 and central
//! differences.

use super::{assert_close, gradient, loss, random, random_labels, rows, soft_terms, value};
use crate::{DistillationLoss, LossConfig};

type Matrix = Vec<Vec<f64>>;

fn log_softmax(logits: &[f64], temperature: f64) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f64::MIN, f64::max);
    let mut sum = 0.0;
    for logit in logits {
        sum += ((logit - largest) / temperature).exp();
    }
    logits.iter().map(|logit| (logit - largest) / temperature - sum.ln()).collect()
}

fn divergence(log_p: &[f64], log_q: &[f64]) -> f64 {
    let mut sum = 0.0;
    for (p, q) in log_p.iter().zip(log_q) {
        sum += p.exp() * (p - q);
    }
    sum
}

fn others(row: &[f64], label: usize) -> Vec<f64> {
    let mut rest = row.to_vec();
    rest.remove(label);
    rest
}

/// Log probabilities of the target class and of all other classes.
fn binary(logits: &[f64], label: usize, temperature: f64) -> [f64; 2] {
    let logs = log_softmax(logits, temperature);
    let rest = others(&logs, label);
    let largest = rest.iter().copied().fold(f64::MIN, f64::max);
    let mut sum = 0.0;
    for log in rest {
        sum += (log - largest).exp();
    }
    [logs[label], largest + sum.ln()]
}

fn pearson(a: &[f64], b: &[f64]) -> f64 {
    let count = a.len() as f64;
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / count, b.iter().sum::<f64>() / count);
    let (mut product, mut square_a, mut square_b) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        product += (a - mean_a) * (b - mean_b);
        square_a += (a - mean_a).powi(2);
        square_b += (b - mean_b).powi(2);
    }
    if square_a < 1e-24 || square_b < 1e-24 {
        return 0.0;
    }
    product / (square_a.sqrt() * square_b.sqrt())
}

fn correlations(student: &Matrix, teacher: &Matrix, temperature: f64) -> f64 {
    let soft = |logits: &Matrix| -> Matrix {
        let row = |row: &Vec<f64>| log_softmax(row, temperature).into_iter().map(f64::exp);
        logits.iter().map(|logits| row(logits).collect()).collect()
    };
    let (student, teacher) = (soft(student), soft(teacher));
    let (batch, classes) = (student.len(), student[0].len());
    let mut loss = 0.0;
    for row in 0..batch {
        loss += (1.0 - pearson(&student[row], &teacher[row])) / batch as f64;
    }
    for class in 0..classes {
        let column = |of: &Matrix| of.iter().map(|row| row[class]).collect::<Vec<f64>>();
        loss += (1.0 - pearson(&column(&student), &column(&teacher))) / classes as f64;
    }
    loss * temperature * temperature
}

fn standardize(row: &[f64]) -> Vec<f64> {
    let count = row.len() as f64;
    let mean = row.iter().sum::<f64>() / count;
    let squares: f64 = row.iter().map(|logit| (logit - mean).powi(2)).sum();
    let deviation = (squares / (count - 1.0)).sqrt();
    row.iter().map(|logit| (logit - mean) / (1e-7 + deviation)).collect()
}

/// The soft term of one image. DIST is not a mean over images and is not included.
fn of_image(soft: &DistillationLoss, z: &[f64], v: &[f64], label: usize) -> f64 {
    match *soft {
        DistillationLoss::SoftTargets { temperature: t } => {
            t * t * divergence(&log_softmax(v, t), &log_softmax(z, t))
        }
        DistillationLoss::LogitMse {} => {
            let count = z.len() as f64;
            let mean = |row: &[f64]| row.iter().sum::<f64>() / count;
            let mut sum = 0.0;
            for (z_i, v_i) in z.iter().zip(v) {
                sum += ((z_i - mean(z)) - (v_i - mean(v))).powi(2);
            }
            sum / 2.0 / count
        }
        DistillationLoss::Decoupled { temperature: t, label_weight, rest_weight, .. } => {
            let right = divergence(&binary(v, label, t), &binary(z, label, t));
            let rest = |row: &[f64]| log_softmax(&others(row, label), t);
            t * t * (label_weight * right + rest_weight * divergence(&rest(v), &rest(z)))
        }
        DistillationLoss::Nkd { temperature: t, rest_weight } => {
            let right = log_softmax(v, 1.0)[label].exp() * log_softmax(z, 1.0)[label];
            let rest = |row: &[f64]| log_softmax(&others(row, label), t);
            let mut sum = 0.0;
            for (v_i, z_i) in rest(v).iter().zip(rest(z)) {
                sum += v_i.exp() * z_i;
            }
            -right - rest_weight * t * t * sum
        }
        DistillationLoss::Wttm { power } => {
            let powers: Vec<f64> =
                log_softmax(v, 1.0).iter().map(|log| log.exp().powf(power)).collect();
            let sum: f64 = powers.iter().sum();
            let mut loss = 0.0;
            for (p, log_q) in powers.iter().zip(log_softmax(z, 1.0)) {
                if *p > 0.0 {
                    loss += p / sum * ((p / sum).ln() - log_q);
                }
            }
            sum * loss
        }
        DistillationLoss::Dist { .. } => unreachable!("DIST compares whole batches"),
    }
}

fn soft_term(config: &LossConfig, z: &Matrix, v: &Matrix, labels: &[i32]) -> f64 {
    if let DistillationLoss::Dist { temperature } = config.soft {
        return correlations(z, v, temperature);
    }
    let mut sum = 0.0;
    for ((z, v), &label) in z.iter().zip(v).zip(labels) {
        sum += if config.standardized {
            of_image(&config.soft, &standardize(z), &standardize(v), label as usize)
        } else {
            of_image(&config.soft, z, v, label as usize)
        };
    }
    sum / labels.len() as f64
}

fn matrix<const B: usize, const C: usize>(rows: &[[f32; C]; B]) -> Matrix {
    rows.iter().map(|row| row.iter().map(|&logit| f64::from(logit)).collect()).collect()
}

const SIZES: [f32; 4] = [0.1, 1.0, 10.0, 1e4];

#[test]
fn losses_match_the_reference() {
    for (seed, size) in (0..).zip(SIZES) {
        let (z, v) = (random::<6, 7>(seed, size), random::<6, 7>(100 + seed, size));
        let labels = random_labels::<6>(200 + seed, 7);
        for (name, config) in soft_terms() {
            let expected = soft_term(&config, &matrix(&z), &matrix(&v), &labels);
            let found = value(loss(&config, rows(z), &v, labels));
            println!("{name}, logits up to {size}: {found}, by loops {expected}");
            assert_close(found, expected, 2e-5 * expected.abs().max(1.0));
        }
    }
}

#[test]
fn gradients_match_the_reference() {
    let (z, v) = (random::<5, 6>(1, 2.0), random::<5, 6>(2, 2.0));
    let labels = random_labels::<5>(3, 6);
    for (name, config) in soft_terms() {
        let found = gradient(&z, |student| loss(&config, student, &v, labels));
        let largest = found.iter().flatten().fold(0f32, |most, slope| most.max(slope.abs()));
        assert!(largest > 1e-2, "{name}: no slope is larger than {largest}");
        for (row, class) in (0..5).flat_map(|row| (0..6).map(move |class| (row, class))) {
            let nudged = |by: f64| {
                let mut z = matrix(&z);
                z[row][class] += by;
                soft_term(&config, &z, &matrix(&v), &labels)
            };
            let slope = (nudged(1e-5) - nudged(-1e-5)) / 2e-5;
            println!("{name}, {row}, {class}: {}, by loops {slope}", found[row][class]);
            assert_close(found[row][class], slope, 1e-5 * f64::from(largest.max(1.0)));
        }
    }
}
