//! Standard streams and disks that fail: broken pipes, full disks, folders that cannot be written.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use std::fs::{self, File};
use std::io::Read;
use std::process::{Command, Stdio};

use common::{Place, text};

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let place = Place::new().with_data(300, 30).with_run();
    for arguments in [
        &["show", "--data", "data", "-n", "300"][..],
        &["completions", "bash"],
        &["man"],
        &["evaluate", "out"],
        &["summary"],
        &["train", "--data", "data", "--epochs", "2"],
    ] {
        let mut child =
            place.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut pipe = child.stdout.take().unwrap();
        let mut byte = [0];
        pipe.read_exact(&mut byte).unwrap();
        drop(pipe);
        let output = child.wait_with_output().unwrap();
        assert_eq!(text(&output.stderr), "", "{arguments:?}");
        assert!(output.status.success(), "{arguments:?}: {}", output.status);
    }
    // The run whose reader went away is as complete as any.
    assert!(place.join("runs/001-data-tutorial/report.html").exists());
}

#[test]
fn pictures_that_were_asked_for_are_written_though_nobody_reads_the_lines() {
    let place = Place::new();
    fs::create_dir(place.join("scans")).unwrap();
    for number in 0..200 {
        let page = image::GrayImage::from_pixel(40, 30, image::Luma([230]));
        page.save(place.join("scans").join(format!("{number}.png"))).unwrap();
    }
    let mut command = place.command(&["read", "scans", "--json", "--annotated", "boxes"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(place.names("boxes").len(), 200);
}

#[test]
#[cfg(target_os = "linux")]
fn output_that_cannot_be_written_is_an_error() {
    let place = Place::new().with_data(60, 30).with_run();
    for arguments in [
        &["show", "--data", "data"][..],
        &["show", "--data", "data", "--json"],
        &["evaluate", "out"],
        &["completions", "bash"],
        &["data", "path"],
    ] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = place.command(arguments).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(text(&output.stderr).contains("cannot write the output"), "{}", text(&output.stderr));
    }
}

#[test]
fn a_place_that_cannot_be_written_is_refused_before_training() {
    let place = Place::new().with_data(60, 30);
    fs::write(place.join("file"), "mine").unwrap();
    for out in ["file", "file/inside", "/proc/no-such-folder", "/dev/null/x"] {
        let error = place.bad(&["train", "--data", "data", "--out", out]);
        assert!(error.contains(out), "{error}");
    }
    assert_eq!(fs::read(place.join("file")).unwrap(), b"mine");
    // Without --out, runs/ is what cannot be made.
    fs::write(place.join("runs"), "mine too").unwrap();
    assert!(place.bad(&["train", "--data", "data"]).contains("runs"));
    assert_eq!(fs::read(place.join("runs")).unwrap(), b"mine too");
}

/// A disk that is full looks to the program like a file size limit: the write fails in the middle of the file.
#[test]
fn a_full_disk_is_named_and_nothing_is_half_written() {
    let place = Place::new().with_data(60, 30).with_run();
    let before = fs::read(place.join("out/model.safetensors")).unwrap();
    let limited = |arguments: &[&str]| {
        let program = place.command(arguments);
        let mut shell = Command::new("sh");
        shell.args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\""]);
        shell.arg(program.get_program()).args(program.get_args()).current_dir(place.path());
        shell.output().unwrap()
    };
    let output = limited(&["train", "--data", "data", "--epochs", "2", "--out", "full"]);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("full/model.safetensors") && error.trim_end().lines().count() == 1, "{error}");
    let names = place.names("full");
    assert!(!names.contains(&"model.safetensors".to_string()), "{names:?}");
    assert!(!names.iter().any(|name| name.starts_with(".tenfold-")), "{names:?}");
    assert!(error.contains("tenfold train --resume full"), "{error}");
    place.good(&["train", "--resume", "full"]);
    assert_eq!(
        fs::read(place.join("full/model.safetensors")).unwrap(),
        before,
        "the same seed and recipe as out/"
    );
    let output = limited(&["show", "--data", "data", "--out", "grid.png", "-n", "60"]);
    assert!(output.status.success() || !place.join("grid.png").exists());
    assert_eq!(fs::read(place.join("out/model.safetensors")).unwrap(), before);
}

#[test]
fn what_is_written_is_as_private_as_the_umask_asks() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new().with_data(60, 30);
    let script = format!("umask 077; {} show --data data -n 1 --out grid.png", env!("CARGO_BIN_EXE_tenfold"));
    let shown = Command::new("sh").args(["-c", &script]).current_dir(place.path()).output().unwrap();
    assert!(shown.status.success(), "{}", text(&shown.stderr));
    assert_eq!(fs::metadata(place.join("grid.png")).unwrap().permissions().mode() & 0o777, 0o600);
}
