//! Fetching from mirrors that misbehave in every way seen in the wild, each a small server on the loopback interface.
//!
//! The files are small stand-ins with their own SHA-256; nothing here reaches any other machine.
#![cfg(feature = "fetch")]
#![allow(clippy::unwrap_used)]

mod failing;
mod resuming;
mod server;

use std::io::Write;
use std::path::Path;
use std::thread;
use std::time::Duration;

use tenfold::data::{DataError, fetch::*};

use crate::server::*;

fn names(folder: &Path) -> Vec<String> {
    let entries = folder.read_dir().unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[track_caller]
fn assert_fetched(folder: &Path) {
    assert_eq!(std::fs::read(folder.join(NAME)).unwrap(), contents(1));
    assert_eq!(names(folder), [NAME], "nothing but the file is left");
}

#[test]
fn what_is_there_and_right_is_not_fetched_again_and_what_is_wrong_is() {
    let (folder, mirror) = (tempfile::tempdir().unwrap(), Mirror::good());
    let options = options(&folder.path().join("made/for/it"), &[&mirror]);
    fetch(&options, &mut |_| {}).unwrap();
    let mut events = Vec::new();
    fetch(&options, &mut |event| events.push(format!("{event:?}"))).unwrap();
    assert_eq!(events, [format!("Present {{ file: {NAME:?} }}")]);
    assert_eq!(mirror.requests().len(), 1);
    std::fs::write(options.folder.join(NAME), b"<html>").unwrap();
    fetch(&options, &mut |_| {}).unwrap();
    assert_fetched(&options.folder);
    std::fs::remove_file(options.folder.join(NAME)).unwrap();
    std::fs::write(options.folder.join(format!("{NAME}.gz")), packed()).unwrap();
    fetch(&options, &mut |_| {}).unwrap();
    assert_eq!(mirror.requests().len(), 2, "a packed file will do");
    // But not beside a plain one that is wrong: that is the one that would be read.
    std::fs::write(options.folder.join(NAME), b"<html>").unwrap();
    fetch(&options, &mut |_| {}).unwrap();
    assert_eq!(std::fs::read(options.folder.join(NAME)).unwrap(), contents(1));
}

#[test]
fn a_wrong_file_with_a_dot_in_its_name_is_replaced_and_not_joined_by_another() {
    let (folder, mirror) = (tempfile::tempdir().unwrap(), Mirror::good());
    let dotted = "train-labels.idx1-ubyte";
    for before in [&b"<html>"[..], &contents(1)] {
        std::fs::write(folder.path().join(dotted), before).unwrap();
        fetch(&options(folder.path(), &[&mirror]), &mut |_| {}).unwrap();
        assert_eq!(names(folder.path()), [dotted]);
        assert_eq!(std::fs::read(folder.path().join(dotted)).unwrap(), contents(1));
    }
    assert_eq!(mirror.requests().len(), 1);
    // It is the one that is read, whatever lies packed beside it.
    let packed_name = format!("{NAME}.gz");
    std::fs::write(folder.path().join(&packed_name), b"<html>").unwrap();
    fetch(&options(folder.path(), &[&mirror]), &mut |_| {}).unwrap();
    assert_eq!(mirror.requests().len(), 1);
    std::fs::write(folder.path().join(&packed_name), packed()).unwrap();
    std::fs::write(folder.path().join(dotted), b"<html>").unwrap();
    fetch(&options(folder.path(), &[&mirror]), &mut |_| {}).unwrap();
    assert_eq!(std::fs::read(folder.path().join(dotted)).unwrap(), contents(1));
}

#[test]
fn many_at_once_do_not_harm_one_another() {
    let folder = tempfile::tempdir().unwrap();
    let mirror = Mirror::new(|_, to| {
        let body = packed();
        head_of_whole(to, "\"v1\"", &body)?;
        body.chunks(10_000).try_for_each(|chunk| {
            thread::sleep(Duration::from_millis(20));
            to.write_all(chunk)
        })
    });
    thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| fetch(&options(folder.path(), &[&mirror]), &mut |_| {}).unwrap());
        }
    });
    assert_fetched(folder.path());
}

#[test]
fn a_folder_that_cannot_be_written_is_one_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, b"").unwrap();
    let mirror = Mirror::good();
    let error = fetch(&options(&file.join("mnist"), &[&mirror]), &mut |_| {}).unwrap_err();
    assert!(matches!(error, DataError::Unwritable { .. }));
    let text = error.to_string();
    assert!(text.contains("mnist: MNIST cannot be kept there") && text.lines().count() == 1, "{text}");
    assert!(mirror.requests().is_empty());
}

mod real_mnist {
    use super::*;
    use std::path::PathBuf;
    use tenfold::data::mnist::{self, FileStatus};

    #[test]
    #[ignore = "needs TENFOLD_DATA"]
    fn comes_whole_from_a_mirror_of_the_packed_files() {
        let named = PathBuf::from(std::env::var_os("TENFOLD_DATA").unwrap());
        let from_root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(&named);
        let source = if named.is_dir() { named } else { from_root };
        let mirror = Mirror::new(move |request, to| {
            let name = request.path.rsplit('/').next().unwrap();
            give(request, to, "\"v1\"", &std::fs::read(source.join(name)).unwrap_or_default())
        });
        let folder = tempfile::tempdir().unwrap();
        let options = FetchOptions { mirrors: vec![mirror.url.clone()], ..FetchOptions::new(folder.path()) };
        fetch(&options, &mut |_| {}).unwrap();
        assert_eq!(names(folder.path()).len(), 4);
        assert!(mnist::verify(folder.path()).iter().all(|check| check.status == FileStatus::Ok));
        for file in mnist::FILES {
            assert_eq!(folder.path().join(file.name).metadata().unwrap().len(), file.bytes);
        }
        let (train, test) = mnist::load_from(folder.path()).unwrap();
        assert_eq!((train.len(), test.len()), (60_000, 10_000));
    }
}
