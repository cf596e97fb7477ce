//! Numbers and durations as people read them.

/// `60000` → `60,000`.
pub fn count(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `count(n)` with the noun in the right number.
pub fn counted(n: usize, noun: &str) -> String {
    format!("{} {noun}{}", count(n), if n == 1 { "" } else { "s" })
}

/// A fraction as `97.81 %`.
pub fn percent(fraction: f64) -> String {
    format!("{:.2} %", fraction * 100.0)
}

/// Images a second: `1.21 M images/s`, `83 k images/s`, `410 images/s`.
pub fn rate(images: usize, seconds: f64) -> String {
    let rate = if seconds > 0.0 { images as f64 / seconds } else { 0.0 };
    match rate {
        r if r >= 1e6 => format!("{:.2} M images/s", r / 1e6),
        r if r >= 1e3 => format!("{:.0} k images/s", r / 1e3),
        r => format!("{r:.0} images/s"),
    }
}

/// Seconds as `62 ms`, `0.61 s`, `12.3 s`, `4 min 5 s`, `2 h 3 min`.
pub fn seconds(seconds: f64) -> String {
    match seconds {
        s if s < 0.0995 => format!("{:.0} ms", s * 1000.0),
        s if s < 9.995 => format!("{s:.2} s"),
        s if s < 59.95 => format!("{s:.1} s"),
        s if s < 3599.5 => {
            let whole = s.round() as u64;
            format!("{} min {} s", whole / 60, whole % 60)
        }
        s => {
            let minutes = (s / 60.0).round() as u64;
            format!("{} h {} min", minutes / 60, minutes % 60)
        }
    }
}

/// Bytes as `98 MB` (millions) or `412 kB`.
pub fn bytes(bytes: u64) -> String {
    match bytes {
        b if b >= 10_000_000 => format!("{} MB", b / 1_000_000),
        b if b >= 1_000_000 => format!("{:.1} MB", b as f64 / 1e6),
        b if b >= 1000 => format!("{} kB", b / 1000),
        b => format!("{b} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_rounded() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(118_282), "118,282");
        assert_eq!(count(1_000_000), "1,000,000");
        assert_eq!(counted(1, "image"), "1 image");
        assert_eq!(percent(0.978_14), "97.81 %");
        assert_eq!(rate(60_000, 0.05), "1.20 M images/s");
        assert_eq!(rate(60_000, 0.0), "0 images/s");
        assert_eq!(seconds(0.0614), "61 ms");
        assert_eq!(seconds(0.614), "0.61 s");
        assert_eq!(seconds(59.97), "1 min 0 s");
        assert_eq!(seconds(7380.0), "2 h 3 min");
        assert_eq!(bytes(98_400_000), "98 MB");
    }
}
