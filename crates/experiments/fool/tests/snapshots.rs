//! Every sentence of the answer, table, claim and figure of the fabricated runs, to the letter.
//!
//! A change of the code that is to change no report leaves them as they are. One that is to change them records
//! them anew (`INSTA_UPDATE=always cargo test -p assay-fool --test snapshots`), and its commit says why.

mod fabricate;

use assay_test_support::{in_memory, snapshots};
use fabricate::runs::RUNS;

#[test]
fn reports_of_fabricated_runs_are_as_they_were() {
    for (run, write) in RUNS {
        let folder = in_memory();
        write(folder.path());
        let summary = fabricate::write_report(folder.path()).unwrap();
        for (part, text) in snapshots::parts(folder.path(), &summary) {
            insta::assert_snapshot!(format!("{run}-{part}"), text);
        }
    }
}
