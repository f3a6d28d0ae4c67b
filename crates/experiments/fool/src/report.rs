//! The report of the fooling experiment (Nguyen et al. 2015): the images that networks classify
//! with high confidence.

mod answer;
mod claims;
mod comparisons;
mod cross_evaluations;
mod detection;
mod external_models;
mod figures;
mod index;
mod lineage_snapshots;
mod rounds;
mod sample_images;
mod seed_estimate;
mod tables;
mod transfer_rate;
mod wording;

use assay_report::ReportContent;
use assay_report::ReportError;
use assay_report::run_results::RunResults;
use assay_report::words::plural;

use self::claims::read_claims;
pub use self::claims::{CLAIMS, claims_in_markdown};
use self::comparisons::comparisons;
use self::detection::Detection;
use self::index::Index;

/// The parts of the report that are specific to the fooling experiment.
///
/// # Errors
/// When the images of an attack are damaged, or a figure cannot be drawn.
pub fn report_content(run: &RunResults) -> Result<ReportContent, ReportError> {
    let index = Index::new(run);
    let detection = Detection::read(&index)?;
    let comparisons = comparisons(&index);
    let claim_results = read_claims(&index, &detection, &comparisons);
    Ok(ReportContent {
        question: "Which meaningless images do networks classify with high confidence?",
        experiment: "Fooling experiment after Nguyen et al. 2015",
        extent: format!(
            ", {}, {}",
            plural(index.all_attacks().count(), "attack"),
            plural(index.all_networks().count(), "network")
        ),
        answer: answer::answer(&index, &claim_results, &comparisons),
        note: wording::NOTE,
        figures: figures::figures(&index, &detection)?,
        measurements: Some(tables::measurements(&index)),
        tables: tables::tables(&index, &claim_results, &comparisons, &detection),
        folders: vec![sample_images::folder(&index)?],
        not_analysed: wording::not_analysed(&index),
        included_failures: Vec::new(),
        sections: wording::sections(&index),
        command: "fool",
        claim_results,
    })
}
