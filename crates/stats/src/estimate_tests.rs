use super::*;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

fn close(left: f64, right: f64) {
    assert!((left - right).abs() < 1e-6, "{left} is not {right}");
}

#[test]
fn the_jackknife_of_a_mean_is_the_t_interval() {
    // Mean 2, standard deviation 1, standard error 1 / sqrt(3), t(0.975, 2) = 4.302653.
    let estimate = estimate_mean(&[1.0, 2.0, 3.0]).unwrap();
    let interval = estimate.interval.unwrap();
    close(estimate.value, 2.0);
    close(interval.low, 2.0 - 4.302_652_73 / 3.0_f64.sqrt());
    close(interval.high, 2.0 + 4.302_652_73 / 3.0_f64.sqrt());
    // t = 2 sqrt(3) on 2 degrees of freedom: p = 1 - t / sqrt(2 + t^2) = 1 - sqrt(12 / 14).
    close(estimate.p_value().unwrap(), 1.0 - (12.0_f64 / 14.0).sqrt());
}

#[test]
fn the_jackknife_of_a_ratio_is_that_worked_out_by_hand() {
    // Ratio of sums of (1, 2), (2, 2), (3, 4): 6 / 8; without each: 5 / 6, 4 / 6, 3 / 4.
    let clusters = [(1.0, 2.0), (2.0, 2.0), (3.0, 4.0)];
    let ratio = |rows: &[(f64, f64)]| {
        rows.iter().map(|row| row.0).sum::<f64>() / rows.iter().map(|row| row.1).sum::<f64>()
    };
    let estimate = jackknife(&clusters, ratio).unwrap();
    close(estimate.value, 0.75);
    // Deviations from their mean 0.75: 1/12, -1/12, 0; error = sqrt(2/3 * 2/144) = sqrt(1/108).
    let half = estimate.interval.unwrap().high - 0.75;
    close(half, 4.302_652_73 / 108.0_f64.sqrt());
}

#[test]
fn one_cluster_has_an_estimate_but_no_interval_and_none_has_neither() {
    let estimate = estimate_mean(&[4.0]).unwrap();
    close(estimate.value, 4.0);
    assert_eq!(estimate.interval, None);
    assert_eq!(estimate.p_value(), None);
    assert_eq!(estimate_mean(&[]), None);
}

#[test]
fn welch_uses_satterthwaites_degrees_of_freedom() {
    // Means 2 and 0, squared errors 1/3 and 1: variance 4/3,
    // degrees (4/3)^2 / ((1/3)^2 / 2 + 1^2 / 1) = (16/9) / (19/18) = 32/19.
    let mean = |values: &[f64]| estimate_mean(values).unwrap();
    let estimate = mean(&[1.0, 2.0, 3.0]).less_independent(mean(&[-1.0, 1.0]));
    close(estimate.value, 2.0);
    let (error, degrees) = estimate.spread.unwrap();
    close(error, (4.0_f64 / 3.0).sqrt());
    close(degrees, 32.0 / 19.0);
    assert_eq!(mean(&[1.0, 2.0]).less_independent(mean(&[1.0])).interval, None);
}

#[test]
fn holm_multiplies_the_smallest_by_the_number_of_tests_and_never_descends() {
    // Ascending .01, .02, .03 times 3, 2, 1 gives .03, .04, .03; the last is raised to .04.
    let adjusted = holm(&[0.03, 0.01, 0.02]);
    for (got, wanted) in adjusted.into_iter().zip([0.04, 0.03, 0.04]) {
        close(got, wanted);
    }
    close(holm(&[0.7, 0.6])[0], 1.0);
}

#[test]
fn the_slope_of_a_line_is_its_slope() {
    close(slope(&[(1.0, 5.0), (2.0, 3.0), (4.0, -1.0)]).unwrap(), -2.0);
    assert_eq!(slope(&[(1.0, 5.0), (1.0, 3.0)]), None);
}

#[test]
fn wilsons_interval_stays_within_0_and_1() {
    // No error of ten: z^2 / (10 + z^2) with z^2 = 3.8415. Five of ten: 1/2 on either side of which
    // lies z sqrt(1/40 + z^2 / 400) / (1 + z^2 / 10) = .2634.
    let none = wilson(0, 10);
    close(none.low, 0.0);
    assert!((none.high - 3.8415 / 13.8415).abs() < 1e-4);
    let half = wilson(5, 10);
    assert!((half.low - 0.2366).abs() < 1e-4 && (half.high - 0.7634).abs() < 1e-4, "{half:?}");
    assert_eq!(wilson(0, 0), Interval { low: 0.0, high: 1.0 });
}

#[test]
fn the_deviation_of_a_sample_divides_by_one_less() {
    close(deviation(&[1.0, 2.0, 3.0]).unwrap(), 1.0);
    assert_eq!(deviation(&[1.0]), None);
}

#[test]
fn a_number_is_tested_against_any_other() {
    // The interval's ends are the numbers it is only just not told apart from.
    let estimate = estimate_mean(&[1.0, 2.0, 3.0]).unwrap();
    let interval = estimate.interval.unwrap();
    close(estimate.p_value_of(interval.low).unwrap(), 0.05);
    close(estimate.p_value_of(2.0).unwrap(), 1.0);
}

/// Sum of twelve uniform draws less six: mean 0, variance 1, close to normal.
fn normal(generator: &mut ChaCha8Rng) -> f64 {
    (0..12).map(|_| generator.random::<f64>()).sum::<f64>() - 6.0
}

#[test]
fn intervals_from_four_clusters_cover_the_truth_as_often_as_they_say() {
    let mut generator = ChaCha8Rng::seed_from_u64(2014);
    let draws = 2000;
    let covered = (0..draws)
        .filter(|_| {
            let values: Vec<f64> = (0..4).map(|_| 1.5 + 0.8 * normal(&mut generator)).collect();
            let interval = estimate_mean(&values).unwrap().interval.unwrap();
            interval.low <= 1.5 && 1.5 <= interval.high
        })
        .count();
    let percent = 100.0 * f64::from(u32::try_from(covered).unwrap()) / f64::from(draws);
    assert!((93.0..=97.0).contains(&percent), "95 % intervals covered {percent} %");
}

#[test]
fn an_error_of_at_least_so_much_widens_an_interval_and_never_narrows_it() {
    // Three clusters that agree: no width, and with an error of 0.5 t(0.975, 2) = 4.30265 times that.
    let alike = estimate_mean(&[1.0, 1.0, 1.0]).unwrap();
    assert_eq!(alike.interval.unwrap(), Interval { low: 1.0, high: 1.0 });
    let wide = alike.with_error_at_least(0.5);
    assert!((wide.interval.unwrap().high - 1.0 - 4.302_65 * 0.5).abs() < 1e-4);
    // t = 2 on two degrees of freedom: p = 1 - 2 / sqrt(6).
    assert!((wide.p_value().unwrap() - (1.0 - 2.0 / 6_f64.sqrt())).abs() < 1e-4);
    // Of 1, 2, 3 the error is 1 / sqrt(3): more than a half.
    let apart = estimate_mean(&[1.0, 2.0, 3.0]).unwrap();
    assert_eq!(apart.with_error_at_least(0.5), apart);
    assert_eq!(estimate_mean(&[4.0]).unwrap().with_error_at_least(0.5).interval, None);
}

/// Seeds that each count how many of `items` are right, at a true share of them; in percent.
fn counted(seeds: usize, items: u32, share: f64, generator: &mut ChaCha8Rng) -> Estimate {
    let of_seed = |_| {
        let right = (0..items).filter(|_| generator.random::<f64>() < share).count();
        100.0 * right as f64 / f64::from(items)
    };
    estimate_mean(&(0..seeds).map(of_seed).collect::<Vec<_>>()).unwrap()
}

#[test]
fn a_share_of_few_items_passes_its_bar_by_chance_no_more_often_than_the_interval_says() {
    // A true 90 % of ten classes against a bar of 90 %. Without the floor two seeds pass in 12.1 %: whenever
    // both count 10 of 10.
    let passes = |estimate: Estimate| estimate.interval.unwrap().low > 90.0;
    let draws = 20_000;
    for (seeds, without) in [(2, 12.1), (3, 4.2), (4, 1.5), (5, 3.4), (6, 4.8), (8, 5.5)] {
        let mut generator = ChaCha8Rng::seed_from_u64(2015);
        let (mut bare, mut with_floor) = (0, 0);
        for _ in 0..draws {
            let estimate = counted(seeds, 10, 0.9, &mut generator);
            bare += i32::from(passes(estimate));
            with_floor += i32::from(passes(estimate.of_share(10.0 * seeds as f64)));
        }
        let percent = |count: i32| 100.0 * f64::from(count) / f64::from(draws);
        assert!((percent(bare) - without).abs() < 1.0, "{seeds} seeds: {} %", percent(bare));
        assert!(percent(with_floor) <= 2.5, "{seeds} seeds: {} %", percent(with_floor));
    }
}

#[test]
fn a_share_that_is_counted_has_at_least_the_error_of_its_items() {
    // All of ten items, the same in three seeds: by Wilson from 10 / (10 + 3.84146) on.
    let all = estimate_mean(&[100.0; 3]).unwrap().of_share(10.0);
    let interval = all.interval.unwrap();
    assert!((interval.low - 100.0 * 10.0 / 13.841_46).abs() < 1e-3, "{interval:?}");
    close(interval.high, 100.0);
    // Of 1000 items 50 and 60 %: the spread of the seeds is more.
    let apart = estimate_mean(&[50.0, 60.0]).unwrap();
    assert_eq!(apart.of_share(1000.0).interval, apart.in_percent().interval);
}

#[test]
fn a_difference_of_counts_has_at_least_the_error_of_rounding() {
    // Steps of 1 %, two counts: sqrt(2 / 12 / 3) = .235702.
    let alike = estimate_mean(&[2.0; 3]).unwrap().of_counts(1.0, 2.0);
    assert!((alike.interval.unwrap().high - 2.0 - 4.302_65 * 0.235_702).abs() < 1e-4);
}
