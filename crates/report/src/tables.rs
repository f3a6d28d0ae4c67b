//! Tables: the same rows as CSV with full precision, Markdown, and HTML.

use std::fmt::Write;

use crate::claims::ClaimResult;
use crate::words::{escape, legible, plain, signed, verdict_in_words};

/// One entry of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// Words.
    Text(String),
    /// A number, shown with so many decimals, and with a plus where it says so.
    Number(f64, usize, Sign),
    /// Nothing known.
    Nothing,
}

/// Whether a positive number is shown with a plus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// It is: a difference.
    Shown,
    /// It is not.
    Hidden,
}

/// A table with a heading.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The name of its files, without ending.
    pub name: String,
    /// What it shows, with units.
    pub title: String,
    /// Names of the columns.
    pub columns: Vec<&'static str>,
    /// One entry a column.
    pub rows: Vec<Vec<Entry>>,
}

impl Entry {
    /// A difference, with its sign and two decimals.
    #[must_use]
    pub fn difference(value: Option<f64>) -> Self {
        value.map_or(Self::Nothing, |value| Self::Number(value, 2, Sign::Shown))
    }

    /// A number with so many decimals.
    #[must_use]
    pub fn number(value: Option<f64>, decimals: usize) -> Self {
        value.map_or(Self::Nothing, |value| Self::Number(value, decimals, Sign::Hidden))
    }

    /// A whole number.
    #[must_use]
    pub fn count(value: usize) -> Self {
        Self::Text(value.to_string())
    }

    /// Words.
    #[allow(clippy::needless_pass_by_value)] // small values, and references to larger ones
    pub fn text(value: impl ToString) -> Self {
        Self::Text(value.to_string())
    }

    fn shown(&self) -> String {
        match self {
            Self::Text(text) => legible(text).into_owned(),
            Self::Number(value, _, Sign::Shown) => signed(*value),
            Self::Number(value, decimals, Sign::Hidden) => plain(*value, *decimals),
            Self::Nothing => String::new(),
        }
    }

    fn csv(&self) -> String {
        match self {
            Self::Text(text) if text.contains([',', '"', '\n', '\r']) => {
                format!("\"{}\"", legible(text).replace('"', "\"\""))
            }
            Self::Text(text) => legible(text).into_owned(),
            Self::Number(value, ..) => format!("{value}"),
            Self::Nothing => String::new(),
        }
    }
}

impl Table {
    /// Comma-separated, RFC 4180, numbers with full precision.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut lines = self.columns.join(",") + "\n";
        for row in &self.rows {
            lines += &row.iter().map(Entry::csv).collect::<Vec<_>>().join(",");
            lines.push('\n');
        }
        lines
    }

    /// A Markdown table below its title.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = format!("{}\n\n| {} |\n|", self.title, self.columns.join(" | "));
        text += &"---|".repeat(self.columns.len());
        text.push('\n');
        for row in &self.rows {
            let row: Vec<_> = row
                .iter()
                .map(|entry| entry.shown().replace('|', "\\|").replace('\n', " "))
                .collect();
            let _ = writeln!(text, "| {} |", row.join(" | "));
        }
        text
    }

    /// An HTML table, without its title.
    #[must_use]
    pub fn html(&self) -> String {
        let head: Vec<String> =
            self.columns.iter().map(|name| format!("<th>{}</th>", escape(name))).collect();
        let head = head.concat();
        let row = |row: &Vec<Entry>| {
            let entry = |entry: &Entry| {
                let class = if matches!(entry, Entry::Number(..)) { " class=n" } else { "" };
                format!("<td{class}>{}</td>", escape(&entry.shown()))
            };
            format!("<tr>{}</tr>\n", row.iter().map(entry).collect::<String>())
        };
        let rows: String = self.rows.iter().map(row).collect();
        format!(
            "<div class=wide><table><thead><tr>{head}</tr></thead>\n<tbody>{rows}</tbody></table></div>"
        )
    }
}

/// The claims of any study.
#[must_use]
pub fn claims(title: &str, claim_results: &[ClaimResult]) -> Table {
    let row = |claim_result: &ClaimResult| {
        let claim = &claim_result.claim;
        vec![
            Entry::text(&claim.id),
            Entry::text(&claim.text),
            Entry::text(&claim_result.rule),
            Entry::difference(claim.paper),
            Entry::difference(claim.measured),
            Entry::difference(claim.low),
            Entry::difference(claim.high),
            Entry::count(claim_result.clusters),
            Entry::count(claim_result.left_out.len()),
            Entry::text(verdict_in_words(claim.verdict)),
            claim.note.as_ref().map_or(Entry::Nothing, Entry::text),
        ]
    };
    Table {
        name: "claims".to_owned(),
        title: title.to_owned(),
        columns: vec![
            "claim", "text", "rule", "paper", "measured", "low", "high", "clusters", "left out",
            "verdict", "note",
        ],
        rows: claim_results.iter().map(row).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_reads_the_same_in_every_form() {
        let table = Table {
            name: "t".to_owned(),
            title: "T".to_owned(),
            columns: vec!["a", "b"],
            rows: vec![
                vec![Entry::text("x, \"y\" | <z>"), Entry::difference(Some(-0.123_456))],
                vec![Entry::Nothing, Entry::number(Some(2.0), 1)],
            ],
        };
        assert_eq!(table.csv(), "a,b\n\"x, \"\"y\"\" | <z>\",-0.123456\n,2\n");
        assert_eq!(
            table.markdown(),
            "T\n\n| a | b |\n|---|---|\n| x, \"y\" \\| <z> | −0.12 |\n|  | 2.0 |\n"
        );
        assert!(
            table.html().contains("<td>x, &quot;y&quot; | &lt;z&gt;</td><td class=n>−0.12</td>")
        );
    }
}
