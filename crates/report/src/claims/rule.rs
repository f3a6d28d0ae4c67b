//! How a claim is decided: its rule, and the cut points it is read at.

use assay_runs::Verdict;

use crate::statistics::Interval;

/// How an interval decides a claim, with margin m.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Holds: low > m. Does not hold: high < m.
    MoreThan,
    /// Holds: high < -m. Does not hold: low > -m.
    LessThan,
    /// Holds: low > -m. Does not hold: high < -m.
    NotWorse,
    /// Holds: the interval within [-m, m]. Does not hold: wholly outside.
    Equal,
}

impl Rule {
    /// The verdict; without an interval, not enough data.
    #[must_use]
    pub fn decide(self, interval: Option<Interval>, margin: f64) -> Verdict {
        let Some(Interval { low, high }) = interval else { return Verdict::NotEnoughData };
        let (holds, fails) = match self {
            Self::MoreThan => (low > margin, high < margin),
            Self::LessThan => (high < -margin, low > -margin),
            Self::NotWorse => (low > -margin, high < -margin),
            Self::Equal => (low >= -margin && high <= margin, low > margin || high < -margin),
        };
        match (holds, fails) {
            (true, _) => Verdict::Holds,
            (_, true) => Verdict::DoesNotHold,
            _ => Verdict::NotEnoughData,
        }
    }

    /// The rule in words, with its margin.
    #[must_use]
    pub fn words(self, margin: f64) -> String {
        match self {
            Self::MoreThan => format!("more than +{margin}"),
            Self::LessThan => format!("less than −{margin}"),
            Self::NotWorse => format!("not below −{margin}"),
            Self::Equal => format!("within ±{margin}"),
        }
    }
}

/// Which cut points of 1 to `last` a mean is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// Whether cut point `n` is among them in a network whose last cut point is `last`.
    #[must_use]
    pub fn contain(self, n: u8, last: u8) -> bool {
        let (n, last) = (u32::from(n), u32::from(last));
        match self {
            // round(2/7 last), halves up, in whole numbers.
            Self::Early => n <= ((4 * last + 7) / 14).max(1),
            Self::Middle => 3 * last <= 7 * n && 7 * n <= 5 * last,
            Self::Deep => 2 * n > last,
            Self::Last => n == last,
            Self::All => true,
        }
    }
}
