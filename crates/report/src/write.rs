//! The files of a report.

use std::path::Path;

use assay_runs::{RunDirectory, Study, Summary, write_atomically};

use crate::findings::Folder;
use crate::{Figure, Observations, ReportError, Table, distill, fool, html, summarize, transfer};

/// Reads the run at `path`, finished or not, writes `summary.json` and `report/` into it, and
/// returns the summary.
///
/// # Errors
/// When no run is there, a record or a file beside it cannot be read, or the report cannot be written or drawn.
pub fn write_report(path: &Path) -> Result<Summary, ReportError> {
    let run = RunDirectory::open(path)?;
    let observations = Observations::read(&run)?;
    let findings = match observations.plan().study {
        Study::Transfer => transfer::findings(&observations)?,
        Study::Distill => distill::findings(&observations)?,
        Study::Fool => fool::findings(&observations)?,
    };
    let summary = summarize(&observations, &findings.readings);
    let page = html::page(&observations, &findings, &summary);

    let report = path.join("report");
    write_figures(&report.join("figures"), &findings.figures)?;
    write_tables(&report.join("tables"), &findings.tables)?;
    for folder in &findings.folders {
        write_folder(&report.join(folder.name), folder)?;
    }
    if let Some(profile) = profile(&observations) {
        write_atomically(&report.join("profile.toml"), profile.as_bytes())?;
    }
    write_atomically(&report.join("index.html"), page.as_bytes())?;
    let mut json = serde_json::to_string_pretty(&summary).unwrap_or_default();
    json.push('\n');
    write_atomically(&path.join("summary.json"), json.as_bytes())?;
    Ok(summary)
}

/// The settings as a profile that repeats the run; none where they have no TOML form.
fn profile(observations: &Observations) -> Option<String> {
    let plan = observations.plan();
    let settings = toml::to_string(&plan.settings).ok()?;
    let head = format!(
        "# Every setting of this run (profile {:?} with its overrides applied).\n\n",
        plan.profile
    );
    Some(head + &settings)
}

/// Empties a folder, so that nothing of an earlier report stays in it.
fn fresh(folder: &Path) -> Result<(), ReportError> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(ReportError::io(folder)(error));
        }
        _ => {}
    }
    std::fs::create_dir_all(folder).map_err(ReportError::io(folder))
}

fn write_figures(folder: &Path, figures: &[Figure]) -> Result<(), ReportError> {
    fresh(folder)?;
    for figure in figures {
        write_figure(&folder.join(format!("{}.svg", figure.name)), figure)?;
    }
    Ok(())
}

/// Writes a figure as the file `svg`, and as PNG beside it.
///
/// # Errors
/// When the figure cannot be rendered, or a file cannot be written.
pub fn write_figure(svg: &Path, figure: &Figure) -> Result<(), ReportError> {
    let png = figure.png()?;
    write_atomically(svg, figure.standalone_svg().as_bytes())?;
    write_atomically(&svg.with_extension("png"), &png)?;
    Ok(())
}

fn write_tables(folder: &Path, tables: &[Table]) -> Result<(), ReportError> {
    fresh(folder)?;
    for table in tables {
        let file = |ending: &str| folder.join(format!("{}.{ending}", table.name));
        write_atomically(&file("csv"), table.csv().as_bytes())?;
        write_atomically(&file("md"), table.markdown().as_bytes())?;
    }
    Ok(())
}

fn write_folder(path: &Path, folder: &Folder) -> Result<(), ReportError> {
    fresh(path)?;
    for (name, content) in &folder.files {
        let file = path.join(name);
        let parent = file.parent().unwrap_or(path);
        std::fs::create_dir_all(parent).map_err(ReportError::io(parent))?;
        // Many small files that are made anew with every report: not synced one by one.
        std::fs::write(&file, content).map_err(ReportError::io(file))?;
    }
    Ok(())
}
