//! Numbers as people read them.

pub use tenfold::numbers::duration as seconds;

use tenfold::numbers;

/// `60000` → `60,000`.
pub fn count(n: usize) -> String {
    numbers::count(n as u64)
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

/// Bytes as `98 MB` (millions) or `412 kB`.
pub fn bytes(bytes: u64) -> String {
    match bytes {
        b if b >= 10_000_000 => format!("{} MB", b / 1_000_000),
        b if b >= 1_000_000 => format!("{:.1} MB", b as f64 / 1e6),
        b if b >= 1000 => format!("{} kB", b / 1000),
        b => format!("{b} bytes"),
    }
}

/// A name without what would move a terminal's cursor or change its colours.
pub fn printable(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_one_line_and_one_colour() {
        assert_eq!(printable("a\nb\u{1b}[31m é 7.png"), "a\u{fffd}b\u{fffd}[31m é 7.png");
    }

    #[test]
    fn numbers_are_grouped_and_rounded() {
        assert_eq!(counted(1, "image"), "1 image");
        assert_eq!(percent(0.978_14), "97.81 %");
        assert_eq!(rate(60_000, 0.05), "1.20 M images/s");
        assert_eq!(rate(60_000, 0.0), "0 images/s");
        assert_eq!(bytes(98_400_000), "98 MB");
    }
}
