//! Counts and durations as people read them: the same in a summary, in the program and in its report.

/// `60000` → `60,000`.
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok());
    groups.collect::<Vec<_>>().join(",")
}

/// Seconds as `62 ms`, `0.61 s`, `12.3 s`, `4 min 5 s`, `2 h 3 min`.
#[must_use]
pub fn duration(seconds: f64) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_and_durations_rounded() {
        let counts = [0, 999, 1000, 118_282, 1_000_000].map(count);
        assert_eq!(counts, ["0", "999", "1,000", "118,282", "1,000,000"]);
        let durations = [0.0614, 0.614, 14.23, 59.97, 185.0, 3599.6, 7380.0].map(duration);
        let expected = ["61 ms", "0.61 s", "14.2 s", "1 min 0 s", "3 min 5 s", "1 h 0 min", "2 h 3 min"];
        assert_eq!(durations, expected);
    }
}
