//! The documentation has the claims that the program decides.

#[test]
fn the_table_of_claims_is_that_of_claims_toml() {
    assay_test_support::docs::assert_claims("fooling.md", &assay_fool::claims_in_markdown());
}
