//! Small files read and written whole, with errors that say which.

use std::fs;
use std::io::{Cursor, Read as _};
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use image::{DynamicImage, ImageFormat};

/// The largest run.json or full.json that is read.
const MAX_TEXT: u64 = 64 << 20;

/// Replaces a file or leaves it as it was, and says which where it fails.
pub fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    tenfold::atomic::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// Reads a text file of moderate size.
pub fn read_text(path: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    let file = fs::File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let read = file.take(MAX_TEXT + 1).read_to_string(&mut text);
    if read.with_context(|| format!("cannot read {}", path.display()))? as u64 > MAX_TEXT {
        bail!("{}: is larger than {} MB, which no such file is", path.display(), MAX_TEXT >> 20);
    }
    Ok(text)
}

/// A picture as a PNG file's bytes.
pub fn png(picture: impl Into<DynamicImage>) -> anyhow::Result<Vec<u8>> {
    let mut png = Vec::new();
    let written = picture.into().write_to(&mut Cursor::new(&mut png), ImageFormat::Png);
    written.context("cannot make the PNG").map(|()| png)
}

/// Whether a file's name ends so, in small letters or large ones.
pub fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|its| its.eq_ignore_ascii_case(ending))
}

/// Refuses a name that `option` gives to a file of this kind and that does not end so: it may be that of another file.
pub fn require_ending(option: &str, path: &Path, kind: &str, ending: &str) -> anyhow::Result<()> {
    ensure!(
        has_ending(path, ending),
        "{option} {}: it is written as {kind}; name it .{ending}",
        path.display()
    );
    Ok(())
}

/// The last part of a path, for people.
pub fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}
