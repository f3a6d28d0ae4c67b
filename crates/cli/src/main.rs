//! The `assay` program, which runs the experiments. `cargo xtask` builds it for this machine and runs it.

use std::process::ExitCode;

use assay_cli::{Arguments, exit_code, start_logging};
use clap::Parser;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    exit_code(start_logging().and_then(|()| arguments.run()))
}
