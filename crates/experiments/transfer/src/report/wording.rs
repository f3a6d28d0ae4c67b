//! What the page of the transfer study says whatever was found.

use assay_runs::Plan;

use super::counted::{Failure, failures};
use super::index::Index;
use assay_report::claims::margin;
use assay_report::findings::{CountedFailure, Section};
use assay_report::words::{plain, plural};

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

const INTERVALS: &str = "Accuracy is that of the last step on the test images of the target's classes, \
    never the best of a run. The unit that is resampled is the cluster: one split of the classes with one \
    seed. Both targets and every n of a cluster share its two base networks, so they count as one \
    observation: for each contrast a cluster gives one number, the mean over its targets (and over n where \
    the contrast says so). Estimates are means over clusters; intervals are two-sided 95 % \
    delete-one-cluster jackknife intervals with Student's t on clusters − 1 degrees of freedom, which for a \
    mean is the t interval. Two independent sets of clusters (random against semantic splits) are compared \
    by Welch's interval. A percentile bootstrap is not used: with 2 to 8 clusters its intervals are too \
    narrow. From fewer than two clusters there is no interval. Accuracies are counts of test images: a \
    standard error is at least that of rounding to whole images, even where all clusters agree. An interval \
    without width decides nothing.";

const COUNTED: &str = "A cluster enters a contrast only when every cell it needs counts. Stuck and diverged \
    networks that are trained in all their layers are failures of the optimiser, say nothing of features, do \
    not count, and are listed apart. A network on frozen layers (BnB, AnB, random) that learnt nothing shows \
    what can be made of these features: stuck, it counts at its measured accuracy; diverged, at that of \
    guessing; either only where the base of its target was trained.";

const CONVERGENCE: &str = "Some claims compare networks of different amounts of training. They say what they \
    should only where the bases have converged. The base that was trained for as long again tells. There are \
    four cases. The interval of long base − base is wholly below the margin: the claim's own rule decides. It \
    is wholly above: the claim is not testable. It contains the margin, or there is no interval: a verdict \
    stands only where it is the same relative to the long base. No long base is in the plan: the claim's own \
    rule decides, and the claim says that convergence was not checked. All of this is read over the same \
    clusters, those that have the long bases too.";

const SEQUENCE: &str = "From which layer on features are specific is tested in a fixed sequence. It begins at \
    the last n and goes down. It ends at the first n at which AnB is not shown to be more than the margin \
    below BnB. So the probability of naming any layer falsely is at most that of one test, 2.5 %. Up to which \
    layer features are general is tested in the same way from the first n upwards.";

/// How the intervals are made, and what decides.
pub(super) fn method(plan: &Plan) -> Section {
    let others = format!(
        "The intervals by n are not adjusted for the number of n; the tables add Holm's adjusted p values. \
         Claims about equality are tests of equivalence with the margin of {} points. The paper's numbers are \
         the authors' published logs (mean of the ten best validation accuracies of each network) of \
         ImageNet, paired by target and split in the same way; they stand beside the claims only where the \
         data are ImageNet's, and beside curves and differences by their name.",
        margin(plan)
    );
    let paragraphs = [INTERVALS, COUNTED, CONVERGENCE, SEQUENCE, &others];
    Section {
        heading: "How the intervals are made",
        paragraphs: paragraphs.map(str::to_owned).to_vec(),
    }
}
