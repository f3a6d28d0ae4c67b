//! Parts of the documentation that are made of data.

use std::path::Path;

const BEGIN: &str = "<!-- claims.toml: generated, see CONTRIBUTING.md -->\n";
const END: &str = "<!-- end of claims.toml -->";

/// Compares the table of claims in a page of `docs/studies` with what `claims.toml` says; writes it where
/// `UPDATE_DOCS` is set.
///
/// # Panics
/// When they differ, or the page has no place for it.
pub fn assert_claims(page: &str, table: &str) {
    assert_generated(&format!("studies/{page}"), [BEGIN, END], table);
}

/// Compares the part of a page of `docs` between two marks with what it is made of; writes it where `UPDATE_DOCS` is
/// set.
///
/// # Panics
/// When they differ, or the page has no such marks.
pub fn assert_generated(page: &str, [begin, end]: [&str; 2], part: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(page);
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(begin).unwrap();
    let (found, after) = rest.split_once(end).unwrap();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, format!("{before}{begin}{part}{end}{after}")).unwrap();
    } else {
        assert!(found == part, "docs/{page} is not what it is made of: test with UPDATE_DOCS=1");
    }
}
