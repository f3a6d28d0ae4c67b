//! Comparisons by seed: the teacher of seed s teaches the student of seed s, so a seed is a cluster.

use super::condition::Condition;
use super::index::{Group, Index, Measures, Training};
use crate::statistics::{Estimate, estimate_mean, jackknife, mean};

/// One value a seed, and the seeds without one.
#[derive(Debug, Clone, PartialEq)]
pub struct BySeed<T> {
    /// Of the seeds that have one, in the plan's order.
    pub values: Vec<T>,
    /// Seeds left out, each with the first cell it lacks and why.
    pub left_out: Vec<String>,
}

/// Errors of one seed in percent of the test images, or means of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trio {
    /// The student's network on hard labels alone.
    pub student: f64,
    /// The same network, distilled.
    pub distilled: f64,
    /// Those it learnt from, together.
    pub teacher: f64,
}

impl BySeed<f64> {
    /// The mean over seeds with its interval; none where no seed has a value.
    #[must_use]
    pub fn estimate(&self) -> Option<Estimate> {
        estimate_mean(&self.values)
    }
}

/// A value of every seed that a condition is planned for.
pub fn by_seed<'a, T>(
    group: &Group<'a>,
    value: impl Fn(&Training<'a>) -> Result<T, String>,
) -> BySeed<T> {
    let mut found = BySeed { values: Vec::new(), left_out: Vec::new() };
    for training in &group.trainings {
        match value(training) {
            Ok(value) => found.values.push(value),
            Err(reason) => found.left_out.push(format!("seed {}: {reason}", training.cell.seed)),
        }
    }
    found
}

/// What a cell's logits come to, or what became of it instead.
///
/// # Errors
/// When it was not trained; in words.
pub fn measures<'t>(index: &Index, training: &'t Training) -> Result<&'t Measures, String> {
    training.measures.as_ref().ok_or_else(|| {
        let name = Condition::of(training.cell).name(&index.plan().classes);
        format!("{name} {}", training.observation.outcome())
    })
}

/// Errors in percent of a distilled student.
///
/// # Errors
/// When it was not trained; in words.
pub fn distilled(index: &Index, training: &Training) -> Result<f64, String> {
    measures(index, training).map(|measures| measures.quality.error_percent())
}

/// Errors in percent of the same network of the same seed on the same images' hard labels.
///
/// # Errors
/// When it is not planned or was not trained; in words.
pub fn student(index: &Index, training: &Training) -> Result<f64, String> {
    let alone = Condition::of(training.cell).alone();
    index.quality(&alone, training.cell.seed).map(super::quality::Quality::error_percent)
}

/// Errors in percent of the same network of the same seed, distilled from one teacher by itself.
///
/// # Errors
/// When it is not planned or was not trained; in words.
pub fn of_one_teacher(index: &Index, training: &Training) -> Result<f64, String> {
    let other = Condition::of(training.cell).of_one_teacher();
    index.quality(&other, training.cell.seed).map(super::quality::Quality::error_percent)
}

/// Errors in percent of a student's teachers together.
///
/// # Errors
/// When one of them was not trained; in words.
pub fn teacher(index: &Index, training: &Training) -> Result<f64, String> {
    let teachers = index.teachers(training).ok_or("it has no teacher")?;
    teachers.quality.as_ref().map(|(_, together)| together.error_percent()).map_err(Clone::clone)
}

/// Errors in percent of a student's teachers, each by itself, meant.
///
/// # Errors
/// When one of them was not trained; in words.
pub fn members(index: &Index, training: &Training) -> Result<f64, String> {
    let teachers = index.teachers(training).ok_or("it has no teacher")?;
    let (each, _) = teachers.quality.as_ref().map_err(Clone::clone)?;
    Ok(mean(&each.iter().map(super::quality::Quality::error_percent).collect::<Vec<_>>()))
}

/// Accuracy on the training images seen less that on the test images, percentage points.
///
/// # Errors
/// When it was not trained, or its record has no training accuracy; in words.
pub fn overfitting(index: &Index, training: &Training) -> Result<f64, String> {
    let test = measures(index, training)?.quality.error_percent();
    let train = training.observation.record().and_then(|record| record.train);
    let train = train.ok_or("a record has no training accuracy")?;
    Ok(100.0 * train.accuracy() - (100.0 - test))
}

/// All three of a distilled student.
///
/// # Errors
/// When one of them was not trained; in words.
pub fn trio(index: &Index, training: &Training) -> Result<Trio, String> {
    Ok(Trio {
        student: student(index, training)?,
        distilled: distilled(index, training)?,
        teacher: teacher(index, training)?,
    })
}

/// The share of the gap between student and teacher that the distilled student makes up for, in
/// percent: the mean of (B − S) over that of (B − T), with its jackknife interval over seeds. None where
/// the interval of B − T holds 0 or there is none: there is no gap that could be divided.
#[must_use]
pub fn recovered(trios: &[Trio]) -> Option<Estimate> {
    let gaps: Vec<f64> = trios.iter().map(|trio| trio.student - trio.teacher).collect();
    let interval = estimate_mean(&gaps)?.interval?;
    if interval.low <= 0.0 && interval.high >= 0.0 {
        return None;
    }
    jackknife(trios, |trios| {
        let sum = |of: fn(&Trio) -> f64| trios.iter().map(of).sum::<f64>();
        100.0 * sum(|trio| trio.student - trio.distilled) / sum(|trio| trio.student - trio.teacher)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_recovered_is_a_ratio_of_sums() {
        let trio = |student, distilled, teacher| Trio { student, distilled, teacher };
        // Gaps 2 and 2.2; gains 1.5 and 1.8: 3.3 of 4.2. Without each: 1.8 / 2.2 and 1.5 / 2.
        let trios = [trio(3.0, 1.5, 1.0), trio(3.2, 1.4, 1.0)];
        let estimate = recovered(&trios).unwrap();
        assert!((estimate.value - 100.0 * 3.3 / 4.2).abs() < 1e-9);
        // Half the distance of the two, times t(0.975, 1) = 12.7062.
        let half = 12.7062 * (100.0 * 1.8 / 2.2 - 75.0) / 2.0;
        assert!((estimate.interval.unwrap().high - estimate.value - half).abs() < 1e-3);
    }

    #[test]
    fn nothing_is_recovered_of_a_gap_that_may_be_none() {
        let trio = |student, teacher| Trio { student, distilled: 1.0, teacher };
        // Gaps 1 and 2: 1.5 with an interval of 12.7 times 0.5 on each side.
        assert_eq!(recovered(&[trio(2.0, 1.0), trio(3.0, 1.0)]), None);
        assert_eq!(recovered(&[trio(2.0, 1.0)]), None);
    }
}
