//! Numbers and verdicts in words.

use std::borrow::Cow;

use assay_runs::Verdict;

use assay_stats::{Estimate, Interval};

/// `+1.23` or `−1.23`, with a true minus.
#[must_use]
pub fn signed(value: f64) -> String {
    number(value, 2, true)
}

/// `1.2` or `−1.2`, with so many decimals.
#[must_use]
pub fn plain(value: f64, decimals: usize) -> String {
    number(value, decimals, false)
}

/// With so many decimals, a true minus, and a plus if `has_plus`; what rounds to 0 has no sign.
pub(crate) fn number(value: f64, decimals: usize, has_plus: bool) -> String {
    let size = format!("{:.decimals$}", value.abs());
    match value {
        _ if size.parse() == Ok(0.0) => size,
        value if value < 0.0 => format!("−{size}"),
        _ if has_plus => format!("+{size}"),
        _ => size,
    }
}

/// `[−0.40, +2.86]`.
#[must_use]
pub fn interval(interval: Interval) -> String {
    format!("[{}, {}]", signed(interval.low), signed(interval.high))
}

/// `+1.23 [−0.40, +2.86]`, or the number alone where it has no interval.
#[must_use]
pub fn estimate(estimate: &Estimate) -> String {
    let value = signed(estimate.value);
    estimate.interval.map_or(value.clone(), |ends| format!("{value} {}", interval(ends)))
}

/// `1 cluster`, `2 clusters`.
#[must_use]
pub fn plural(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

/// Seconds as `45 s`, `3 min 20 s`, `2 h 5 min`.
#[must_use]
pub fn duration(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0..=9 => format!("{seconds:.1} s"),
        10..=99 => format!("{whole} s"),
        100..=5999 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

/// As `summary.json` spells it.
#[must_use]
pub fn verdict_in_words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "holds",
        Verdict::DoesNotHold => "does not hold",
        Verdict::NotEnoughData => "not enough data",
        Verdict::NotTestable => "not testable",
    }
}

/// The text with signs that have no place in XML, and control characters, spelled out, as `\u{1b}`: names of
/// classes come from folders, which may be called anything.
pub(crate) fn legible(text: &str) -> Cow<'_, str> {
    let is_odd = |sign: char| {
        (sign.is_control() && !matches!(sign, '\t' | '\n' | '\r'))
            || matches!(sign, '\u{fffe}' | '\u{ffff}')
    };
    if !text.contains(is_odd) {
        return Cow::Borrowed(text);
    }
    let spelt = |text: String, sign: char| {
        if is_odd(sign) {
            text + &sign.escape_unicode().to_string()
        } else {
            text + sign.encode_utf8(&mut [0; 4])
        }
    };
    Cow::Owned(text.chars().fold(String::new(), spelt))
}

/// Makes text [`legible`], and escapes what HTML gives a meaning to.
pub(crate) fn escape(text: &str) -> String {
    let text = legible(text);
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_a_sign_and_no_negative_zero() {
        assert_eq!([signed(1.5), signed(-0.004), signed(-2.0)], ["+1.50", "0.00", "−2.00"]);
        assert_eq!([plain(-0.04, 1), plain(-1.25, 0), plain(3.0, 1)], ["0.0", "−1", "3.0"]);
    }

    #[test]
    fn signs_that_xml_has_no_place_for_are_spelt_out() {
        assert_eq!(legible("a\u{1b}b\u{7}\u{fffe}\u{0}"), r"a\u{1b}b\u{7}\u{fffe}\u{0}");
        assert_eq!(escape("<\u{1b}>"), r"&lt;\u{1b}&gt;");
        assert!(matches!(legible("Äpfel\t漢\n"), Cow::Borrowed("Äpfel\t漢\n")));
    }

    #[test]
    fn durations_are_in_the_two_largest_units() {
        assert_eq!(
            [duration(3.25), duration(45.0), duration(200.0), duration(7500.0)],
            ["3.2 s", "45 s", "3 min 20 s", "2 h 5 min"]
        );
    }
}
