//! Which pictures arguments name: files, folders, patterns, standard input. Opens no picture.

use std::fmt;
use std::fs::{self, FileType};
use std::path::{Path, PathBuf, is_separator};

use glob::MatchOptions;

/// What standard input is called among files.
pub const STDIN: &str = "-";

/// From this many pictures on, each gets one line.
pub const MANY: usize = 5;

/// Ends of the names of files in a folder that are taken for pictures.
const ENDINGS: [&str; 9] = ["png", "jpg", "jpeg", "webp", "bmp", "tif", "tiff", "gif", "jfif"];

/// Characters of a pattern.
const PATTERN: [char; 3] = ['*', '?', '['];

/// A picture that was named, or why what was named is none.
pub type Named = Result<PathBuf, NoPicture>;

/// What was named, and why it is no picture.
#[derive(Clone, Debug)]
pub struct NoPicture {
    pub name: String,
    pub why: String,
}

impl NoPicture {
    fn new(name: impl fmt::Display, why: impl fmt::Display) -> Self {
        // One line, whatever the system says.
        Self { name: name.to_string(), why: why.to_string().replace('\n', " ") }
    }
}

impl fmt::Display for NoPicture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.why)
    }
}

/// Whether standard input is meant; `-/` and `./-` are a folder and a file.
pub fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == STDIN
}

/// Whether a file of this name is taken for a picture.
pub fn is_named_as_one(path: &Path) -> bool {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

/// The pictures that `arguments` name, in their order; those of a folder, and of the folders in it, by name.
pub fn named(arguments: &[PathBuf]) -> Vec<Named> {
    let mut found = Vec::new();
    for argument in arguments {
        let text = argument.to_string_lossy();
        if is_stdin(argument) {
            found.push(Ok(argument.clone()));
        } else if argument.is_dir() {
            searched(argument, &mut found);
        } else if !argument.exists() && text.contains(PATTERN) {
            pattern(&text, &mut found);
        } else {
            found.push(Ok(argument.clone()));
        }
    }
    found
}

/// The pictures in a folder that was named, of which there should be some.
fn searched(path: &Path, found: &mut Vec<Named>) {
    let before = found.len();
    folder(path, found);
    if found.len() == before {
        let endings = ENDINGS.join(", ");
        let why = format!("there are no pictures in this folder ({endings})");
        found.push(Err(NoPicture::new(path.display(), why)));
    }
}

/// The pictures in a folder and below, but hidden ones, which are other programs': thumbnails, halves of what a Mac copied. A link
/// to a folder is not followed: it could lead round in circles.
fn folder(path: &Path, found: &mut Vec<Named>) {
    let failed = |error: std::io::Error| {
        Err(NoPicture::new(path.display(), format_args!("the folder cannot be read: {error}")))
    };
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) => return found.push(failed(error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        match entry.and_then(|entry| Ok((entry.file_type()?, entry.path()))) {
            Ok(entry) => paths.push(entry),
            Err(error) => found.push(failed(error)),
        }
    }
    paths.sort_by(|a, b| a.1.cmp(&b.1));
    let hidden = |path: &Path| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    for (kind, path) in paths.into_iter().filter(|(_, path)| !hidden(path)) {
        if kind.is_dir() {
            folder(&path, found);
        } else if is_named_as_one(&path) && is_file(kind, &path) {
            found.push(Ok(path));
        }
    }
}

/// Whether it is a file or a link to one; a link to nothing is taken for one, too, so that somebody hears of it. Pipes are none: they
/// could be waited for without end.
fn is_file(kind: FileType, path: &Path) -> bool {
    kind.is_file() || kind.is_symlink() && path.metadata().map_or(true, |linked| linked.is_file())
}

fn pattern(text: &str, found: &mut Vec<Named>) {
    // As a shell does it: what is hidden has to be asked for.
    let asks = |part: &str| part.starts_with('.') && part.contains(PATTERN);
    let require_literal_leading_dot = !text.split(is_separator).any(asks);
    let options = MatchOptions { require_literal_leading_dot, ..MatchOptions::new() };
    let paths = match glob::glob_with(text, options) {
        Ok(paths) => paths,
        Err(error) => {
            let why = format_args!("is no pattern of file names: {error}");
            return found.push(Err(NoPicture::new(text, why)));
        }
    };
    let before = found.len();
    let mut first = None;
    for path in paths {
        match path {
            Ok(path) if path.is_dir() => {
                folder(&path, found);
                first = first.or(Some(path));
            }
            Ok(path) => found.push(Ok(path)),
            Err(error) => found.push(Err(NoPicture::new(error.path().display(), error.error()))),
        }
    }
    if found.len() == before {
        match first {
            Some(folder) => searched(&folder, found),
            None => found.push(Err(NoPicture::new(text, "no file has a name like this"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(arguments: &[PathBuf]) -> Vec<String> {
        let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
        named(arguments).iter().map(|named| named.as_ref().map_or_else(ToString::to_string, name)).collect()
    }

    #[test]
    fn files_folders_patterns_and_standard_input_are_named_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("deep")).unwrap();
        for name in ["b.PNG", "a.jpeg", "notes.txt", "deep/c.gif"] {
            fs::write(at(name), "").unwrap();
        }
        assert_eq!(names(&[folder.path().into()]), ["a.jpeg", "b.PNG", "c.gif"]);
        assert_eq!(names(&["-".into(), at("notes.txt"), at("*.jp*g")]), ["-", "notes.txt", "a.jpeg"]);
        assert_eq!(names(&[at("missing.png")]), ["missing.png"]);
        assert_eq!(names(&[at("[bd]*")]), ["b.PNG", "c.gif"], "a folder that a pattern names is searched");
        let refused = names(&[at("*.webp"), at("deep/[")]);
        assert!(refused[0].contains("no file has a name like this"), "{refused:?}");
        assert!(refused[1].contains("no pattern"), "{refused:?}");
    }

    #[test]
    fn a_folder_without_pictures_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let why = |path: PathBuf| named(&[path]).remove(0).unwrap_err();
        assert!(why(folder.path().into()).why.contains("no pictures"));
        let empty = folder.path().join("empty: 3");
        fs::create_dir(&empty).unwrap();
        let none = why(folder.path().join("e*"));
        assert!(none.why.contains("no pictures") && none.name == empty.display().to_string(), "{none}");
    }

    #[test]
    #[cfg(unix)]
    fn what_is_hidden_or_no_file_is_left_out_of_a_folder() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at(".thumbnails")).unwrap();
        for name in ["a.png", "._a.png", ".thumbnails/a.png"] {
            fs::write(at(name), "").unwrap();
        }
        symlink(at("a.png"), at("b.png")).unwrap();
        symlink(at(".thumbnails"), at("c.png")).unwrap();
        symlink("/dev/null", at("d.png")).unwrap();
        symlink(at("gone"), at("e.png")).unwrap();
        assert_eq!(names(&[folder.path().into()]), ["a.png", "b.png", "e.png"]);
        // Nor does a pattern name them, but where it begins with a dot itself; and a folder beside pictures may be empty.
        fs::create_dir(at("empty")).unwrap();
        assert_eq!(names(&[at("[.ae]*")]), ["a.png", "e.png"]);
        assert_eq!(names(&[at("._*")]), ["._a.png"]);
    }
}
