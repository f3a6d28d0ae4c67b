//! The cut points that a claim is about.

use serde::Deserialize;

/// The cut points of 1 to `last` that a mean includes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cuts {
    /// n <= max(1, round(2/7 last)).
    Early,
    /// 3/7 last <= n <= 5/7 last.
    Middle,
    /// n > last / 2.
    Deep,
    /// n = last.
    Last,
    /// Every n.
    All,
}

impl Cuts {
    /// Whether these include cut point `n`, for a network whose last cut point is `last`.
    #[must_use]
    pub fn contain(self, n: u8, last: u8) -> bool {
        let (n, last) = (u32::from(n), u32::from(last));
        match self {
            // round(2/7 last) in integers; halves round up.
            Self::Early => n <= ((4 * last + 7) / 14).max(1),
            Self::Middle => 3 * last <= 7 * n && 7 * n <= 5 * last,
            Self::Deep => 2 * n > last,
            Self::Last => n == last,
            Self::All => true,
        }
    }
}
