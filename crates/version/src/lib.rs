//! The version of assay. A package of its own, so that a commit rebuilds little.

/// The version of assay, with the commit it was built from where git knew it.
#[must_use]
pub fn version() -> String {
    match option_env!("ASSAY_COMMIT") {
        Some(commit) => format!("{} ({commit})", env!("CARGO_PKG_VERSION")),
        None => env!("CARGO_PKG_VERSION").to_owned(),
    }
}
