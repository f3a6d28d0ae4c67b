//! Comparisons by seed. The teacher of seed s teaches the student of seed s, so a seed is a
//! cluster.

use super::condition::Condition;
use super::group::{Group, Measures, Training, step_of};
use super::index::Index;
use assay_stats::{ClusterValues, Estimate, Interval, estimate_mean, jackknife, mean};

/// The text if no seed has everything it needs.
pub const NO_SEED: &str = "no complete seed";
/// The text if a single seed cannot show whether there is a gap.
const ONE_SEED: &str = "one seed does not tell whether there is a gap to divide";
/// The text if it is unknown whether the teacher is better.
const NO_GAP: &str = "no gap to divide: the interval of student less teacher contains 0";
/// The text if the student is better.
pub const WORSE_TEACHER: &str =
    "no gap to divide: the teacher makes more errors than the student alone";

/// Errors of one seed in percent of the test images, or means of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trio {
    /// The student's network on hard labels alone.
    pub student: f64,
    /// The same network, distilled.
    pub distilled: f64,
    /// Its teachers together.
    pub teacher: f64,
}

/// A value for every seed that a condition is planned for.
pub fn by_seed<'a, T>(
    group: &Group<'a>,
    value: impl Fn(&Training<'a>) -> Result<T, String>,
) -> ClusterValues<T> {
    let seeds = group.trainings.iter();
    let seeds = seeds.map(|one| (format!("seed {}", one.cell.seed), value(one)));
    ClusterValues::collect(seeds, group.step())
}

/// The measurements of a cell, or its outcome if there are none.
///
/// # Errors
/// When it was not trained, as text.
pub fn measures<'t>(index: &Index, training: &'t Training) -> Result<&'t Measures, String> {
    training.measures.as_ref().ok_or_else(|| {
        let name = Condition::of(training.cell).name(&index.plan().classes);
        format!("{name} {}", training.cell_result.outcome())
    })
}

/// The errors of a distilled student in percent.
///
/// # Errors
/// When it was not trained, as text.
pub fn distilled(index: &Index, training: &Training) -> Result<f64, String> {
    measures(index, training).map(|measures| measures.quality.error_percent())
}

/// The errors in percent of the same network with the same seed, on hard labels of the same images.
///
/// # Errors
/// When it is not planned or was not trained, as text.
pub fn student(index: &Index, training: &Training) -> Result<f64, String> {
    let alone = Condition::of(training.cell).alone();
    index.quality(&alone, training.cell.seed).map(super::quality::Quality::error_percent)
}

/// The errors in percent of the same network with the same seed, distilled from one teacher alone.
///
/// # Errors
/// When it is not planned or was not trained, as text.
pub fn of_one_teacher(index: &Index, training: &Training) -> Result<f64, String> {
    let other = Condition::of(training.cell).of_one_teacher();
    index.quality(&other, training.cell.seed).map(super::quality::Quality::error_percent)
}

/// The errors in percent of a student's teachers together.
///
/// # Errors
/// When one of them was not trained, as text.
pub fn teacher(index: &Index, training: &Training) -> Result<f64, String> {
    let teachers = index.teachers(training).ok_or("it has no teacher")?;
    teachers.quality.as_ref().map(|(_, together)| together.error_percent()).map_err(Clone::clone)
}

/// The mean errors in percent of a student's individual teachers.
///
/// # Errors
/// When one of them was not trained, as text.
pub fn members(index: &Index, training: &Training) -> Result<f64, String> {
    let teachers = index.teachers(training).ok_or("it has no teacher")?;
    let (each, _) = teachers.quality.as_ref().map_err(Clone::clone)?;
    Ok(mean(&each.iter().map(super::quality::Quality::error_percent).collect::<Vec<_>>()))
}

/// Accuracy on the training images it has seen minus that on the test images, in percentage points.
///
/// # Errors
/// When it was not trained, or its record has no training accuracy; as text.
pub fn overfitting(index: &Index, training: &Training) -> Result<f64, String> {
    let test = measures(index, training)?.quality.error_percent();
    let train = training.cell_result.record().and_then(|record| record.train);
    let train = train.ok_or("a record has no training accuracy")?;
    Ok(100.0 * train.accuracy() - (100.0 - test))
}

/// The rounding step of [`overfitting`]: the root of the sum of squares of the test images' step
/// and the training images' step, for one condition.
#[must_use]
pub fn step_of_overfitting(group: &Group) -> f64 {
    let records = group.trainings.iter().filter_map(|training| training.cell_result.record());
    let images = records.filter_map(|record| record.train).map(|train| train.images);
    let fewest = images.filter(|images| *images > 0).min();
    group.step().hypot(fewest.map_or(0.0, |images| 100.0 / f64::from(images)))
}

/// The gain from specialists, by specialist ensemble: errors of the generalist minus those of the
/// ensemble.
#[must_use]
pub fn panel_gains(index: &Index) -> ClusterValues {
    let known = index.panels().iter().filter_map(|panel| panel.together.as_ref().ok());
    let step = step_of(&known.map(|known| &known.together).collect::<Vec<_>>());
    let seeds = index.panels().iter();
    ClusterValues::collect(seeds.map(|one| (format!("seed {}", one.seed()), one.gain())), step)
}

/// All three numbers of a distilled student.
///
/// # Errors
/// When one of them was not trained, as text.
pub fn trio(index: &Index, training: &Training) -> Result<Trio, String> {
    Ok(Trio {
        student: student(index, training)?,
        distilled: distilled(index, training)?,
        teacher: teacher(index, training)?,
    })
}

/// The mean over seeds with its interval, from errors in percent by seed and network. Networks of
/// one seed are averaged first. `step` is the rounding step of errors. None without networks.
#[must_use]
pub fn over_seeds(values: &[Vec<f64>], step: f64) -> Option<Estimate> {
    let means: Vec<f64> = values.iter().map(|of_seed| mean(of_seed)).collect();
    estimate_mean(&means).map(|estimate| estimate.of_counts(step, 1.0).in_percent())
}

/// The gap recovered by the distilled student in percent: the mean of (B − S) divided by the mean
/// of (B − T), with its jackknife interval over seeds. Above 100, the student is better than its
/// teacher; below 0, it is worse than alone.
///
/// `step` is one error in percent. The standard errors of B − T and of the share r are at least
/// those of rounding. For r this is sqrt((1 − r)² + 1 + r²) step / sqrt(12 seeds), divided by B −
/// T, because B, S and T are rounded separately.
///
/// # Errors
/// Unless the interval of B − T is above 0: why there is no gap to divide by, as text.
pub fn recovered(trios: &[Trio], step: f64) -> Result<Estimate, &'static str> {
    let gaps: Vec<f64> = trios.iter().map(|trio| trio.student - trio.teacher).collect();
    let gap = estimate_mean(&gaps).ok_or(NO_SEED)?.of_counts(step, 2.0);
    match gap.interval.ok_or(ONE_SEED)? {
        Interval { high, .. } if high < 0.0 => return Err(WORSE_TEACHER),
        Interval { low, .. } if low <= 0.0 => return Err(NO_GAP),
        _ => {}
    }
    let share = jackknife(trios, |trios| {
        let sum = |of: fn(&Trio) -> f64| trios.iter().map(of).sum::<f64>();
        100.0 * sum(|trio| trio.student - trio.distilled) / sum(|trio| trio.student - trio.teacher)
    });
    let share = share.ok_or(NO_GAP)?;
    let r = share.value / 100.0;
    let all_three = (1.0 - r).powi(2) + 1.0 + r * r;
    Ok(share.of_counts(100.0 * step / gap.value, all_three))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_recovered_is_a_ratio_of_sums() {
        let trio = |student, distilled, teacher| Trio { student, distilled, teacher };
        // Gaps 2 and 2.2; gains 1.5 and 1.8: 3.3 of 4.2. Leaving out each: 1.8 / 2.2 and 1.5 / 2.
        let trios = [trio(3.0, 1.5, 1.0), trio(3.2, 1.4, 1.0)];
        let estimate = recovered(&trios, 0.0).unwrap();
        assert!((estimate.value - 100.0 * 3.3 / 4.2).abs() < 1e-9);
        // Half the distance of the two, times t(0.975, 1) = 12.7062.
        let half = 12.7062 * (100.0 * 1.8 / 2.2 - 75.0) / 2.0;
        assert!((estimate.interval.unwrap().high - estimate.value - half).abs() < 1e-3);
    }

    #[test]
    fn nothing_is_recovered_of_a_gap_that_may_be_none() {
        let trio = |student, teacher| Trio { student, distilled: 1.0, teacher };
        // Gaps 1 and 2: 1.5, with an interval of 12.7 times 0.5 on each side.
        assert_eq!(recovered(&[trio(2.0, 1.0), trio(3.0, 1.0)], 0.0), Err(NO_GAP));
        assert_eq!(recovered(&[trio(2.0, 1.0)], 0.0), Err(ONE_SEED));
        assert_eq!(recovered(&[], 0.0), Err(NO_SEED));
    }

    #[test]
    fn networks_of_one_seed_count_once() {
        // Means 2 and 4: 3, with an error of 1 and t(0.975, 1) = 12.7062.
        let estimate = over_seeds(&[vec![1.0, 3.0], vec![3.0, 4.0, 5.0]], 0.0).unwrap();
        assert!((estimate.value - 3.0).abs() < 1e-9 && estimate.clusters == 2);
        assert!((estimate.interval.unwrap().high - 15.7062).abs() < 1e-3);
        // With steps of 6: sqrt(6² / 12 / 2) is more than 1.
        let rounded = over_seeds(&[vec![2.0], vec![4.0]], 6.0).unwrap().interval.unwrap();
        assert!((rounded.high - 3.0 - 12.7062 * 1.5_f64.sqrt()).abs() < 1e-3);
    }

    #[test]
    fn nothing_is_recovered_of_a_teacher_that_is_worse() {
        // Gaps −2 and −2.1 and equal gains. Their ratio, 1, would not be a share of a gap.
        let trio = |student, teacher| Trio { student, distilled: teacher, teacher };
        assert_eq!(recovered(&[trio(1.0, 3.0), trio(1.0, 3.1)], 0.0), Err(WORSE_TEACHER));
    }

    #[test]
    fn what_is_recovered_is_no_surer_than_whole_errors_allow() {
        // Three seeds with 100 words each: 6 errors alone, 2 distilled, 3 of the teacher in every
        // seed.
        let trios = [Trio { student: 6.0, distilled: 2.0, teacher: 3.0 }; 3];
        let estimate = recovered(&trios, 1.0).unwrap();
        // r = 4 / 3: sqrt(1/9 + 1 + 16/9) / sqrt(36) / 3 = sqrt(26) / 54, times t(0.975, 2) =
        // 4.30265.
        let half = 100.0 * 26_f64.sqrt() / 54.0 * 4.302_65;
        assert!((estimate.value - 400.0 / 3.0).abs() < 1e-9);
        assert!((estimate.interval.unwrap().high - estimate.value - half).abs() < 1e-2);
        // A gap of one word. Its error is 1 / sqrt(18); times t, this is more than the word.
        assert_eq!(recovered(&[Trio { student: 4.0, ..trios[0] }; 3], 1.0), Err(NO_GAP));
        assert!(recovered(&[Trio { student: 4.0, ..trios[0] }; 3], 0.0).is_ok());
    }
}
