//! The documentation has the claims that the program decides.

use assay_fool::CLAIMS;

#[test]
fn the_table_of_claims_is_that_of_claims_toml() {
    let table = assay_report::claims::claims_in_markdown(&CLAIMS);
    assay_test_support::docs::assert_claims("fooling.md", &table);
}
