//! Numbers for people. The same figure is written the same way everywhere on the page.

/// `118,282`.
pub(crate) fn count(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
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

/// `62 ms`, `0.61 s`, `14.2 s`, `3 min 5 s`.
pub(crate) fn seconds(seconds: f64) -> String {
    match seconds {
        s if !s.is_finite() || s < 0.0 => "unknown".into(),
        s if s < 0.0995 => format!("{:.0}\u{a0}ms", 1000.0 * s),
        s if s < 9.995 => format!("{s:.2}\u{a0}s"),
        s if s < 119.95 => format!("{s:.1}\u{a0}s"),
        s => format!("{:.0}\u{a0}min {:.0}\u{a0}s", (s.round() / 60.0).floor(), s.round() % 60.0),
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
        assert_eq!(
            [0, 999, 1000, 118_282, 1_000_000].map(count),
            ["0", "999", "1,000", "118,282", "1,000,000"]
        );
        assert_eq!(counted(1, "image", "images"), "1 image");
        assert_eq!(percent(0.97814), "97.81\u{a0}%");
        assert_eq!(
            [0.5, 0.99949, 0.99996, 1.0].map(confidence),
            ["50.0\u{a0}%", "99.9\u{a0}%", ">99.9\u{a0}%", "100.0\u{a0}%"]
        );
        let times = [0.0621, 0.61, 14.23, 185.0, 119.97, f64::NAN].map(|t| seconds(t).replace('\u{a0}', " "));
        assert_eq!(times, ["62 ms", "0.61 s", "14.2 s", "3 min 5 s", "2 min 0 s", "unknown"]);
        assert_eq!(loss(f64::NAN), "not a number");
    }
}
