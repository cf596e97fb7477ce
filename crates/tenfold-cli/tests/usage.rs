//! The command line itself: help, wrong usage, completions, the manual page.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use common::{Place, text};

const COMMANDS: [&[&str]; 13] = [
    &[],
    &["train"],
    &["evaluate"],
    &["predict"],
    &["read"],
    &["show"],
    &["summary"],
    &["data"],
    &["data", "fetch"],
    &["data", "verify"],
    &["report"],
    &["completions"],
    &["man"],
];

#[test]
fn every_command_explains_itself() {
    let place = Place::new();
    for command in COMMANDS {
        let help = place.good(&[command, &["--help"]].concat());
        assert!(help.contains("Usage: tenfold"), "{help}");
        assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
    }
    assert!(place.good(&["train", "--help"]).contains("Examples:"));
    assert!(place.good(&["--version"]).starts_with("tenfold "));
}

#[test]
fn wrong_usage_is_exit_2() {
    let place = Place::new();
    for arguments in [
        &[][..],
        &["fly"],
        &["train", "--bogus"],
        &["train", "--epochs", "-1"],
        &["train", "--epochs", "many"],
        &["train", "--dataset", "cifar"],
        &["train", "--runs", "2", "--resume", "x"],
        &["train", "--overwrite"],
        &["predict"],
        &["report"],
        &["completions", "tcsh"],
    ] {
        let output = place.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output.stderr));
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
    assert!(place.names(".").is_empty());
}

#[test]
fn completions_and_manual_pages_are_complete() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = place.good(&["completions", shell]);
        assert!(script.contains("validation-split") && script.contains("evaluate"), "{shell}");
    }
    assert!(place.good(&["man"]).contains(".TH tenfold 1"));
    place.good(&["man", "--out", "man1"]);
    let pages = place.names("man1");
    for page in ["tenfold.1", "tenfold-train.1", "tenfold-data.1", "tenfold-data-fetch.1"] {
        assert!(pages.iter().any(|name| name == page), "{pages:?}");
    }
}
