//! Conditions: cells that differ only in their seed and their teachers' seeds.

use std::fmt::Write;

use assay_classifier_cells::{ClassifierCell, Loss, Role};

use assay_report::words::plural;

/// The common properties of cells that differ only in seeds.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// Their role.
    pub role: Role,
    /// The name of the data.
    pub data: String,
    /// The name of the network's architecture.
    pub architecture: String,
    /// The factor of its width.
    pub width: f64,
    /// The temperature of the soft targets; none without soft targets.
    pub temperature: Option<f64>,
    /// The name of the loss; none for hard labels and plain soft targets.
    pub other_loss: Option<String>,
    /// Labels without images in the transfer set, ascending.
    pub excluded_classes: Vec<u16>,
    /// The share of the training images.
    pub fraction: f64,
    /// The number of teachers.
    pub teachers: usize,
    /// Whether the weights come from a file.
    pub from_file: bool,
    /// The number of specialists in the specialist ensemble it learns from; 0 if it learns from
    /// none.
    pub specialists: u32,
}

impl From<&ClassifierCell> for Condition {
    fn from(cell: &ClassifierCell) -> Self {
        let temperature = match cell.loss {
            Loss::SoftTargets { temperature, .. } => Some(temperature),
            Loss::HardLabels | Loss::Compared { .. } => None,
        };
        let other_loss = matches!(cell.loss, Loss::Compared { .. }).then(|| cell.loss.to_string());
        let mut excluded_classes = cell.examples.excluded_classes.clone();
        excluded_classes.sort_unstable();
        Self {
            role: cell.role,
            data: cell.data.name.clone(),
            architecture: cell.network.architecture.clone(),
            width: cell.network.width,
            temperature,
            other_loss,
            excluded_classes,
            fraction: cell.examples.fraction,
            teachers: cell.teachers.len(),
            from_file: cell.weights.is_some(),
            specialists: cell.ensemble.as_ref().map_or(0, |ensemble| ensemble.specialists),
        }
    }
}

impl Condition {
    /// The condition of the same student when it learns from one teacher instead of a specialist
    /// ensemble.
    pub fn distilled_from_one_teacher(&self) -> Self {
        Self { teachers: 1, specialists: 0, ..self.clone() }
    }

    /// The condition of the baseline student: the same network on hard labels alone, with all
    /// classes.
    pub fn baseline(&self) -> Self {
        Self {
            role: Role::Student,
            temperature: None,
            other_loss: None,
            excluded_classes: Vec::new(),
            teachers: 0,
            specialists: 0,
            ..self.clone()
        }
    }

    /// The name of the network.
    pub fn network(&self) -> String {
        if self.width.total_cmp(&1.0).is_eq() {
            return self.architecture.clone();
        }
        format!("{} × {}", self.architecture, self.width)
    }

    /// Units of the narrowest hidden layer, if the name tells: `mlp-30-30` has 30.
    pub fn units(&self) -> Option<f64> {
        let layers = self.architecture.strip_prefix("mlp-")?;
        let units: Option<Vec<f64>> = layers.split('-').map(|units| units.parse().ok()).collect();
        units?.into_iter().reduce(f64::min).map(|units| (units * self.width).round())
    }

    /// The temperature, or NaN without soft targets.
    pub fn temperature_or_nan(&self) -> f64 {
        self.temperature.unwrap_or(f64::NAN)
    }

    /// The name of the condition in the report; `classes` has the names of all classes.
    pub fn name(&self, classes: &[String]) -> String {
        let role = match self.role {
            Role::Student => "baseline".to_owned(),
            Role::Continued => "generalist, trained further,".to_owned(),
            role => role.to_string(),
        };
        let mut name = format!("{role} {}", self.network());
        if self.from_file {
            name.push_str(" from a file");
        }
        if let Some(temperature) = self.temperature {
            let _ = write!(name, ", T = {temperature}");
        }
        if let Some(loss) = &self.other_loss {
            let _ = write!(name, ", {loss}");
        }
        if self.teachers > 1 {
            let _ = write!(name, ", of {}", plural(self.teachers, "teacher"));
        }
        if self.specialists > 0 {
            let _ = write!(name, ", of {}", plural(self.specialists as usize, "specialist"));
        }
        if !self.excluded_classes.is_empty() {
            let _ = write!(name, ", {}", self.seen_in_words(classes));
        }
        if self.fraction < 1.0 {
            let _ = write!(name, ", {} of the images", share_in_words(self.fraction));
        }
        name
    }

    /// `without 3`, or `only 7, 8` if fewer classes are seen than excluded.
    pub fn seen_in_words(&self, classes: &[String]) -> String {
        let is_excluded =
            |class: usize| self.excluded_classes.iter().any(|&label| usize::from(label) == class);
        let all = classes.iter().enumerate();
        let (excluded, seen): (Vec<_>, Vec<_>) = all.partition(|(class, _)| is_excluded(*class));
        let names = |classes: &[(usize, &String)]| {
            classes.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(", ")
        };
        if excluded.len() > seen.len() {
            format!("only {}", names(&seen))
        } else {
            format!("without {}", names(&excluded))
        }
    }
}

/// `3 %` for 0.03.
pub fn share_in_words(share: f64) -> String {
    format!("{} %", (10_000.0 * share).round() / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition() -> Condition {
        Condition {
            role: Role::Distilled,
            data: "mnist".to_owned(),
            architecture: "mlp-800-300".to_owned(),
            width: 1.0,
            temperature: Some(2.5),
            other_loss: None,
            excluded_classes: Vec::new(),
            fraction: 1.0,
            teachers: 1,
            from_file: false,
            specialists: 0,
        }
    }

    fn digits() -> Vec<String> {
        (0..10).map(|digit| digit.to_string()).collect()
    }

    #[test]
    fn a_condition_is_named_by_what_tells_it_apart() {
        let name = |condition: Condition| condition.name(&digits());
        assert_eq!(name(condition()), "distilled mlp-800-300, T = 2.5");
        assert_eq!(name(condition().baseline()), "baseline mlp-800-300");
        let file =
            Condition { role: Role::Teacher, temperature: None, from_file: true, ..condition() };
        assert_eq!(name(file), "teacher mlp-800-300 from a file");
        let ensemble = Condition { teachers: 0, specialists: 10, ..condition() };
        assert_eq!(ensemble.baseline(), condition().baseline());
        assert_eq!(name(ensemble), "distilled mlp-800-300, T = 2.5, of 10 specialists");
        let three = Condition { excluded_classes: vec![3], teachers: 10, ..condition() };
        assert_eq!(name(three), "distilled mlp-800-300, T = 2.5, of 10 teachers, without 3");
        let few = Condition {
            excluded_classes: vec![0, 1, 2, 3, 4, 5, 6, 9],
            fraction: 0.03,
            ..condition()
        };
        assert_eq!(name(few), "distilled mlp-800-300, T = 2.5, only 7, 8, 3 % of the images");
    }

    #[test]
    fn units_are_those_of_the_narrowest_layer() {
        assert_eq!(condition().units(), Some(300.0));
        assert_eq!(Condition { width: 0.5, ..condition() }.units(), Some(150.0));
        let other = Condition { architecture: "lenet".to_owned(), ..condition() };
        assert_eq!(other.units(), None);
    }
}
