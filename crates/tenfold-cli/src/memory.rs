//! How much memory this process has used at most. Known on Linux only; elsewhere nothing is claimed.

/// The largest resident set so far, in bytes: `VmHWM` of `/proc/self/status` (proc(5)).
pub fn peak_bytes() -> Option<u64> {
    parse(&std::fs::read_to_string("/proc/self/status").ok()?)
}

fn parse(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_high_water_mark_and_nothing_else() {
        assert_eq!(parse("VmPeak:\t 9 kB\nVmHWM:\t   2048 kB\nVmRSS:\t 1 kB\n"), Some(2_097_152));
        assert_eq!(parse("VmHWM: many kB"), None);
        assert_eq!(parse(""), None);
    }
}
