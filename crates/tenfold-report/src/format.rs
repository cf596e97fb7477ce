//! Numbers for people. The same figure is written the same way everywhere on the page.

use tenfold::numbers;

/// `118,282`.
pub(crate) fn count(n: usize) -> String {
    numbers::count(n as u64)
}

/// `1 image`, `10,000 images`.
pub(crate) fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// A fraction as `97.81 %` (with a space that does not break).
pub(crate) fn percent(fraction: f64) -> String {
    if fraction.is_finite() { format!("{:.2}\u{a0}%", 100.0 * fraction) } else { "not a number".into() }
}

/// A probability as `87.3 %`; what rounds to certainty without being it is `>99.9 %`.
pub(crate) fn confidence(probability: f64) -> String {
    if (0.9995..1.0).contains(&probability) {
        return ">99.9\u{a0}%".into();
    }
    format!("{:.1}\u{a0}%", 100.0 * probability)
}

/// `0.0712`.
pub(crate) fn loss(loss: f64) -> String {
    if loss.is_finite() { format!("{loss:.4}") } else { "not a number".into() }
}

/// A figure without a unit: `0.0351`.
pub(crate) fn score(score: f64) -> String {
    if score.is_finite() { format!("{score:.4}") } else { "not a number".into() }
}

/// `62 ms`, `0.61 s`, `14.2 s`, `3 min 5 s` (with spaces that do not break).
pub(crate) fn seconds(seconds: f64) -> String {
    if seconds.is_finite() && seconds >= 0.0 {
        numbers::duration(seconds).replace(' ', "\u{a0}")
    } else {
        "unknown".into()
    }
}

/// `980`, `9.4k`, `1.2M`: three or four characters, for labels with little room.
pub(crate) fn short(n: usize) -> String {
    match n as f64 {
        x if x < 999.5 => n.to_string(),
        x if x < 9_950.0 => format!("{:.1}k", x / 1e3),
        x if x < 999_500.0 => format!("{:.0}k", x / 1e3),
        x => format!("{:.1}M", x / 1e6),
    }
}

/// Whether a data set of this name is the built-in handwriting.
pub(crate) fn is_strokes(name: &str) -> bool {
    name == "strokes"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(counted(1, "image", "images"), "1 image");
        assert_eq!(percent(0.97814), "97.81\u{a0}%");
        assert_eq!(
            [0.5, 0.99949, 0.99996, 1.0].map(confidence),
            ["50.0\u{a0}%", "99.9\u{a0}%", ">99.9\u{a0}%", "100.0\u{a0}%"]
        );
        assert_eq!([185.0, -1.0, f64::NAN].map(seconds), ["3\u{a0}min\u{a0}5\u{a0}s", "unknown", "unknown"]);
        assert_eq!(loss(f64::NAN), "not a number");
    }
}
