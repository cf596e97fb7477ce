//! The `.part` file: what has come of a packed file so far, kept beside its destination for the next attempt.
//!
//! It begins with a header of [`HEADER`] bytes that says whose beginning it is (address, the server's name for this
//! version, size in all), so that only the rest of the very same file is ever added to it. It is locked while it is
//! being written. A second process that fetches the same file finds the lock taken and works in a nameless temporary
//! file instead: it cannot be resumed, but neither process can harm or block the other. Where the file system has no locks
//! the part is written without: two processes may then spoil it for each other, which the SHA-256 of the whole finds out.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Bytes before the contents.
const HEADER: u64 = 2048;
const FIRST_LINE: &str = "tenfold part 1";

/// Which version of which file the bytes are of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Source {
    /// Its address.
    pub url: String,
    /// Its strong ETag or date of last modification, for `If-Range`; empty where the server gives neither.
    pub validator: String,
    /// Its size in bytes, where the server says.
    pub total: Option<u64>,
}

/// The bytes so far of one packed file.
pub(super) struct Part {
    file: File,
    /// `None` for the nameless file of a second process.
    path: Option<PathBuf>,
    source: Source,
    bytes: u64,
}

impl Part {
    /// The part file beside `destination`, with what an earlier fetch left in it.
    pub fn open(destination: &Path) -> io::Result<Self> {
        let mut path = destination.as_os_str().to_owned();
        path.push(".gz.part");
        let path = PathBuf::from(path);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path)?;
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            let folder = destination.parent().unwrap_or(Path::new("."));
            let file = tempfile::tempfile_in(folder)?;
            return Ok(Self { file, path: None, source: Source::default(), bytes: 0 });
        }
        let mut part = Self { file, path: Some(path), source: Source::default(), bytes: 0 };
        match part.read_header()? {
            Some(source) => {
                part.source = source;
                part.bytes = part.file.metadata()?.len().saturating_sub(HEADER);
                part.file.seek(SeekFrom::End(0))?;
            }
            None => part.clear()?,
        }
        Ok(part)
    }

    fn read_header(&mut self) -> io::Result<Option<Source>> {
        let mut header = Vec::new();
        (&self.file).take(HEADER).read_to_end(&mut header)?;
        if header.len() < HEADER as usize {
            return Ok(None);
        }
        let text = String::from_utf8(header).unwrap_or_default();
        let mut lines = text.lines();
        if lines.next() != Some(FIRST_LINE) {
            return Ok(None);
        }
        let [url, validator, total] = [(); 3].map(|()| lines.next().unwrap_or_default().to_owned());
        Ok(Some(Source { url, validator, total: total.parse().ok() }))
    }

    /// Bytes so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whose bytes they are.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Whether the bytes are the beginning of the file at `url`, and the server can be asked for the rest of it.
    pub fn is_resumable(&self, url: &str) -> bool {
        let Source { url: whose, validator, total } = &self.source;
        self.bytes > 0
            && whose == url
            && !validator.is_empty()
            && total.is_some_and(|total| self.bytes < total)
    }

    /// Whether all bytes are there.
    pub fn is_complete(&self) -> bool {
        self.bytes > 0 && self.source.total == Some(self.bytes)
    }

    /// Forgets the bytes and begins those of `source`.
    pub fn begin(&mut self, source: Source) -> io::Result<()> {
        self.clear()?;
        let total = source.total.map_or_else(String::new, |total| total.to_string());
        let mut header =
            format!("{FIRST_LINE}\n{}\n{}\n{total}\n", source.url, source.validator).into_bytes();
        if header.len() > HEADER as usize {
            header.clear(); // Too long to note: it is then simply not resumed.
        }
        header.resize(HEADER as usize, b' ');
        self.file.write_all(&header)?;
        self.source = source;
        Ok(())
    }

    /// Adds bytes at the end.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// The bytes so far, from the first.
    pub fn contents(&self) -> io::Result<impl Read + '_> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(HEADER))?;
        Ok(file.take(self.bytes))
    }

    /// Forgets the bytes.
    pub fn clear(&mut self) -> io::Result<()> {
        (self.bytes, self.source) = (0, Source::default());
        self.file.set_len(0)?;
        self.file.rewind()
    }
}

impl Drop for Part {
    /// An empty part leaves no file behind.
    fn drop(&mut self) {
        if self.bytes == 0
            && let Some(path) = &self.path
        {
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> Source {
        Source { url: "http://a/b.gz".into(), validator: "\"v1\"".into(), total: Some(9) }
    }

    #[test]
    fn what_was_written_is_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("b");
        let mut part = Part::open(&to).unwrap();
        part.begin(source()).unwrap();
        part.append(b"half").unwrap();
        drop(part);
        let mut part = Part::open(&to).unwrap();
        assert_eq!((part.bytes(), part.source()), (4, &source()));
        assert!(part.is_resumable("http://a/b.gz") && !part.is_resumable("http://c/b.gz"));
        part.append(b" done").unwrap();
        assert!(part.is_complete());
        let mut contents = Vec::new();
        part.contents().unwrap().read_to_end(&mut contents).unwrap();
        assert_eq!(contents, b"half done");
        part.clear().unwrap();
        drop(part);
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }

    #[test]
    fn a_second_process_works_beside_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("b");
        let mut first = Part::open(&to).unwrap();
        first.begin(source()).unwrap();
        first.append(b"first").unwrap();
        let mut second = Part::open(&to).unwrap();
        assert_eq!(second.bytes(), 0);
        second.begin(source()).unwrap();
        second.append(b"second").unwrap();
        drop(second);
        drop(first);
        assert_eq!(Part::open(&to).unwrap().bytes(), 5);
    }

    #[test]
    fn other_bytes_in_its_place_are_forgotten() {
        for bytes in [&b"<html>"[..], &[0xff; 5000]] {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("b.gz.part"), bytes).unwrap();
            assert_eq!(Part::open(&folder.path().join("b")).unwrap().bytes(), 0);
            assert_eq!(folder.path().read_dir().unwrap().count(), 0);
        }
    }
}
