//! What the page of the distillation study says whatever was found.

use assay_runs::Cell;

use super::index::Index;
use super::utterances;
use assay_report::claims::margin;
use assay_report::findings::Section;
use assay_report::words::plural;

/// How to read the answer.
pub(super) const NOTE: &str = "Numbers are errors on the test images in percent, or differences of them \
    in percentage points, with 95 % intervals, unless the sentence names another unit. A student alone \
    is trained on hard labels; distilled, the same network is trained on its teacher's probabilities at \
    temperature T. The teacher of seed s teaches the students of seed s, and a seed counts once.";

/// Which cells the statistics leave out.
pub(super) fn not_analysed(index: &Index) -> Option<String> {
    let unpaired = index.unpaired();
    (unpaired > 0).then(|| {
        format!(
            "Not analysed, because an earlier cell has the same role, network, temperature, omitted \
             classes, share of the images, number of teachers or specialists, and seed: {}.",
            plural(unpaired, "cell")
        )
    })
}

/// How the numbers are made.
pub(super) fn sections(index: &Index) -> Vec<Section> {
    let plan = index.plan();
    let from_file = |cell: &Cell| cell.classifier().is_some_and(|cell| cell.weights.is_some());
    let mut sections: Vec<Section> =
        utterances::are_planned(index).then(speech).into_iter().collect();
    sections.extend([intervals(index), correction()]);
    sections.extend(plan.cells.iter().any(from_file).then(teachers_from_files));
    let is_panel = |cell: &Cell| matches!(cell, Cell::SpecialistEnsemble(_));
    sections.extend(plan.cells.iter().any(is_panel).then(specialists));
    sections
}

fn speech() -> Section {
    let images = "An image here is a window of 26 frames of a recording, one frame every 10 ms, each of 40 \
        log-mel energies; its class is the state of the 21st frame, a digit and how much of it has been \
        said: 7.2 is the second of the seven's states. Drawn, time goes from top to bottom and frequency from left to \
        right. Errors are frames whose state is not found. The labels \
        are first a recording divided evenly among its digit's states and then, where the run has an aligner, \
        what that network finds the best way through the known digit's states. It learns from the \
        training recordings alone; test recordings are aligned by it to have something to count \
        against, and nothing learns from that. Windows of one recording overlap, so whole recordings are held out, and a share of \
        the images is one of each digit's recordings.";
    let words = "A word is read from what a network says of its frames: for every digit the best way through \
        its states, left to right, of the sum of log probabilities at T = 1 less the logarithms of the states' \
        shares of the training labels; the digit with the highest sum is the word. Ways cost nothing and \
        no word is likelier than another beforehand. An ensemble's probabilities are the mean of its \
        members'. The paper's word errors are of running speech with a language model, so the two stand \
        beside one another without being the same measure.";
    Section { heading: "Frames and words", paragraphs: vec![images.to_owned(), words.to_owned()] }
}

fn specialists() -> Section {
    let text = "A teacher is here a generalist with specialists, each trained on from it for the classes of \
        a field and a dustbin for all others. Fields are classes whose predictions by the generalist vary \
        together over the held-out images; no test image has a part in them. On an image speak the \
        generalist and the specialists whose field has the class it finds most likely, and together they \
        say the q that minimises the sum of the divergences from each of them to it. A student of \
        specialists learns q, softened by the temperature as a network's own probabilities are. That a \
        network gains by learning from its like alone is told apart by the students of the generalist by \
        itself.";
    Section { heading: "How specialists speak together", paragraphs: vec![text.to_owned()] }
}

fn teachers_from_files() -> Section {
    let text = "The teachers were not trained here: their weights are from files, and all seeds learn from \
        the same ones. Intervals therefore tell how far chance in the students' training moves the result \
        with these teachers; of other teachers they say nothing. Which images the teachers were trained \
        on is not known: those held out here may be among them.";
    Section { heading: "Teachers from files", paragraphs: vec![text.to_owned()] }
}

/// How far other test data would move results, and what a student is compared with itself alone on.
const ON_IMAGES: (&str, &str) = (
    "; Wilson's intervals, in the table of cells, tell how far other test images would. A standard error is \
     at least that of rounding to whole test images, or seeds that agree by chance would seem to have none.",
    "test images",
);
const ON_WORDS: (&str, &str) = (
    ". Nothing here tells how far other recordings would: frames of one recording overlap, and are no \
     independent images. Words are few, and counted whole: a standard error on them is at least that of \
     rounding to whole words, or seeds that differ by the same number of words would seem to have none.",
    "test words",
);

fn intervals(index: &Index) -> Section {
    let seeds = "Errors are those after the last step on the test images, which no choice has looked at; \
        learning curves are of held-out training images. The unit that is resampled is the seed: its \
        students share a teacher, so they are compared with one another within the seed, and each seed \
        gives one number for each comparison. Estimates are means over seeds; intervals are two-sided \
        95 % delete-one-seed jackknife intervals with Student's t on seeds − 1 degrees of freedom, which \
        for a mean is the t interval. The share of the gap is the jackknife's of a ratio of means, and is \
        left out unless the interval of the gap itself is above 0. From fewer than two seeds there is no \
        interval. Networks of one seed, such as the members of an ensemble, are averaged first and count as one. Intervals \
        tell how far training by chance moves the result on these test images";
    let (others, test) = if utterances::are_planned(index) { ON_WORDS } else { ON_IMAGES };
    let seeds = format!("{seeds}{others}");
    let claims = format!(
        "Claims in percentage points have the margin of {} points; those with a margin of their own \
         name it. A claim that several comparisons must bear out holds when each of them does by its own \
         interval; it does not hold when one is refuted after Holm's adjustment for their number. The \
         McNemar test of a student against itself alone is exact where fewer than 25 {test} tell \
         the two apart, else chi squared with continuity correction. Stuck and diverged trainings are \
         failures of the optimiser and are listed apart.",
        margin(index.plan())
    );
    Section { heading: "How the intervals are made", paragraphs: vec![seeds, claims] }
}

fn correction() -> Section {
    let text = "A student whose transfer set lacks some classes has learnt that they never come. One \
        offset on all their logits corrects it: 3.5 more for the threes, or 7.6 less for the sevens and \
        eights that were all it saw, in the paper, which chose both on the test set. Here the offset is \
        chosen in three ways. Without labels: the omitted classes' probabilities at T = 1, averaged over the \
        held-out images, are brought to the share of images that are known to be of those classes; of \
        the held-out labels only that share is used, not which image is of which class. On held-out \
        labels: the fewest errors on the held-out images. On test labels: the fewest errors on the test \
        images, an oracle that no use of the student could consult.";
    Section { heading: "How omitted classes are corrected", paragraphs: vec![text.to_owned()] }
}
