//! The one font of all figures: subsets of Inter, carried in the crate, so that a figure looks the
//! same on every machine. System fonts are never looked at.

use std::sync::{Arc, LazyLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use resvg::usvg::fontdb;

/// The family's name, as figures spell it.
pub(crate) const FAMILY: &str = "Inter";

const REGULAR: &[u8] = include_bytes!("../fonts/Inter-Regular.otf");
const SEMI_BOLD: &[u8] = include_bytes!("../fonts/Inter-SemiBold.otf");

/// CSS that defines the family from data inside the style sheet: weights 400 and 600 to 700.
pub(crate) fn font_face_css() -> &'static str {
    static CSS: LazyLock<String> = LazyLock::new(|| {
        [("400", REGULAR), ("600 700", SEMI_BOLD)]
            .map(|(weight, bytes)| {
                let data = STANDARD.encode(bytes);
                format!(
                    "@font-face{{font-family:{FAMILY};font-weight:{weight};\
                     src:url(data:font/otf;base64,{data}) format('opentype')}}"
                )
            })
            .concat()
    });
    &CSS
}

/// A font database that holds the carried fonts and nothing else.
pub(crate) fn database() -> Arc<fontdb::Database> {
    static DATABASE: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
        let mut database = fontdb::Database::new();
        database.load_font_data(REGULAR.to_vec());
        database.load_font_data(SEMI_BOLD.to_vec());
        Arc::new(database)
    });
    Arc::clone(&DATABASE)
}
