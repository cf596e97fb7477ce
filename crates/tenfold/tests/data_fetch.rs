//! Fetching from mirrors that misbehave in every way seen in the wild, each a small server on the loopback interface.
//!
//! The files are small stand-ins with their own SHA-256; nothing here reaches any other machine.
#![cfg(feature = "fetch")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use tenfold::data::{DataError, fetch::*, idx};

const NAME: &str = "train-labels-idx1-ubyte";

// ---- the file, and servers of it -----------------------------------------------------------------------------------

/// A file of labels that does not compress well.
fn contents(seed: u32) -> Vec<u8> {
    let mut state = seed;
    let labels: Vec<u8> = (0..100_000)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect();
    let mut file = Vec::new();
    idx::write_labels(&mut file, &labels).unwrap();
    file
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The file as mirrors keep it.
fn packed() -> Vec<u8> {
    static PACKED: LazyLock<Vec<u8>> = LazyLock::new(|| gzip(&contents(1)));
    PACKED.clone()
}

fn remote(name: &str, seed: u32) -> RemoteFile {
    let bytes = contents(seed);
    let sha256 = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    RemoteFile { name: name.into(), sha256, bytes: bytes.len() as u64 }
}

fn options(folder: &Path, mirrors: &[&Mirror]) -> FetchOptions {
    FetchOptions {
        mirrors: mirrors.iter().map(|mirror| mirror.url.clone()).collect(),
        files: vec![remote(NAME, 1)],
        connect_timeout: Duration::from_secs(3),
        stall_timeout: Duration::from_millis(1500),
        ..FetchOptions::new(folder)
    }
}

#[derive(Clone, Debug, Default)]
struct Request {
    path: String,
    range: Option<String>,
    if_range: Option<String>,
}

struct Mirror {
    url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Mirror {
    /// A server that answers every connection's first request with `answer` and closes it.
    fn new(answer: impl Fn(&Request, &mut TcpStream) -> std::io::Result<()> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/mnist/", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer) = (Arc::clone(&requests), Arc::new(answer));
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                thread::spawn(move || {
                    let request = read_request(&mut stream);
                    seen.lock().unwrap().push(request.clone());
                    let _ = answer(&request, &mut stream);
                });
            }
        });
        Self { url, requests }
    }

    /// A server that gives the file as it should, ranges included.
    fn good() -> Self {
        Self::new(|request, to| give(request, to, "\"v1\"", &packed()))
    }

    /// A server that takes requests and never says a word.
    fn silent() -> Self {
        Self::new(|_, _| {
            silence();
            Ok(())
        })
    }

    fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// The range of each request.
    fn ranges(&self) -> Vec<Option<String>> {
        self.requests().into_iter().map(|request| request.range).collect()
    }
}

fn read_request(stream: &mut TcpStream) -> Request {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|got| got == 1) {
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let value = |name: &str| {
        let mut headers = head.lines().filter_map(|line| line.split_once(": "));
        headers.find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
    };
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    Request { path, range: value("range"), if_range: value("if-range") }
}

fn head(to: &mut TcpStream, status: &str, headers: &[(&str, &str)]) -> std::io::Result<()> {
    let mut text = format!("HTTP/1.1 {status}\r\nConnection: close\r\n");
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    to.write_all((text + "\r\n").as_bytes())
}

/// The head of an honest answer with the whole file.
fn head_of_whole(to: &mut TcpStream, etag: &str, body: &[u8]) -> std::io::Result<()> {
    head(to, "200 OK", &[("Content-Length", &body.len().to_string()), ("ETag", etag)])
}

/// Gives `body`, or the part asked for where the version is still `etag`.
fn give(request: &Request, to: &mut TcpStream, etag: &str, body: &[u8]) -> std::io::Result<()> {
    match &request.range {
        Some(range) if request.if_range.as_deref() == Some(etag) => {
            let first: usize = range.trim_start_matches("bytes=").trim_end_matches('-').parse().unwrap();
            let length = (body.len() - first).to_string();
            let range = format!("bytes {first}-{}/{}", body.len() - 1, body.len());
            let headers = [("Content-Length", length.as_str()), ("Content-Range", &range), ("ETag", etag)];
            head(to, "206 Partial Content", &headers)?;
            to.write_all(&body[first..])
        }
        _ => {
            head_of_whole(to, etag, body)?;
            to.write_all(body)
        }
    }
}

fn silence() {
    thread::sleep(Duration::from_secs(20));
}

// ---- what every case checks ----------------------------------------------------------------------------------------

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

// ---- mirrors that fail ---------------------------------------------------------------------------------------------

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

// ---- going on where it ended ---------------------------------------------------------------------------------------

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
        .args(["--exact", "child_that_is_killed", "--ignored"])
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

// ---- the folder ----------------------------------------------------------------------------------------------------

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
