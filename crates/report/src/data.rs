//! Whether a run's data are those of a paper, whose numbers stand next to claims on the same data alone.

use assay_runs::Plan;

/// Whether all cells of a plan are of the data set of this name.
#[must_use]
pub fn has_only(plan: &Plan, name: &str) -> bool {
    !plan.cells.is_empty() && plan.cells.iter().all(|cell| cell.data().name == name)
}

/// Whether a plan's classes are ImageNet's 1000, which are known by their synsets (`n01440764`), wherever the
/// images lie.
#[must_use]
pub fn is_imagenet(plan: &Plan) -> bool {
    plan.classes.len() == 1000 && plan.classes.iter().all(|class| is_synset(class))
}

fn is_synset(class: &str) -> bool {
    let digits = class.strip_prefix('n').unwrap_or_default();
    digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_synset_is_an_n_and_eight_digits() {
        assert!(is_synset("n01440764"));
        for other in ["tench", "n0144076", "x01440764", "n0144076x", "n014407641", ""] {
            assert!(!is_synset(other), "{other}");
        }
    }
}
