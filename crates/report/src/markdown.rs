//! Prose of a page, written as Markdown files.

use pulldown_cmark::{Options, Parser, html};
use serde::Serialize;

/// A part of the page below a heading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Section {
    /// Its heading.
    pub heading: String,
    /// What is below it, as HTML.
    pub html: String,
}

/// The sections of a Markdown file, each from a line that begins with `## ` to the next, after each `{name}` has
/// become its value. What is above the first is left out.
#[must_use]
pub fn sections(markdown: &str, values: &[(&str, String)]) -> Vec<Section> {
    let fill =
        |text: String, (name, value): &(&str, String)| text.replace(&format!("{{{name}}}"), value);
    let filled = values.iter().fold(format!("\n{markdown}"), fill);
    let section = |text: &str| {
        let (heading, body) = text.split_once('\n').unwrap_or((text, ""));
        let mut html = String::new();
        html::push_html(&mut html, Parser::new_ext(body, Options::ENABLE_TABLES));
        Section { heading: heading.to_owned(), html }
    };
    filled.split("\n## ").skip(1).map(section).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_has_its_heading_and_values_for_names_in_braces() {
        let text = "# Method\n\n## One\n\nThe margin is {margin} *points*.\n\n## Two\n\n1 < 2\n";
        let found = sections(text, &[("margin", "0.5".to_owned())]);
        let [one, two] = &found[..] else { panic!("{found:?}") };
        assert_eq!((one.heading.as_str(), two.heading.as_str()), ("One", "Two"));
        assert_eq!(one.html, "<p>The margin is 0.5 <em>points</em>.</p>\n");
        assert_eq!(two.html, "<p>1 &lt; 2</p>\n");
    }
}
