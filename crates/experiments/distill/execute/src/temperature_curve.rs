//! `assay distill temperature-curve`.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use assay_distill::TemperatureCurve;
use assay_engine::output::print_line;
use assay_report::write_figure;
use clap::Args;

/// Draws the softmax of some logits at temperatures 1 to 9, as SVG and PNG, and prints it. Needs no run
#[derive(Debug, Args)]
pub struct TemperatureCurveCommand {
    /// 2 to 20 logits, as 3.0,8.5,-1 [default: five, drawn uniformly in 0 to 20]
    #[arg(
        long,
        value_name = "LOGITS",
        value_delimiter = ',',
        value_parser = finite,
        allow_hyphen_values = true,
        conflicts_with = "seed"
    )]
    logits: Option<Vec<f64>>,
    /// What the five logits are drawn with
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The SVG; the PNG is written beside it
    #[arg(long, value_name = "FILE", default_value = "temperature-curve.svg")]
    out: PathBuf,
    /// Print the logits and probabilities as JSON
    #[arg(long)]
    json: bool,
}

impl TemperatureCurveCommand {
    /// Draws and prints.
    ///
    /// # Errors
    /// When the logits cannot be drawn, or a file or standard output cannot be written to.
    pub fn run(self) -> Result<()> {
        let out = &self.out;
        ensure!(
            out.extension().is_some_and(|ending| ending == "svg"),
            "--out {}: give a name that ends in .svg; the PNG is written beside it",
            out.display()
        );
        let curve = match self.logits {
            Some(logits) => TemperatureCurve::of(logits)?,
            None => TemperatureCurve::drawn(self.seed),
        };
        // An error names the folder, which a file's name alone does not have.
        write_figure(&std::path::absolute(out)?, &curve.figure()?)?;
        eprintln!("written: {} and {}", out.display(), out.with_extension("png").display());
        if self.json {
            return print_line(serde_json::to_string_pretty(&curve.json())?);
        }
        print_line(curve)
    }
}

fn finite(text: &str) -> Result<f64, &'static str> {
    let number = text.trim().parse().ok().filter(|number: &f64| number.is_finite());
    number.ok_or("not a finite number")
}
