//! `plan.json`, and the format of the run that it stands for.

use std::path::Path;

use serde::Serialize;

use crate::digest_prefix::{read_json_with_digest, write_json_with_digest};
use crate::{Plan, RunError};

/// The format of a run: the names in its plan and its records. Runs of another format are refused.
///
/// - 1: plans without a format
/// - 2: the names of `PyTorch` and of the papers
/// - 3: results of one kind of cell under `details`
pub(crate) const FORMAT: u64 = 3;

#[derive(Serialize)]
struct WithFormat<'a> {
    format: u64,
    #[serde(flatten)]
    plan: &'a Plan,
}

/// Writes a plan.
pub(crate) fn write_plan(path: &Path, plan: &Plan) -> Result<(), RunError> {
    write_json_with_digest(path, &WithFormat { format: FORMAT, plan })
}

/// Reads a plan.
///
/// # Errors
/// When the file is damaged, or its run has another format.
pub(crate) fn read_plan(path: &Path) -> Result<Plan, RunError> {
    let value: serde_json::Value =
        read_json_with_digest(path, "plan").map_err(|error| match error {
            RunError::Damaged { path, reason } => RunError::DamagedPlan { path, reason },
            other => other,
        })?;
    let format = value.get("format").map_or(Some(1), serde_json::Value::as_u64).unwrap_or(0);
    if format != FORMAT {
        return Err(RunError::OtherFormat { path: path.to_owned(), format, needed: FORMAT });
    }
    serde_json::from_value(value)
        .map_err(|error| RunError::other_version(path, "plan", error.to_string()))
}
