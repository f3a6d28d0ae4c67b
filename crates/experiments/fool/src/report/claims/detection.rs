//! Claims about detectors of fooling images.

use assay_runs::Encoding;

use crate::report::detection::{Case, Detection, Detector, Kind};
use crate::report::index::Index;
use crate::report::rounds::last_round;
use assay_report::claims::{Question, Reading, margin};
use assay_stats::Rule;

/// The area, in percent, of a detector that knows nothing.
const CHANCE: f64 = 50.0;

/// The claims about detectors that the plan has cells for, in the order they are reported. All were made up
/// for this study; the paper has none.
#[must_use]
pub fn read_detection(index: &Index, detection: &Detection) -> Vec<Reading> {
    let mut readings = Vec::new();
    let direct = ["max-softmax-detects-direct-images", "energy-detects-direct-images"];
    let cppn = ["max-softmax-detects-cppn-images", "energy-detects-cppn-images"];
    for (encoding, name, [by_softmax, by_energy]) in
        [(Encoding::Direct, "direct", direct), (Encoding::Cppn, "CPPN", cppn)]
    {
        if index.evolution(encoding).is_none() {
            continue;
        }
        for (id, detector) in [(by_softmax, Detector::MaxSoftmax), (by_energy, Detector::Energy)] {
            let images = format!("{name} images found on the network itself");
            let case = Case { kind: Kind::Found(encoding), detector, architecture: None };
            readings.push(read(index, detection, id, &images, case));
        }
    }
    let round = last_round(index);
    if round == 0 {
        return readings;
    }
    let detector = Detector::RejectClass;
    let case = |kind| Case { kind, detector, architecture: None };
    let new = format!("images found on the network itself after {round} rounds of retraining");
    let id = "reject-class-detects-new-images";
    readings.push(read(index, detection, id, &new, case(Kind::New { round })));
    if let Some(encoding) = learnt(index).filter(|one| index.evolution(*one).is_some()) {
        let others =
            format!("images found on the first network, after {round} rounds without them");
        let kind = Kind::Others { round, encoding };
        readings.push(read(index, detection, "reject-class-detects-others", &others, case(kind)));
    }
    readings
}

/// How the images are written down that the reject class is made of.
fn learnt(index: &Index) -> Option<Encoding> {
    let reject = index.retrained().first()?.cell.reject.as_ref()?;
    Some(reject.attack.encoding)
}

fn read(
    index: &Index,
    detection: &Detection,
    id: &'static str,
    images: &str,
    case: Case,
) -> Reading {
    let question = Question {
        id,
        text: format!(
            "Exploratory, not in the paper: {} tells {images} from test images, by the area under the \
             ROC in percent less {CHANCE}",
            case.detector.name(),
        ),
        rule: Rule::MoreThan,
        margin: margin(index.plan()),
        unit: "points",
        paper: None,
        absent: "no logits yet",
    };
    let area = detection.auroc(case);
    question.answer(area.estimate.map(|area| area.less(CHANCE)), area.left_out)
}
