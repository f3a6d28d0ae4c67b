//! Transfer rates: the shares of images that a network classifies as the class they were found for, or
//! as any class.

use assay_classifier_cells::{EliteRecord, ExternalPredictions, Predictions};

/// A kind of transfer rate: the share of images that a network classifies with some confidence.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// Whether it may assign any class, instead of the class that the image was found for.
    pub any_class: bool,
    /// The minimum confidence in the assigned class, in [0, 1]; 0 for any confidence.
    pub at_least: f32,
}

impl Rate {
    pub const OWN_CLASS: Self = Self { any_class: false, at_least: 0.0 };
    pub const OWN_CLASS_99: Self = Self { any_class: false, at_least: 0.99 };

    /// In percent; NaN without elites.
    pub fn of_elites(self, elites: &[EliteRecord], seen: &Predictions) -> f64 {
        let predicted = seen.predicted.iter().map(|&class| Some(class));
        let classes = elites.iter().map(|elite| elite.class);
        self.percent(classes, predicted, &seen.predicted_confidences)
    }

    /// In percent; NaN without images.
    pub fn of_external(self, seen: &ExternalPredictions) -> f64 {
        let (classes, predicted) = (seen.classes.iter(), seen.predicted.iter());
        self.percent(classes.copied(), predicted.copied(), &seen.predicted_confidences)
    }

    fn percent(
        self,
        classes: impl ExactSizeIterator<Item = u16>,
        predicted: impl Iterator<Item = Option<u16>>,
        confidences: &[f32],
    ) -> f64 {
        let images = classes.len() as f64;
        let seen = classes.zip(predicted).zip(confidences);
        let fooled = seen.filter(|((class, predicted), confidence)| {
            (self.any_class || *predicted == Some(*class)) && **confidence >= self.at_least
        });
        100.0 * fooled.count() as f64 / images
    }
}

#[cfg(test)]
mod tests {
    use assay_runs::Cell;

    use super::*;
    use assay_classifier_cells::ClassifierCell;

    fn elite(class: u16) -> EliteRecord {
        EliteRecord {
            class,
            confidence: 1.0,
            predicted: class,
            generation: 0,
            evaluations_to_99: None,
            evaluations_to_9999: None,
            lineage: vec![class],
        }
    }

    fn some_id() -> assay_runs::CellId {
        let cell = r#"{"role":"network","seed":0,"data":{"name":"d","fingerprint":"f"},
            "examples":{"validation_images":1,"excluded_classes":[],"fraction":1.0},
            "views":{"count":1,"crop_padding":0,"horizontal_flip":false},
            "network":{"architecture":"lenet","width":1.0,"groups":false,"local_response_norm":false,
                "dropout":0.0,"initialization":"he"},
            "schedule":{"epochs":1,"batch":1,"learning_rate":0.1,"bias_lr_factor":1.0,
                "lr_milestones":[],"lr_gamma":1.0,"momentum":0.9,"weight_decay":0.0},
            "loss":{"kind":"hard_labels"}}"#;
        Cell::from(serde_json::from_str::<ClassifierCell>(cell).unwrap()).id()
    }

    #[test]
    fn a_rate_asks_for_the_label_and_for_the_confidence() {
        // Classified as 0, 1, 0, 3 with .4, .99, 1, .9999.
        let predictions = Predictions {
            network: some_id(),
            confidences: vec![0.4, 0.99, 0.0, 0.9999],
            predicted: vec![0, 1, 0, 3],
            predicted_confidences: vec![0.4, 0.99, 1.0, 0.9999],
        };
        let elites: Vec<EliteRecord> = (0..4).map(elite).collect();
        let rate =
            |any_class, at_least| Rate { any_class, at_least }.of_elites(&elites, &predictions);
        let own = [0.0, 0.5, 0.99, 0.9999].map(|least| rate(false, least));
        let any = [0.0, 0.5, 0.99, 0.9999].map(|least| rate(true, least));
        assert_eq!(own.map(f64::to_bits), [75.0, 50.0, 50.0, 25.0].map(f64::to_bits));
        assert_eq!(any.map(f64::to_bits), [100.0, 75.0, 75.0, 50.0].map(f64::to_bits));
    }

    #[test]
    fn an_external_model_is_fooled_if_it_predicts_the_images_own_class() {
        let predictions = ExternalPredictions {
            classes: vec![0, 2, 3, 5],
            confidences: vec![0.999, 0.6, 0.1, 0.0],
            predicted: vec![Some(0), Some(2), Some(0), None],
            predicted_confidences: vec![0.999, 0.6, 0.9, 1.0],
        };
        let rates =
            [Rate::OWN_CLASS, Rate::OWN_CLASS_99].map(|rate| rate.of_external(&predictions));
        assert_eq!(rates.map(f64::to_bits), [50.0_f64.to_bits(), 25.0_f64.to_bits()]);
    }
}
