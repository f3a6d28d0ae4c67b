//! Tables: the same rows as CSV with full precision, as Markdown, and for LaTeX.

use std::fmt::Write;

use crate::words::{legible, number};

/// One entry of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// Words.
    Text(String),
    /// A number, shown with `decimals`, and with a plus if it is a difference.
    Number {
        /// The number.
        value: f64,
        /// How many decimals are shown.
        decimals: usize,
        /// Whether a positive number is shown with a plus.
        has_plus: bool,
    },
    /// Nothing known.
    Nothing,
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
    /// One entry per column.
    pub rows: Vec<Vec<Entry>>,
}

impl Entry {
    /// A difference, with its sign and two decimals.
    #[must_use]
    pub fn difference(value: Option<f64>) -> Self {
        value.map_or(Self::Nothing, |value| Self::Number { value, decimals: 2, has_plus: true })
    }

    /// A number with so many decimals.
    #[must_use]
    pub fn number(value: Option<f64>, decimals: usize) -> Self {
        value.map_or(Self::Nothing, |value| Self::Number { value, decimals, has_plus: false })
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

    /// As it is shown to a reader.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Text(text) => legible(text).into_owned(),
            Self::Number { value, decimals, has_plus } => number(*value, *decimals, *has_plus),
            Self::Nothing => String::new(),
        }
    }

    fn csv(&self) -> String {
        match self {
            Self::Text(text) if text.contains([',', '"', '\n', '\r']) => {
                format!("\"{}\"", legible(text).replace('"', "\"\""))
            }
            Self::Text(text) => legible(text).into_owned(),
            Self::Number { value, .. } => format!("{value}"),
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
}

impl Table {
    /// A `tabular` for LaTeX with the package `booktabs`, below its title as a comment.
    #[must_use]
    pub fn latex(&self) -> String {
        let is_number =
            |at: usize| self.rows.iter().all(|row| !matches!(row.get(at), Some(Entry::Text(_))));
        let alignment = |at| if is_number(at) { 'r' } else { 'l' };
        let columns: String = (0..self.columns.len()).map(alignment).collect();
        let line = |entries: Vec<String>| format!("{} \\\\\n", entries.join(" & "));
        let mut text = format!("% {}\n\\begin{{tabular}}{{{columns}}}\n\\toprule\n", self.title);
        text += &line(self.columns.iter().map(|column| latex(column)).collect());
        text += "\\midrule\n";
        for row in &self.rows {
            text += &line(row.iter().map(|entry| latex(&entry.shown())).collect());
        }
        text + "\\bottomrule\n\\end{tabular}\n"
    }
}

/// A text for LaTeX: letters with a meaning of their own are escaped.
fn latex(text: &str) -> String {
    let escape = |letter: char| match letter {
        '&' | '%' | '$' | '#' | '_' | '{' | '}' => format!("\\{letter}"),
        '\\' => "\\textbackslash{}".to_owned(),
        '~' => "\\textasciitilde{}".to_owned(),
        '^' => "\\textasciicircum{}".to_owned(),
        '−' => "$-$".to_owned(),
        '×' => "$\\times$".to_owned(),
        '→' => "$\\rightarrow$".to_owned(),
        '≥' => "$\\geq$".to_owned(),
        '–' => "--".to_owned(),
        '\n' => " ".to_owned(),
        // At the beginning of a row it would be an argument of the line break before.
        '[' => "{[}".to_owned(),
        other => other.to_string(),
    };
    text.chars().map(escape).collect()
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
        assert_eq!(
            table.latex(),
            "% T\n\\begin{tabular}{lr}\n\\toprule\na & b \\\\\n\\midrule\nx, \"y\" | <z> & $-$0.12 \\\\\n & 2.0 \
             \\\\\n\\bottomrule\n\\end{tabular}\n"
        );
        assert_eq!(latex("50 % & \\a_b{c}"), "50 \\% \\& \\textbackslash{}a\\_b\\{c\\}");
    }
}
