//! External models: how networks of other runs classify the images found here.

use assay_classifier_cells::{Attack, ExternalPredictions};

use super::index::{Condition, GuestShowing, Index};
use assay_report::run_results::distinct;
use assay_stats::{Estimate, estimate_mean, mean};

/// External models that differ only in their repetition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuestKind<'a> {
    /// What they are, as text.
    pub kind: &'a str,
    /// The data they were trained on.
    pub data: &'a str,
    /// The number of their outputs.
    pub outputs: u32,
}

/// How often external models assign images to the class they were found for.
#[derive(Debug, Clone, Copy)]
pub struct GuestRate {
    /// In percent, over the seeds of the attacked networks.
    pub rate: Estimate,
    /// The same with a confidence of at least 99 %.
    pub sure: f64,
    /// The number of cross-evaluations by an external model.
    pub showings: usize,
    /// The number of classes that they share with the data here.
    pub classes: usize,
}

/// The kinds of external models, in the order of the plan.
#[must_use]
pub fn guest_kinds<'a>(index: &Index<'a>) -> Vec<GuestKind<'a>> {
    distinct(index.guests().iter().map(kind_of))
}

fn kind_of<'a>(showing: &GuestShowing<'a>) -> GuestKind<'a> {
    let guest = &showing.cell.external_model;
    GuestKind { kind: &guest.kind, data: &guest.data.name, outputs: guest.outputs }
}

/// The rate of one kind of external models for an attack on one architecture: the mean over the
/// networks of a seed, with its interval over the seeds that have all of them. None if no seed has.
#[must_use]
pub fn guest_rate(
    index: &Index,
    kind: GuestKind,
    attack: Attack,
    architecture: &str,
) -> Option<GuestRate> {
    let of_it: Vec<&GuestShowing> = index
        .guests()
        .iter()
        .filter(|one| kind_of(one) == kind && one.cell.attack.attack == attack)
        .filter(|one| one.cell.attack.network.network.architecture == architecture)
        .collect();
    let (mut rates, mut sure) = (Vec::new(), Vec::new());
    let (mut showings, mut most_classes, mut elites) = (0, 0, 0);
    for seed in distinct(of_it.iter().map(|one| one.cell.attack.seed)) {
        if index.counted(Condition { attack, architecture }, seed).is_err() {
            continue;
        }
        let shown = of_it.iter().filter(|one| one.cell.attack.seed == seed);
        let opinions: Option<Vec<&ExternalPredictions>> =
            shown.map(|one| predictions(one)).collect();
        let Some(opinions) = opinions else { continue };
        let of =
            |least: f32| mean(&opinions.iter().map(|one| share(one, least)).collect::<Vec<_>>());
        rates.push(of(0.0));
        sure.push(of(0.99));
        let classes = opinions.iter().map(|one| one.classes.len()).max().unwrap_or(0);
        showings += opinions.len();
        most_classes = classes.max(most_classes);
        elites += classes;
    }
    let step = 100.0 / most_classes.max(1) as f64;
    let rate = estimate_mean(&rates)?.of_counts(step, 1.0).of_share(elites as f64);
    Some(GuestRate { rate, sure: mean(&sure), showings, classes: most_classes })
}

fn predictions<'a>(showing: &GuestShowing<'a>) -> Option<&'a ExternalPredictions> {
    let predictions = showing.cell_result.record()?.details::<ExternalPredictions>()?;
    (!predictions.classes.is_empty()).then_some(predictions)
}

/// The share of images, in percent, that are assigned to the class they were found for with at
/// least this confidence.
fn share(predictions: &ExternalPredictions, least: f32) -> f64 {
    let seen = predictions.predicted.iter().zip(&predictions.predicted_confidences);
    let fooled = predictions.classes.iter().zip(seen).filter(|(class, (predicted, confidence))| {
        **predicted == Some(**class) && **confidence >= least
    });
    100.0 * fooled.count() as f64 / predictions.classes.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_is_fooled_where_it_sees_the_images_own_class() {
        let predictions = ExternalPredictions {
            classes: vec![0, 2, 3, 5],
            confidences: vec![0.999, 0.6, 0.1, 0.0],
            predicted: vec![Some(0), Some(2), Some(0), None],
            predicted_confidences: vec![0.999, 0.6, 0.9, 1.0],
        };
        assert_eq!(
            [share(&predictions, 0.0), share(&predictions, 0.99)].map(f64::to_bits),
            [50.0_f64.to_bits(), 25.0_f64.to_bits()]
        );
    }
}
