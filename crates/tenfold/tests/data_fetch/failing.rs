//! Mirrors that fail, one test for each way.

use std::io::Write;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tenfold::data::{DataError, fetch::*};

use crate::server::*;
use crate::{assert_fetched, names};

/// The bad mirror is passed over for `reason`; alone, it fails for it and leaves nothing but (`keeps`) a good beginning.
#[track_caller]
fn passed_over(bad: &Mirror, reason: &str, keeps: bool) {
    let folder = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    let error = fetch(&options(folder.path(), &[bad]), &mut |_| {}).unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(20), "took {:?}", begun.elapsed());
    let text = error.to_string();
    assert!(matches!(&error, DataError::FetchFailed { file, .. } if file == NAME), "{text}");
    assert!(text.contains(reason) && text.contains(&bad.url), "{text}");
    let part = format!("{NAME}.gz.part");
    assert_eq!(names(folder.path()), if keeps { vec![part] } else { vec![] }, "{text}");

    let folder = tempfile::tempdir().unwrap();
    let mut reasons = Vec::new();
    let good = Mirror::good();
    let fetched = fetch(&options(folder.path(), &[bad, &good]), &mut |event| {
        if let FetchEvent::MirrorFailed { mirror, reason, .. } = event {
            reasons.push((mirror.to_owned(), reason.to_owned()));
        }
    });
    assert_eq!(fetched.unwrap(), folder.path());
    assert_fetched(folder.path());
    assert_eq!(reasons.len(), 1);
    assert!(reasons[0].0 == bad.url && reasons[0].1.contains(reason), "{reasons:?}");
}

#[test]
fn a_503_page_is_not_data() {
    let bad = Mirror::new(|_, to| {
        head(to, "503 Service Unavailable", &[("Content-Type", "text/html")])?;
        to.write_all(b"<html>come back later</html>")
    });
    passed_over(&bad, "HTTP 503", false);
}

#[test]
fn a_404_page_is_not_data() {
    passed_over(
        &Mirror::new(|_, to| head(to, "404 Not Found", &[("Content-Length", "0")])),
        "HTTP 404",
        false,
    );
}

#[test]
fn a_web_page_with_status_200_is_not_data() {
    let bad = Mirror::new(|_, to| {
        head(to, "200 OK", &[("Content-Type", "text/html")])?;
        to.write_all(b"<!DOCTYPE html><html>log in to this network</html>")
    });
    passed_over(&bad, "begins with \"<!DOCTYPE html", false);
}

#[test]
fn an_empty_answer_is_not_data() {
    passed_over(&Mirror::new(|_, to| head(to, "200 OK", &[("Content-Length", "0")])), "empty answer", false);
}

#[test]
fn a_body_cut_off_each_time_is_not_data() {
    let bad = Mirror::new(|_, to| {
        let body = packed();
        head_of_whole(to, "\"v1\"", &body)?;
        to.write_all(&body[..body.len() / 2])
    });
    passed_over(&bad, "closed the connection after", true);
}

#[test]
fn a_body_cut_off_without_a_length_is_not_data() {
    let bad = Mirror::new(|_, to| {
        head(to, "200 OK", &[])?;
        to.write_all(&packed()[..50_000])
    });
    passed_over(&bad, "cut-off gzip", false);
}

#[test]
fn another_file_is_not_data() {
    let other = gzip(&contents(2));
    let bad = Mirror::new(move |request, to| give(request, to, "\"v1\"", &other));
    passed_over(&bad, "expected SHA-256", false);
}

#[test]
fn a_damaged_file_is_not_data() {
    let bad = Mirror::new(|request, to| {
        let mut body = packed();
        let last = body.len() - 6; // In gzip's own checksum: the contents are right.
        body[last] ^= 1;
        give(request, to, "\"v1\"", &body)
    });
    passed_over(&bad, "damaged", false);
}

#[test]
fn a_file_that_unpacks_to_more_is_not_data() {
    let bomb = gzip(&vec![0; 10 << 20]);
    let bad = Mirror::new(move |request, to| give(request, to, "\"v1\"", &bomb));
    passed_over(&bad, "more than 100008 bytes unpacked", false);
}

#[test]
fn redirects_in_a_circle_end() {
    let bad = Mirror::new(|request, to| {
        head(to, "302 Found", &[("Location", &request.path), ("Content-Length", "0")])
    });
    passed_over(&bad, "redirects more than 5 times", false);
}

#[test]
fn a_body_without_end_ends() {
    let bad = Mirror::new(|_, to| {
        head(to, "200 OK", &[])?;
        to.write_all(&packed()[..1000])?;
        loop {
            to.write_all(&[0; 4096])?;
        }
    });
    passed_over(&bad, "sent more than the 113533 bytes", false);
}

#[test]
fn a_body_that_claims_too_much_is_not_begun() {
    let bad = Mirror::new(|_, to| {
        head(to, "200 OK", &[("Content-Length", "99999999999")])?;
        to.write_all(&packed())
    });
    passed_over(&bad, "offers 99999999999 bytes", false);
}

#[test]
fn a_trickle_is_left() {
    let bad = Mirror::new(|_, to| {
        let body = packed();
        head_of_whole(to, "\"v1\"", &body)?;
        body.iter().try_for_each(|byte| {
            thread::sleep(Duration::from_millis(20));
            to.write_all(&[*byte])
        })
    });
    passed_over(&bad, "too slow", true);
}

#[test]
fn a_stalled_body_is_left() {
    let bad = Mirror::new(|_, to| {
        let body = packed();
        head_of_whole(to, "\"v1\"", &body)?;
        to.write_all(&body[..30_000])?;
        silence();
        Ok(())
    });
    passed_over(&bad, "nothing came for 1.5 s after 30000 of", true);
}

#[test]
fn a_mirror_that_never_answers_is_left() {
    passed_over(&Mirror::silent(), "1.5 s", false);
}

#[test]
fn a_head_that_trickles_is_left() {
    let bad = Mirror::new(|_, to| {
        to.write_all(b"HTTP/1.1 200 OK\r\nX-Long: ")?;
        loop {
            thread::sleep(Duration::from_millis(20));
            to.write_all(b"x")?;
        }
    });
    passed_over(&bad, "no answer within 1.5 s", false);
}

#[test]
fn a_refused_connection_is_left() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let bad = Mirror { url: format!("http://{address}/"), requests: Arc::default() };
    passed_over(&bad, "refused", false);
}

#[test]
fn a_hangup_and_noise_are_left() {
    passed_over(&Mirror::new(|_, _| Ok(())), "", false);
    passed_over(&Mirror::new(|_, to| to.write_all(b"SSH-2.0-OpenSSH_9.9\r\n")), "", false);
}

#[test]
fn an_address_that_is_none_is_left() {
    for url in ["not an address", "ftp://127.0.0.1/", ""] {
        passed_over(&Mirror { url: url.into(), requests: Arc::default() }, "", false);
    }
}

#[test]
fn every_mirror_is_named_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let down = Mirror::new(|_, to| head(to, "503 Service Unavailable", &[]));
    let page = Mirror::new(|_, to| {
        head(to, "200 OK", &[])?;
        to.write_all(b"<html>")
    });
    let error = fetch(&options(folder.path(), &[&down, &page]), &mut |_| {}).unwrap_err().to_string();
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(lines[0], format!("{NAME}: no mirror gave it:"));
    assert_eq!(lines[1], format!("  {}: answered HTTP 503 Service Unavailable", down.url));
    assert!(lines[2].starts_with(&format!("  {}: sent something else", page.url)), "{error}");
    assert!(lines[3].contains("TENFOLD_DATA") && lines.len() == 4, "{error}");
}

#[test]
fn silent_mirrors_are_given_up_together() {
    let folder = tempfile::tempdir().unwrap();
    let silent: Vec<Mirror> = (0..20).map(|_| Mirror::silent()).collect();
    let mut options = options(folder.path(), &silent.iter().collect::<Vec<_>>());
    (options.stall_timeout, options.give_up) = (Duration::from_secs(10), Duration::from_millis(700));
    let begun = Instant::now();
    let error = fetch(&options, &mut |_| {}).unwrap_err().to_string();
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    assert!(error.contains("not tried: nothing has come"), "{error}");
}

/// Slow work between two files: here whoever is told that the first one is finished.
#[test]
fn what_is_done_between_files_is_not_counted_against_mirrors() {
    let folder = tempfile::tempdir().unwrap();
    let good = Mirror::new(|request, to| {
        let seed = if request.path.contains("t10k") { 7 } else { 1 };
        give(request, to, "\"v1\"", &gzip(&contents(seed)))
    });
    let mut options = options(folder.path(), &[&good]);
    options.files.push(remote("t10k-labels-idx1-ubyte", 7));
    options.give_up = Duration::from_millis(1500);
    let mut slow = |event: FetchEvent| {
        if event == (FetchEvent::Finished { file: NAME }) {
            std::thread::sleep(Duration::from_millis(1600));
        }
    };
    fetch(&options, &mut slow).unwrap();
    assert_eq!(names(folder.path()), ["t10k-labels-idx1-ubyte", NAME]);
}

#[test]
fn a_mirror_that_cannot_be_reached_is_not_asked_for_the_next_file() {
    let folder = tempfile::tempdir().unwrap();
    let silent = Mirror::silent();
    let good = Mirror::new(|request, to| {
        let seed = if request.path.contains("t10k") { 7 } else { 1 };
        give(request, to, "\"v1\"", &gzip(&contents(seed)))
    });
    let mut options = options(folder.path(), &[&silent, &good]);
    options.files.push(remote("t10k-labels-idx1-ubyte", 7));
    fetch(&options, &mut |_| {}).unwrap();
    assert_eq!(silent.requests().len(), 1);
    assert_eq!(names(folder.path()), ["t10k-labels-idx1-ubyte", NAME]);
}
