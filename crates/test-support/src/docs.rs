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
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/studies").join(page);
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (found, after) = rest.split_once(END).unwrap();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
    } else {
        assert!(
            found == table,
            "{page} has other claims than claims.toml: test with UPDATE_DOCS=1"
        );
    }
}
