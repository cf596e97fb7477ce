//! Runs that are interrupted and go on: the finished model is the same, byte for byte.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use common::{Place, signal, text, wait_for};

/// A run of about a second, with everything that has a state of its own: momentum, schedule, early stopping.
const TRAIN: [&str; 19] = [
    "train",
    "--data",
    "data",
    "--epochs",
    "80",
    "--schedule",
    "cosine",
    "--warmup",
    "0.1",
    "--validation-split",
    "0.1",
    "--early-stopping",
    "60",
    "--batch-size",
    "16",
    "--seed",
    "3",
    "--threads",
    "1",
];

fn place() -> Place {
    Place::new().with_data(1500, 30)
}

fn uninterrupted(place: &Place) -> Vec<u8> {
    place.good(&[&TRAIN[..], &["--out", "whole"]].concat());
    fs::read(place.join("whole/model.safetensors")).unwrap()
}

/// Leaves a run in `run/` that was killed after a checkpoint.
fn kill_after_a_checkpoint(place: &Place) {
    let arguments = [&TRAIN[..], &["--out", "run"]].concat();
    let mut child = place.command(&arguments).stdout(Stdio::null()).spawn().unwrap();
    wait_for("a checkpoint", || place.join("run/checkpoint.safetensors").exists());
    signal(&child, "KILL");
    child.wait().unwrap();
}

#[test]
fn killed_at_any_moment_and_resumed_gives_the_same_bytes() {
    let place = place();
    let expected = uninterrupted(&place);
    let begin = [&TRAIN[..], &["--out", "killed"]].concat();
    let resume = ["train", "--resume", "killed", "--threads", "1"];
    let mut kills = 0;
    for milliseconds in [3, 40, 77, 5, 130, 20, 61, 99] {
        let begun = place.join("killed/run.json").exists();
        let arguments = if begun { &resume[..] } else { &begin[..] };
        let mut child =
            place.command(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        if !begun {
            wait_for("the beginning", || place.join("killed/run.json").exists());
        }
        std::thread::sleep(Duration::from_millis(milliseconds));
        signal(&child, "KILL");
        kills += usize::from(child.wait().unwrap().code().is_none());
    }
    assert!(kills > 0);
    place.good(&resume);
    assert_eq!(fs::read(place.join("killed/model.safetensors")).unwrap(), expected);
    assert_eq!(
        place.names("killed"),
        ["metrics.jsonl", "model.safetensors", "report.html", "run.json"],
        "what a killed write left is swept up"
    );
    // A finished run says so, and changes nothing.
    let said = place.good(&resume);
    assert!(said.contains("finished"), "{said}");
    assert_eq!(place.json(&resume)["seed"], 3);
    assert_eq!(fs::read(place.join("killed/model.safetensors")).unwrap(), expected);
    // Nor does it keep what it could not remove when it was finished.
    fs::write(place.join("killed/checkpoint.safetensors"), b"old").unwrap();
    fs::create_dir(place.join("killed/replaced")).unwrap();
    fs::write(place.join("killed/replaced/model.safetensors"), b"older").unwrap();
    place.good(&resume);
    assert_eq!(place.names("killed"), ["metrics.jsonl", "model.safetensors", "report.html", "run.json"]);
}

#[test]
fn ctrl_c_saves_says_how_to_go_on_and_going_on_gives_the_same_bytes() {
    let place = place();
    let expected = uninterrupted(&place);
    for (name, stop, threads) in [("int", "INT", "2"), ("term", "TERM", "1")] {
        let arguments = [&TRAIN[..], &["--out", name]].concat();
        // Tests that run in the background ignore SIGINT, and then so would the program.
        let starter: &[&str] = if cfg!(target_os = "linux") { &["env", "--default-signal=INT"] } else { &[] };
        let mut command = place.command_by(starter, &arguments);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        wait_for("a checkpoint", || place.join(name).join("checkpoint.safetensors").exists());
        signal(&child, stop);
        let output = child.wait_with_output().unwrap();
        let said = text(&output.stdout);
        assert_eq!(output.status.code(), Some(130), "{said} {}", text(&output.stderr));
        let line = said.lines().find(|line| line.contains("Go on with")).unwrap();
        let (_, command) = line.split_once("tenfold ").unwrap();
        let resume: Vec<&str> = command.split_whitespace().collect();
        assert_eq!(resume, ["train", "--resume", name]);
        let unfinished = place.bad(&["evaluate", name]);
        assert!(unfinished.contains(&format!("tenfold train --resume {name}")), "{unfinished}");
        place.good(&[&resume[..], &["--threads", threads]].concat());
        assert_eq!(fs::read(place.join(name).join("model.safetensors")).unwrap(), expected);
        let metrics = fs::read_to_string(place.join(name).join("metrics.jsonl")).unwrap();
        let whole = fs::read_to_string(place.join("whole/metrics.jsonl")).unwrap();
        assert_eq!(metrics.lines().count(), whole.lines().count());
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_signal_that_was_ignored_at_the_start_stays_ignored() {
    let place = place();
    let expected = uninterrupted(&place);
    // What `nohup` does, and what a shell does with SIGINT for what a script runs in the background.
    let starter = ["sh", "-c", r#"trap "" HUP INT; exec "$0" "$@""#];
    let arguments = [&TRAIN[..], &["--out", "on"]].concat();
    let mut child = place.command_by(&starter, &arguments).stdout(Stdio::null()).spawn().unwrap();
    wait_for("a checkpoint", || place.join("on/checkpoint.safetensors").exists());
    signal(&child, "HUP");
    signal(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(fs::read(place.join("on/model.safetensors")).unwrap(), expected);
}

#[test]
#[cfg(target_os = "linux")]
fn a_folder_whose_name_no_record_can_hold_is_refused_before_training_goes_on() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let place = place();
    kill_after_a_checkpoint(&place);
    let renamed = OsStr::from_bytes(b"r\xe9");
    fs::rename(place.join("run"), place.path().join(renamed)).unwrap();
    let output = place.command(&["train", "--resume"]).arg(renamed).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("not Unicode"), "{}", text(&output.stderr));
    assert!(place.path().join(renamed).join("checkpoint.safetensors").exists());
    // Nor a folder of data below such a one.
    let below = place.path().join(OsStr::from_bytes(b"caf\xe9"));
    fs::create_dir(&below).unwrap();
    fs::rename(place.join("data"), below.join("data")).unwrap();
    for command in [&["train", "--data", "data"][..], &["evaluate", "shipped", "--data", "data", "--json"]] {
        let output = place.command(command).current_dir(&below).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{command:?}");
        assert!(text(&output.stderr).contains("not Unicode"), "{}", text(&output.stderr));
    }
    assert!(!below.join("runs").exists());
}

#[test]
fn seeds_that_are_stopped_after_the_first_have_a_mean_but_no_deviation() {
    let place = place();
    let arguments = [&TRAIN[..], &["--out", "seeds", "--runs", "3"]].concat();
    let child = place.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for("the second seed", || place.join("seeds/seed-4/run.json").exists());
    signal(&child, "TERM");
    let output = child.wait_with_output().unwrap();
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(130), "{said} {}", text(&output.stderr));
    assert!(said.contains("% right (1 seed)") && !said.contains('±'), "{said}");
}

#[test]
#[cfg(any(target_os = "linux", target_os = "macos"))]
fn a_folder_that_is_trained_into_is_left_to_one_process_and_free_when_that_is_killed() {
    let place = place();
    let train = ["train", "--data", "data", "--epochs", "3000", "--threads", "1", "--out", "run"];
    let mut child = place.command(&train).stdout(Stdio::null()).spawn().unwrap();
    wait_for("a checkpoint", || place.join("run/checkpoint.safetensors").exists());
    for arguments in [&[&train[..], &["--overwrite"]].concat()[..], &["train", "--resume", "run"]] {
        let error = place.bad(arguments);
        assert!(error.contains("run: another tenfold is training into this folder"), "{error}");
    }
    assert!(place.join("run/checkpoint.safetensors").exists());
    signal(&child, "KILL");
    child.wait().unwrap();
    place.good(&["train", "--data", "data", "--epochs", "1", "--out", "run", "--overwrite"]);
}

#[test]
#[cfg(unix)]
fn a_run_that_is_replaced_is_there_until_the_new_one_is_finished() {
    let place = place();
    let train = |epochs| ["train", "--data", "data", "--epochs", epochs, "--out", "run", "--overwrite"];
    place.good(&train("1"));
    let (files, model) = (place.names("run"), fs::read(place.join("run/model.safetensors")).unwrap());
    let child = place.command(&train("3000")).stdout(Stdio::piped()).spawn().unwrap();
    wait_for("a checkpoint", || place.join("run/checkpoint.safetensors").exists());
    signal(&child, "TERM");
    let said = text(&child.wait_with_output().unwrap().stdout);
    assert!(said.contains("The run that was there before is in run/replaced."), "{said}");
    assert_eq!(place.names("run/replaced"), files);
    assert_eq!(fs::read(place.join("run/replaced/model.safetensors")).unwrap(), model);
    place.good(&["evaluate", "run/replaced", "--data", "data"]);
    place.good(&train("1"));
    assert_eq!(place.names("run"), files);
}

#[test]
fn a_resumed_run_keeps_its_own_settings_and_data() {
    let place = place();
    kill_after_a_checkpoint(&place);
    for contradiction in [
        &["--epochs", "5"][..],
        &["--batch-size", "32"],
        &["--seed", "0"],
        &["--learning-rate", "0.5"],
        &["--optimizer", "sgd"],
        &["--schedule", "constant"],
        &["--warmup", "0.2"],
        &["--validation-split", "0.2"],
        &["--early-stopping", "2"],
        &["--limit", "7"],
        &["--augment", "shift"],
        &["--mix", "strokes=0.1"],
        &["--precision", "bfloat16"],
        &["--model", "wide"],
    ] {
        let error = place.bad(&[&["train", "--resume", "run"], contradiction].concat());
        assert!(error.contains("contradicts run"), "{error}");
    }
    for (folder, expected) in
        [("nowhere", "no such folder"), ("data", "no run.json"), ("run/run.json", "name the run's folder")]
    {
        assert!(place.bad(&["train", "--resume", folder]).contains(expected));
    }
    // Other images under the same name are noticed, and the checkpoint stays.
    let images = place.join("data/train-images-idx3-ubyte");
    let good = fs::read(&images).unwrap();
    let mut other = good.clone();
    *other.last_mut().unwrap() ^= 1;
    fs::write(&images, other).unwrap();
    assert!(place.bad(&["train", "--resume", "run"]).contains("is not the data this run was begun on"));
    fs::write(&images, good).unwrap();
    // A checkpoint that is cut is refused, not half believed.
    let checkpoint = place.join("run/checkpoint.safetensors");
    let whole = fs::read(&checkpoint).unwrap();
    fs::write(&checkpoint, &whole[..whole.len() / 2]).unwrap();
    assert!(place.run(&["train", "--resume", "run"]).status.code() == Some(1));
    fs::write(&checkpoint, whole).unwrap();
    place.good(&["train", "--resume", "run", "--epochs", "80", "--schedule", "cosine", "--threads", "1"]);
}

#[test]
fn a_run_that_early_stopping_ended_but_could_not_save_is_finished_by_resume() {
    let place = place();
    let train = [
        &[
            "train",
            "--data",
            "data",
            "--epochs",
            "50",
            "--batch-size",
            "2",
            "--learning-rate",
            "0.02",
            "--threads",
        ][..],
        &["1", "--validation-split", "0.2", "--early-stopping", "2", "--out"],
    ]
    .concat();
    let whole = place.json(&[&train[..], &["whole"]].concat());
    assert_eq!(whole["stopped"], "early_stopping");
    let child = place
        .command(&[&train[..], &["run"]].concat())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for("the beginning", || place.join("run/run.json").exists());
    // A folder stands where the model should go.
    fs::create_dir(place.join("run/model.safetensors")).unwrap();
    let output = child.wait_with_output().unwrap();
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("tenfold train --resume run"), "{error}");
    fs::remove_dir(place.join("run/model.safetensors")).unwrap();
    let resumed = place.json(&["train", "--resume", "run", "--threads", "1"]);
    assert_eq!(
        (&resumed["epochs"], &resumed["restored_epoch"]),
        (&whole["epochs"], &whole["restored_epoch"])
    );
    let model = |run: &str| fs::read(place.join(run).join("model.safetensors")).unwrap();
    assert!(model("run") == model("whole"));
}
