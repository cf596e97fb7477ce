//! Going on where an earlier fetch ended.

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tenfold::data::fetch::*;

use crate::server::*;
use crate::{assert_fetched, names};

#[test]
fn a_broken_connection_is_taken_up_at_once_where_it_broke() {
    let folder = tempfile::tempdir().unwrap();
    let mirror = Mirror::new(|request, to| match request.range {
        Some(_) => give(request, to, "\"v1\"", &packed()),
        None => {
            let body = packed();
            head_of_whole(to, "\"v1\"", &body)?;
            to.write_all(&body[..40_000])
        }
    });
    let mut most = 0;
    let mut progress = |event: FetchEvent| {
        if let FetchEvent::Progress { bytes, total, .. } = event {
            assert!(bytes > most && total == Some(packed().len() as u64), "progress only ever grows");
            most = bytes;
        }
    };
    fetch(&options(folder.path(), &[&mirror]), &mut progress).unwrap();
    assert_fetched(folder.path());
    assert_eq!(most, packed().len() as u64);
    assert_eq!(mirror.ranges(), [None, Some("bytes=40000-".into())]);
}

/// Leaves 40,000 bytes of `body` under the version `etag` in the part file, as fetched from `url`.
fn leave_part(folder: &Path, url: &str, etag: &str, body: &[u8]) {
    let mut part = format!("tenfold part 1\n{url}{NAME}.gz\n{etag}\n{}\n", body.len()).into_bytes();
    part.resize(2048, b' ');
    part.extend_from_slice(&body[..40_000]);
    std::fs::write(folder.join(format!("{NAME}.gz.part")), part).unwrap();
}

#[test]
fn a_kept_beginning_saves_its_bytes() {
    let (folder, mirror) = (tempfile::tempdir().unwrap(), Mirror::good());
    leave_part(folder.path(), &mirror.url, "\"v1\"", &packed());
    fetch(&options(folder.path(), &[&mirror]), &mut |_| {}).unwrap();
    assert_fetched(folder.path());
    assert_eq!(mirror.ranges(), [Some("bytes=40000-".into())]);
    assert_eq!(mirror.requests()[0].if_range.as_deref(), Some("\"v1\""));
}

#[test]
fn a_kept_beginning_of_another_mirror_or_version_is_not_used() {
    for (url, etag) in [(Some("http://127.0.0.1:1/"), "\"v1\""), (None, "\"v0\"")] {
        let (folder, mirror) = (tempfile::tempdir().unwrap(), Mirror::good());
        leave_part(folder.path(), url.unwrap_or(&mirror.url), etag, &gzip(&contents(3)));
        fetch(&options(folder.path(), &[&mirror]), &mut |_| {}).unwrap();
        assert_fetched(folder.path());
        assert_eq!(mirror.requests().len(), 1);
    }
}

#[test]
fn a_kept_beginning_that_is_wrong_is_thrown_away_and_fetched_again() {
    let (folder, mirror) = (tempfile::tempdir().unwrap(), Mirror::good());
    let mut body = packed();
    body[20_000] ^= 1;
    leave_part(folder.path(), &mirror.url, "\"v1\"", &body);
    fetch(&options(folder.path(), &[&mirror]), &mut |_| {}).unwrap();
    assert_fetched(folder.path());
    assert_eq!(mirror.ranges(), [Some("bytes=40000-".into()), None]);
}

#[test]
fn servers_that_do_not_honour_the_range_are_asked_anew() {
    let ignores = Mirror::new(|request, to| {
        let whole = Request { range: None, ..request.clone() };
        give(&whole, to, "\"v1\"", &packed())
    });
    let lies = Mirror::new(|request, to| match &request.range {
        None => give(request, to, "\"v1\"", &packed()),
        Some(_) => {
            head(to, "206 Partial Content", &[("Content-Range", "bytes 0-9/10"), ("Content-Length", "10")])?;
            to.write_all(&packed()[..10])
        }
    });
    let refuses = Mirror::new(|request, to| match &request.range {
        None => give(request, to, "\"v1\"", &packed()),
        Some(_) => head(to, "416 Range Not Satisfiable", &[("Content-Length", "0")]),
    });
    for (mirror, requests) in [(ignores, 1), (lies, 2), (refuses, 2)] {
        let folder = tempfile::tempdir().unwrap();
        leave_part(folder.path(), &mirror.url, "\"v1\"", &packed());
        fetch(&options(folder.path(), &[&mirror]), &mut |_| {}).unwrap();
        assert_fetched(folder.path());
        assert_eq!(mirror.requests().len(), requests);
    }
}

#[test]
fn a_killed_fetch_is_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let mirror = Mirror::new(|request, to| match request.range {
        Some(_) => give(request, to, "\"v1\"", &packed()),
        None => {
            let body = packed();
            head_of_whole(to, "\"v1\"", &body)?;
            to.write_all(&body[..60_000])?;
            silence();
            Ok(())
        }
    });
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "resuming::child_that_is_killed", "--ignored"])
        .env("TENFOLD_TEST_MIRROR", &mirror.url)
        .env("TENFOLD_TEST_FOLDER", folder.path())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let part = folder.path().join(format!("{NAME}.gz.part"));
    let begun = Instant::now();
    while part.metadata().map_or(0, |metadata| metadata.len()) < 2048 + 60_000 {
        assert!(begun.elapsed() < Duration::from_secs(30), "the child fetches");
        thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(names(folder.path()), [format!("{NAME}.gz.part")]);
    fetch(&options(folder.path(), &[&mirror]), &mut |_| {}).unwrap();
    assert_fetched(folder.path());
    assert_eq!(mirror.ranges(), [None, Some("bytes=60000-".into())]);
}

#[test]
#[ignore = "started, and killed, by a_killed_fetch_is_resumed"]
fn child_that_is_killed() {
    let [url, folder] = ["TENFOLD_TEST_MIRROR", "TENFOLD_TEST_FOLDER"].map(|name| std::env::var(name).ok());
    let (Some(url), Some(folder)) = (url, folder) else { return };
    let mirror = Mirror { url, requests: Arc::default() };
    let mut options = options(Path::new(&folder), &[&mirror]);
    options.stall_timeout = Duration::from_secs(60);
    let _ = fetch(&options, &mut |_| {});
}
