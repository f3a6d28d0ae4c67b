//! Tables as specifications: columns, each with a heading and how to read a row.
//!
//! ```
//! use assay_report::TableSpec;
//!
//! let table = TableSpec::new("squares", "Numbers and their squares")
//!     .text("number", |n: &i32| *n)
//!     .number("square", 1, |n| Some(f64::from(n * n)))
//!     .rows([2, 3]);
//! assert_eq!(table.csv(), "number,square\n2,4\n3,9\n");
//! ```

use assay_stats::Estimate;

use crate::tables::{Entry, Table};

/// How an entry is read from a row.
type Read<'a, R> = Box<dyn Fn(&R) -> Entry + 'a>;

/// A table before it has rows.
pub struct TableSpec<'a, R> {
    name: String,
    title: String,
    columns: Vec<(&'static str, Read<'a, R>)>,
}

impl<'a, R: 'a> TableSpec<'a, R> {
    /// A table without columns: the name of its files, and what it shows, with units.
    #[must_use]
    pub fn new(name: &str, title: &str) -> Self {
        Self { name: name.to_owned(), title: title.to_owned(), columns: Vec::new() }
    }

    /// A column of any entries.
    #[must_use]
    pub fn column(mut self, heading: &'static str, read: impl Fn(&R) -> Entry + 'a) -> Self {
        self.columns.push((heading, Box::new(read)));
        self
    }

    /// A column of words or whole numbers.
    #[must_use]
    pub fn text<T: ToString>(self, heading: &'static str, read: impl Fn(&R) -> T + 'a) -> Self {
        self.column(heading, move |row| Entry::text(read(row)))
    }

    /// A column of words or whole numbers, where they are known.
    #[must_use]
    pub fn text_if_known<T: ToString>(
        self,
        heading: &'static str,
        read: impl Fn(&R) -> Option<T> + 'a,
    ) -> Self {
        self.column(heading, move |row| read(row).map_or(Entry::Nothing, Entry::text))
    }

    /// A column of numbers with so many decimals, where they are known.
    #[must_use]
    pub fn number(
        self,
        heading: &'static str,
        decimals: usize,
        read: impl Fn(&R) -> Option<f64> + 'a,
    ) -> Self {
        self.column(heading, move |row| Entry::number(read(row), decimals))
    }

    /// A column of differences: two decimals and a sign.
    #[must_use]
    pub fn difference(self, heading: &'static str, read: impl Fn(&R) -> Option<f64> + 'a) -> Self {
        self.column(heading, move |row| Entry::difference(read(row)))
    }

    /// Three columns: an estimate with so many decimals, and the ends of its interval, `low` and `high`.
    #[must_use]
    pub fn estimate(
        self,
        heading: &'static str,
        decimals: usize,
        read: impl Fn(&R) -> Option<Estimate> + Copy + 'a,
    ) -> Self {
        self.with_interval(heading, read, move |value| Entry::number(value, decimals))
    }

    /// Three columns: an estimated difference, with two decimals and signs, and the ends of its interval.
    #[must_use]
    pub fn estimated_difference(
        self,
        heading: &'static str,
        read: impl Fn(&R) -> Option<Estimate> + Copy + 'a,
    ) -> Self {
        self.with_interval(heading, read, Entry::difference)
    }

    fn with_interval(
        self,
        heading: &'static str,
        read: impl Fn(&R) -> Option<Estimate> + Copy + 'a,
        entry: impl Fn(Option<f64>) -> Entry + Copy + 'a,
    ) -> Self {
        let ends = move |row: &R| read(row).and_then(|one| one.interval);
        self.column(heading, move |row| entry(read(row).map(|one| one.value)))
            .column("low", move |row| entry(ends(row).map(|ends| ends.low)))
            .column("high", move |row| entry(ends(row).map(|ends| ends.high)))
    }

    /// The table of these rows.
    #[must_use]
    pub fn rows(self, rows: impl IntoIterator<Item = R>) -> Table {
        let row = |row: R| self.columns.iter().map(|(_, read)| read(&row)).collect();
        Table {
            rows: rows.into_iter().map(row).collect(),
            name: self.name,
            title: self.title,
            columns: self.columns.iter().map(|(heading, _)| *heading).collect(),
        }
    }
}
