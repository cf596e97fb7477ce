//! A small stand-in file, and servers of it on the loopback interface.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;
use std::time::Duration;

use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use tenfold::data::{fetch::*, idx};

/// The file all tests fetch.
pub const NAME: &str = "train-labels-idx1-ubyte";

/// A file of labels that does not compress well.
pub fn contents(seed: u32) -> Vec<u8> {
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

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The file as mirrors keep it.
pub fn packed() -> Vec<u8> {
    static PACKED: LazyLock<Vec<u8>> = LazyLock::new(|| gzip(&contents(1)));
    PACKED.clone()
}

pub fn remote(name: &str, seed: u32) -> RemoteFile {
    let bytes = contents(seed);
    let sha256 = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    RemoteFile { name: name.into(), sha256, bytes: bytes.len() as u64 }
}

pub fn options(folder: &Path, mirrors: &[&Mirror]) -> FetchOptions {
    FetchOptions {
        mirrors: mirrors.iter().map(|mirror| mirror.url.clone()).collect(),
        files: vec![remote(NAME, 1)],
        connect_timeout: Duration::from_secs(3),
        stall_timeout: Duration::from_millis(1500),
        ..FetchOptions::new(folder)
    }
}

#[derive(Clone, Debug, Default)]
pub struct Request {
    pub path: String,
    pub range: Option<String>,
    pub if_range: Option<String>,
}

pub struct Mirror {
    pub url: String,
    pub requests: Arc<Mutex<Vec<Request>>>,
}

impl Mirror {
    /// A server that answers every connection's first request with `answer` and closes it.
    pub fn new(
        answer: impl Fn(&Request, &mut TcpStream) -> std::io::Result<()> + Send + Sync + 'static,
    ) -> Self {
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
    pub fn good() -> Self {
        Self::new(|request, to| give(request, to, "\"v1\"", &packed()))
    }

    /// A server that takes requests and never says a word.
    pub fn silent() -> Self {
        Self::new(|_, _| {
            silence();
            Ok(())
        })
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// The range of each request.
    pub fn ranges(&self) -> Vec<Option<String>> {
        self.requests().into_iter().map(|request| request.range).collect()
    }
}

pub fn read_request(stream: &mut TcpStream) -> Request {
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

pub fn head(to: &mut TcpStream, status: &str, headers: &[(&str, &str)]) -> std::io::Result<()> {
    let mut text = format!("HTTP/1.1 {status}\r\nConnection: close\r\n");
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    to.write_all((text + "\r\n").as_bytes())
}

/// The head of an honest answer with the whole file.
pub fn head_of_whole(to: &mut TcpStream, etag: &str, body: &[u8]) -> std::io::Result<()> {
    head(to, "200 OK", &[("Content-Length", &body.len().to_string()), ("ETag", etag)])
}

/// Gives `body`, or the part asked for where the version is still `etag`.
pub fn give(request: &Request, to: &mut TcpStream, etag: &str, body: &[u8]) -> std::io::Result<()> {
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

pub fn silence() {
    thread::sleep(Duration::from_secs(20));
}
