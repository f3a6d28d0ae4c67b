//! The `assay` program, which runs the experiments. `cargo xtask` builds it for this machine and runs it.

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
