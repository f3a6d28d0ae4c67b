//! The files of a report.

use std::path::{Path, PathBuf};

use assay_runs::{RunDirectory, Summary, write_atomically};

use crate::own_folder::{Content, OwnFolder};
use crate::page::page;
use crate::{
    ExperimentReport, Figure, Folder, ReportContent, ReportError, RunResults, State, Table,
    summarize,
};

/// A report as it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The answer.
    pub summary: Summary,
    /// Cells whose files are not what was published, each with the reason: the report leaves them out.
    pub damaged: Vec<String>,
}

/// Reads the run at `path`, finished or not, as one of `experiments`, and writes `summary.json` and `report/` into
/// it. In `report/` it removes and replaces what an earlier report wrote, and nothing else.
///
/// # Errors
/// When there is no run, or none of these experiments; when a file next to a record does not hold what it should, or
/// the report cannot be drawn or written; when `report/` is a link, or another file is in the place of one.
pub fn write_report(path: &Path, experiments: &[ExperimentReport]) -> Result<Report, ReportError> {
    let run = RunDirectory::open(path)?;
    let run = RunResults::read(&run)?;
    let name = &run.plan().study;
    let experiment = experiments.iter().find(|experiment| experiment.experiment == name);
    let experiment = experiment.ok_or(ReportError::UnknownExperiment(name.clone()))?;
    let content = (experiment.report)(&run)?;
    let summary = summarize(&run, &content.claim_results);
    let html = page(&run, &content, &summary);
    OwnFolder::open(&path.join("report"))?.replace(&contents(&run, content, html)?)?;
    let mut json = serde_json::to_string_pretty(&summary).unwrap_or_default();
    json.push('\n');
    write_atomically(&path.join("summary.json"), json.as_bytes())?;
    let damaged = run.all().iter().filter_map(|one| match &one.state {
        State::Damaged(reason) => Some(format!("{}: {reason}", one.cell.name())),
        _ => None,
    });
    Ok(Report { summary, damaged: damaged.collect() })
}

/// Every file of a report, the page last.
fn contents(
    run: &RunResults,
    content: ReportContent,
    page: String,
) -> Result<Vec<Content>, ReportError> {
    let mut files = Vec::new();
    for figure in &content.figures {
        let svg = PathBuf::from("figures").join(format!("{}.svg", figure.name));
        files.extend(figure_files(&svg, figure)?);
    }
    files.extend(content.tables.iter().flat_map(table_files));
    if let Some(table) = &content.measurements {
        files.push(("measurements.csv".into(), table.csv().into_bytes()));
    }
    for Folder { name, files: of_folder } in content.folders {
        let within = |(file, content)| (Path::new(name).join(file), content);
        files.extend(of_folder.into_iter().map(within));
    }
    if let Some(profile) = profile(run) {
        files.push(("profile.toml".into(), profile.into_bytes()));
    }
    files.push(("index.html".into(), page.into_bytes()));
    Ok(files)
}

/// The settings as a profile that repeats the run; none where they have no TOML form.
fn profile(run: &RunResults) -> Option<String> {
    let plan = run.plan();
    let settings = toml::to_string(&plan.settings).ok()?;
    let head = format!(
        "# Every setting of this run (profile {:?} with its overrides applied).\n\n",
        plan.profile
    );
    Some(head + &settings)
}

/// A figure as the file `svg`, and as PNG next to it.
fn figure_files(svg: &Path, figure: &Figure) -> Result<[Content; 2], ReportError> {
    Ok([
        (svg.to_owned(), figure.standalone_svg().into_bytes()),
        (svg.with_extension("png"), figure.png()?),
    ])
}

/// Writes a figure as the file `svg`, and as PNG next to it.
///
/// # Errors
/// When the figure cannot be rendered, or a file cannot be written.
pub fn write_figure(svg: &Path, figure: &Figure) -> Result<(), ReportError> {
    for (path, content) in figure_files(svg, figure)? {
        write_atomically(&path, &content)?;
    }
    Ok(())
}

fn table_files(table: &Table) -> [Content; 3] {
    let file = |ending: &str| PathBuf::from("tables").join(format!("{}.{ending}", table.name));
    [
        (file("csv"), table.csv().into_bytes()),
        (file("md"), table.markdown().into_bytes()),
        (file("tex"), table.latex().into_bytes()),
    ]
}
