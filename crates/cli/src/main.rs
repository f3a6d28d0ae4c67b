//! `assay`: runs the experiments. `cargo xtask` builds it for the machine and calls it.

use std::process::ExitCode;

use assay_cli::Arguments;
use clap::Parser;

fn main() -> ExitCode {
    match Arguments::parse().run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}
