//! One request to one mirror: its answer is added to the part file, or refused with a reason in plain words.
//!
//! Nothing here believes the mirror: the status, the size, the first bytes and the speed are checked as they come. Whether
//! the whole is the right file is found out afterwards, by its SHA-256.

use std::io::{self, Read};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use ureq::http::{Response, StatusCode, header};
use ureq::{Agent, Body};

use super::part::{Part, Source};
use super::{FetchOptions, RemoteFile};

/// Fewer bytes than this in a `stall_timeout` is a stalled connection, however alive it looks.
const USEFUL_BYTES: u64 = 4096;
const REDIRECTS: u32 = 5;

/// Why a request did not bring the file.
pub(super) enum Failure {
    /// No use asking this mirror again, for any file: it cannot be reached, or is too slow.
    Unusable(String),
    /// No use asking this mirror for this file again.
    Refused(String),
    /// The connection broke after some bytes; asking for the rest may help.
    Cut(String),
    /// What has been kept does not fit what the mirror has now; ask anew from the first byte.
    Stale,
    /// The part file cannot be written: no mirror's fault.
    Here(io::Error),
}

/// How long nothing has come from any mirror.
pub(super) struct Patience {
    since: Instant,
    limit: Duration,
}

impl Patience {
    pub fn new(limit: Duration) -> Self {
        Self { since: Instant::now(), limit }
    }

    /// Begins anew.
    pub fn renew(&mut self) {
        self.since = Instant::now();
    }

    fn left(&self) -> Duration {
        self.limit.saturating_sub(self.since.elapsed())
    }
}

/// Asks for `file` at `url` and adds what comes to `part`, from where it ends if it can be resumed. Returns whether it
/// was. `progress` hears of (bytes so far, bytes in all).
pub(super) fn transfer(
    options: &FetchOptions,
    file: &RemoteFile,
    url: &str,
    part: &mut Part,
    patience: &mut Patience,
    progress: &mut dyn FnMut(u64, Option<u64>),
) -> Result<bool, Failure> {
    if patience.left().is_zero() {
        let seconds = patience.limit.as_secs_f32();
        return Err(Failure::Unusable(format!(
            "not tried: nothing has come from any mirror for {seconds} s"
        )));
    }
    let resumable = part.is_resumable(url);
    let response = ask(options, url, resumable.then_some(&*part), patience.left())?;
    let (head, body) = response.into_parts();
    let text = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
    // Deflate's fixed code takes at most nine bits a byte; an honest mirror's file is much smaller.
    let limit = file.bytes + file.bytes / 8 + 1024;
    let source = match head.status {
        StatusCode::PARTIAL_CONTENT if resumable => {
            let expected = (part.bytes(), part.source().total);
            if text(header::CONTENT_RANGE).and_then(content_range) != Some(expected) {
                return Err(Failure::Stale);
            }
            None
        }
        StatusCode::RANGE_NOT_SATISFIABLE if resumable => return Err(Failure::Stale),
        StatusCode::OK => {
            let total = body.content_length();
            if let Some(total) = total.filter(|&total| total > limit) {
                let reason = format!("offers {total} bytes; this file has at most {limit}");
                return Err(Failure::Refused(reason));
            }
            let etag = text(header::ETAG).filter(|etag| !etag.starts_with("W/"));
            let validator = etag.or_else(|| text(header::LAST_MODIFIED)).unwrap_or_default();
            Some(Source { url: url.into(), validator: validator.into(), total })
        }
        status => return Err(Failure::Refused(format!("answered HTTP {status}"))),
    };
    let resumed = source.is_none();
    receive(options, body.into_reader(), limit, source, part, patience, progress).map(|()| resumed)
}

/// Adds `body` to the part, which the first bytes of a new `source` begin anew.
fn receive(
    options: &FetchOptions,
    mut body: impl Read,
    limit: u64,
    mut source: Option<Source>,
    part: &mut Part,
    patience: &mut Patience,
    progress: &mut dyn FnMut(u64, Option<u64>),
) -> Result<(), Failure> {
    let (mut window, mut useful) = (Instant::now(), 0);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let got = match body.read(&mut buffer) {
            Ok(0) => break,
            Ok(got) => &buffer[..got],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                let (source, bytes) = match &source {
                    Some(source) => (source, 0),
                    None => (part.source(), part.bytes()),
                };
                return Err(broken(options, error, source, bytes));
            }
        };
        if let Some(source) = source.take() {
            if !begins_right(got) {
                let begin = String::from_utf8_lossy(&got[..got.len().min(24)]).into_owned();
                let reason = format!("sent something else than a gzip file: it begins with {begin:?}");
                return Err(Failure::Refused(reason));
            }
            part.begin(source).map_err(Failure::Here)?;
        }
        if part.bytes() + got.len() as u64 > limit {
            part.clear().map_err(Failure::Here)?;
            return Err(Failure::Refused(format!("sent more than the {limit} bytes this file has at most")));
        }
        part.append(got).map_err(Failure::Here)?;
        patience.renew();
        progress(part.bytes(), part.source().total);
        useful += got.len() as u64;
        if window.elapsed() >= options.stall_timeout {
            if useful < USEFUL_BYTES {
                let seconds = options.stall_timeout.as_secs_f32();
                return Err(Failure::Unusable(format!("too slow: {useful} bytes in {seconds} s")));
            }
            (window, useful) = (Instant::now(), 0);
        }
    }
    if source.is_some() {
        return Err(Failure::Refused("sent an empty answer".into()));
    }
    match part.source().total {
        Some(total) if part.bytes() < total => {
            Err(broken(options, io::ErrorKind::UnexpectedEof.into(), part.source(), part.bytes()))
        }
        _ => Ok(()),
    }
}

/// Sends the request and waits for the answer's head, no longer than `patience`. With `kept`, asks for what is missing.
fn ask(
    options: &FetchOptions,
    url: &str,
    kept: Option<&Part>,
    patience: Duration,
) -> Result<Response<Body>, Failure> {
    let mut request = agent(options, url).get(url);
    if let Some(part) = kept {
        request = request.header(header::RANGE, format!("bytes={}-", part.bytes()));
        request = request.header(header::IF_RANGE, &part.source().validator);
    }
    // Each of the request's phases has its own limit, and redirects begin them again; the thread makes one limit of all.
    let (sender, receiver) = mpsc::channel();
    let waiter = thread::Builder::new().spawn(move || drop(sender.send(request.call())));
    waiter.map_err(|reason| Failure::Unusable(format!("no thread could be started for it: {reason}")))?;
    match receiver.recv_timeout(patience) {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => Err(match error {
            ureq::Error::TooManyRedirects => {
                Failure::Refused(format!("redirects more than {REDIRECTS} times, perhaps in a circle"))
            }
            error => Failure::Unusable(words(options, &error)),
        }),
        Err(_) => Err(Failure::Unusable("did not answer in time".into())),
    }
}

fn agent(options: &FetchOptions, url: &str) -> Agent {
    let mut config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(REDIRECTS)
        .user_agent(concat!("tenfold/", env!("CARGO_PKG_VERSION")))
        .accept_encoding("identity")
        .timeout_resolve(Some(options.connect_timeout))
        .timeout_connect(Some(options.connect_timeout))
        .timeout_send_request(Some(options.stall_timeout))
        .timeout_recv_response(Some(options.stall_timeout))
        .timeout_per_read(Some(options.stall_timeout));
    let host = url.parse::<ureq::http::Uri>().ok().and_then(|uri| uri.host().map(str::to_owned));
    if host.is_some_and(|host| host == "localhost" || host.starts_with("127.")) {
        config = config.proxy(None); // A proxy named in the environment is for the world outside.
    }
    config.build().into()
}

/// (first byte, total) of a Content-Range like `bytes 100-199/200`.
fn content_range(value: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = value.strip_prefix("bytes ")?.split_once('/')?;
    let (first, _) = range.split_once('-')?;
    Some((first.parse().ok()?, total.parse().ok()))
}

/// Whether a file may begin with these bytes: gzip, or IDX from a server that unpacked it on its way.
fn begins_right(bytes: &[u8]) -> bool {
    let first = &bytes[..bytes.len().min(2)];
    [0x1f, 0x8b].starts_with(first) || [0, 0].starts_with(first)
}

fn broken(options: &FetchOptions, error: io::Error, source: &Source, bytes: u64) -> Failure {
    let sizes = match source.total {
        Some(total) => format!("after {bytes} of {total} bytes"),
        None => format!("after {bytes} bytes"),
    };
    match ureq::Error::from(error) {
        error @ ureq::Error::Timeout(_) => Failure::Unusable(format!("{} {sizes}", words(options, &error))),
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Failure::Cut(format!("closed the connection {sizes}"))
        }
        error => Failure::Cut(format!("the connection broke {sizes}: {}", words(options, &error))),
    }
}

fn words(options: &FetchOptions, error: &ureq::Error) -> String {
    use ureq::Timeout;
    let (connect, stall) = (options.connect_timeout.as_secs_f32(), options.stall_timeout.as_secs_f32());
    match error {
        ureq::Error::Timeout(Timeout::Resolve) => format!("host name not found within {connect} s"),
        ureq::Error::Timeout(Timeout::Connect) => format!("no connection within {connect} s"),
        ureq::Error::Timeout(Timeout::PerRead) => format!("nothing came for {stall} s"),
        ureq::Error::Timeout(_) => format!("no answer within {stall} s"),
        ureq::Error::HostNotFound => "host not found".into(),
        ureq::Error::Io(error) => error.to_string(),
        error => error.to_string(),
    }
}
