//! The `assay` program, which runs the experiments. `cargo xtask` builds it for this machine and runs it.

use std::process::ExitCode;

use assay_cli::{Arguments, exit_code};
use clap::Parser;

fn main() -> ExitCode {
    exit_code(Arguments::parse().run())
}
