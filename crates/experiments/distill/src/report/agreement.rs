//! The agreement of a distilled student with its teacher, beyond correct predictions.

use super::classification::percent;
use super::predictions::Ensemble;
use super::probability::{is_right, most_likely};

/// The agreement of a distilled student and its teacher on the same images.
#[derive(Debug, Clone, PartialEq)]
pub struct Agreement {
    /// The share of the images on which both find the same class most likely, in percent.
    pub percent: f64,
    /// The same over the images that the teacher gets wrong; none if there are none.
    pub percent_where_wrong: Option<f64>,
    /// Kullback-Leibler divergence from the teacher's probabilities to the student's at T = 1, in
    /// nats, mean over the images.
    pub divergence: f64,
    /// The same with both at the temperature of training; none if there was none.
    pub divergence_in_training: Option<f64>,
}

impl Agreement {
    /// Compares a student with its teacher; the student learned at `temperature`.
    ///
    /// # Panics
    /// When the two have different images.
    pub fn new(student: &Ensemble, teacher: &Ensemble, temperature: Option<f64>) -> Self {
        let (labels, students) = (&teacher.first().labels, &student.first().labels);
        assert!(
            students == labels,
            "student and teacher on the same images: {} and {} labels",
            students.len(),
            labels.len()
        );
        let (mut agreed, mut wrong, mut agreed_where_wrong) = (0, 0, 0);
        for (image, &label) in labels.iter().enumerate() {
            let teachers = teacher.log_probabilities(image, 1.0);
            let students = student.log_probabilities(image, 1.0);
            let same = most_likely(&teachers) == most_likely(&students);
            agreed += usize::from(same);
            if !is_right(&teachers, label) {
                wrong += 1;
                agreed_where_wrong += usize::from(same);
            }
        }
        Self {
            percent: percent(agreed, labels.len()),
            percent_where_wrong: (wrong > 0).then(|| percent(agreed_where_wrong, wrong)),
            divergence: divergence(teacher, student, 1.0),
            divergence_in_training: temperature.map(|at| divergence(teacher, student, at)),
        }
    }
}

/// KL(p || q), where p belongs to `from` and q to `to`, at one temperature. In nats, mean over the
/// images.
fn divergence(from: &Ensemble, to: &Ensemble, temperature: f64) -> f64 {
    let images = from.first().labels.len();
    let on_image = |image: usize| {
        let p = from.log_probabilities(image, temperature);
        let q = to.log_probabilities(image, temperature);
        p.iter().zip(&q).map(|(p, q)| p.exp() * (p - q)).sum::<f64>()
    };
    (0..images).map(on_image).sum::<f64>() / images.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::super::predictions::Predictions;
    use super::*;

    fn network(of_class_1: [f32; 3]) -> Predictions {
        let logits = of_class_1.iter().flat_map(|p| [(1.0 - p).ln(), p.ln()]).collect();
        Predictions::new(2, logits, &[1, 1, 0]).unwrap()
    }

    #[test]
    fn agreement_and_divergence_are_those_worked_out_by_hand() {
        // The teacher is wrong on the second and third image. The student agrees on the second.
        let (teacher, student) = (network([0.75, 0.25, 0.75]), network([0.5001, 0.25, 0.25]));
        let (teacher, student) = (Ensemble::from(&teacher), Ensemble::from(&student));
        let agreement = Agreement::new(&student, &teacher, Some(1.0));
        assert!((agreement.percent - 200.0 / 3.0).abs() < 1e-9);
        assert_eq!(agreement.percent_where_wrong, Some(50.0));
        // 3/4 ln(3/2) + 1/4 ln(1/2) = .1308; 0; 3/4 ln 3 + 1/4 ln(1/3) = .5493.
        assert!((agreement.divergence - (0.1308 + 0.5493) / 3.0).abs() < 1e-3);
        assert_eq!(agreement.divergence_in_training, Some(agreement.divergence));
    }

    #[test]
    fn a_teacher_without_errors_leaves_no_agreement_on_them() {
        let network = network([0.75, 0.75, 0.25]);
        let ensemble = Ensemble::from(&network);
        let agreement = Agreement::new(&ensemble, &ensemble, None);
        assert_eq!((agreement.percent, agreement.percent_where_wrong), (100.0, None));
        assert!(agreement.divergence.abs() < 1e-12);
        assert_eq!(agreement.divergence_in_training, None);
    }
}
