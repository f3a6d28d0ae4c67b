//! What the page of the transfer study says whatever was found.

use assay_runs::Plan;

use super::counted::{Failure, failures};
use super::index::Index;
use crate::claims::margin;
use crate::findings::{CountedFailure, Section};
use crate::words::{plain, plural};

/// How to read the answer.
pub(super) const NOTE: &str = "Numbers are percentage points of test accuracy with 95 % intervals. \
    A half of the classes is A, the other B; BnB keeps the first n layers of B's own base frozen, \
    AnB those of A's base; + is fine-tuned. Every treatment is trained in both directions and \
    paired with the base of its target.";

/// Which cells the statistics leave out.
pub(super) fn not_analysed(index: &Index) -> Option<String> {
    let unpaired = index.unpaired();
    (unpaired > 0).then(|| {
        format!(
            "Not analysed, because an earlier cell has the same treatment, split, seed and images a \
             class: {}.",
            plural(unpaired, "cell")
        )
    })
}

/// Failed networks that count, and what they count as.
pub(super) fn counted_failures(index: &Index) -> Vec<CountedFailure> {
    let failure = |Failure { observation, accuracy }: Failure| {
        let as_what = match observation.outcome() {
            "diverged" => "that of guessing",
            _ => "as measured",
        };
        let outcome = observation.outcome();
        let text = format!("{outcome}, counted at {} % ({as_what})", plain(accuracy, 2));
        CountedFailure { cell: observation.cell.name(), text }
    };
    failures(index).into_iter().map(failure).collect()
}

/// How the intervals are made.
pub(super) fn method(plan: &Plan) -> Section {
    let intervals = "Accuracy is that of the last step on the test images of the target's classes, \
        never the best of a run. The unit that is resampled is the cluster: one split of the classes \
        with one seed. Both targets and every n of a cluster share its two base networks, so they \
        count as one observation: for each contrast a cluster gives one number, the mean over its \
        targets (and over n where the contrast says so). Estimates are means over clusters; \
        intervals are two-sided 95 % delete-one-cluster jackknife intervals with Student's t on \
        clusters − 1 degrees of freedom, which for a mean is the t interval. Two independent sets of \
        clusters (random against semantic splits) are compared by Welch's interval. A percentile \
        bootstrap is not used: with 2 to 8 clusters its intervals are too narrow. From fewer than \
        two clusters there is no interval.";
    let clusters = format!(
        "A cluster enters a contrast only when every cell it needs counts. Stuck and diverged networks \
         that are trained in all their layers are failures of the optimiser, say nothing of features, do \
         not count, and are listed apart. A network on frozen layers (BnB, AnB, random) that learnt \
         nothing shows what can be made of these features: stuck, it counts at its measured accuracy; \
         diverged, at that of guessing; either only where the base of its target was trained. \
         The intervals by n are not adjusted for the number of n; the tables add Holm's adjusted p \
         values. Claims about equality are tests of equivalence with the margin of {} points. The \
         paper's numbers are the authors' published logs (mean of the ten best validation \
         accuracies of each network) of ImageNet, paired by target and split in the same way; they stand \
         beside the claims only where the data are ImageNet's, and beside curves and differences by their \
         name.",
        margin(plan)
    );
    Section {
        heading: "How the intervals are made",
        paragraphs: vec![intervals.to_owned(), clusters],
    }
}
