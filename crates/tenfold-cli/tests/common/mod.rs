//! What the tests of the program share: a folder of their own, small data, and ways of running it.
#![allow(dead_code, missing_docs, clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// A folder that is gone after the test; programs run in it, away from the user's data and cache.
pub struct Place(TempDir);

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// `tenfold` with these arguments, not started yet.
    pub fn command(&self, arguments: &[&str]) -> Command {
        self.command_by(&[], arguments)
    }

    /// The same by another program and its arguments, which `tenfold` follows.
    pub fn command_by(&self, starter: &[&str], arguments: &[&str]) -> Command {
        let words = [starter, &[env!("CARGO_BIN_EXE_tenfold")], arguments].concat();
        let mut command = Command::new(words[0]);
        command
            .args(&words[1..])
            .current_dir(self.path())
            .env("HOME", self.join("home"))
            .env("XDG_CACHE_HOME", self.join("cache"))
            .stdin(Stdio::null());
        for variable in ["TENFOLD_DATA", "TENFOLD_SIMD", "NO_COLOR", "COLORTERM", "CLICOLOR_FORCE"] {
            command.env_remove(variable);
        }
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs, and requires that it works; returns standard output.
    pub fn good(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    /// Runs with `--json`; returns the last line of standard output.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let out = self.good(&[arguments, &["--json"]].concat());
        serde_json::from_str(out.lines().last().unwrap()).unwrap_or_else(|error| panic!("{error}: {out}"))
    }

    /// Runs, and requires exit status 1 with a single line on standard error; returns that line.
    pub fn bad(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {error}");
        assert!(
            error.starts_with("error: ") && error.trim_end().lines().count() == 1,
            "{arguments:?}: {error}"
        );
        error
    }

    /// Names in a folder, hidden ones too.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.join(folder)) else { return Vec::new() };
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// A folder `data` of IDX files: `train` and `test` images of 12×12 in three classes that are easy to tell apart.
    pub fn with_data(self, train: usize, test: usize) -> Self {
        let folder = self.join("data");
        fs::create_dir_all(&folder).unwrap();
        for (part, count, seed) in [("train", train, 1), ("t10k", test, 2)] {
            let (images, labels) = images(count, seed);
            fs::write(folder.join(format!("{part}-images-idx3-ubyte")), images).unwrap();
            fs::write(folder.join(format!("{part}-labels-idx1-ubyte")), labels).unwrap();
        }
        self
    }

    /// A finished run in `out/` on that data.
    pub fn with_run(self) -> Self {
        self.good(&["train", "--data", "data", "--epochs", "2", "--out", "out"]);
        self
    }
}

const SIDE: usize = 12;

/// IDX files: a bar along the top, the left side or the diagonal, with noise.
fn images(count: usize, seed: u32) -> (Vec<u8>, Vec<u8>) {
    let mut state = seed;
    let mut random = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 24
    };
    let mut images = [0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0, SIDE as u8, 0, 0, 0, SIDE as u8].to_vec();
    images[4..8].copy_from_slice(&(count as u32).to_be_bytes());
    let mut labels = [0, 0, 8, 1, 0, 0, 0, 0].to_vec();
    labels[4..8].copy_from_slice(&(count as u32).to_be_bytes());
    for index in 0..count {
        let label = index % 3;
        labels.push(label as u8);
        let shift = random() as usize % 3;
        for y in 0..SIDE {
            for x in 0..SIDE {
                let lit = [y == 2 + shift, x == 2 + shift, y == x + shift][label];
                let noise = random();
                images.push(if lit {
                    128 + (noise / 2) as u8
                } else if noise > 230 {
                    noise as u8
                } else {
                    0
                });
            }
        }
    }
    (images, labels)
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Waits until `what` holds; the tests' machines may be slow.
pub fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what} did not happen");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Sends a signal by its name.
pub fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}
