//! Which pictures arguments name: files, folders, patterns, standard input. Opens no picture.

use std::fs;
use std::path::{Path, PathBuf};

/// What standard input is called among files.
pub const STDIN: &str = "-";

/// Ends of the names of files in a folder that are taken for pictures.
const ENDINGS: [&str; 9] = ["png", "jpg", "jpeg", "webp", "bmp", "tif", "tiff", "gif", "jfif"];

/// Characters of a pattern.
const PATTERN: [char; 3] = ['*', '?', '['];

/// A picture that was named, or why what was named is none.
pub type Named = Result<PathBuf, String>;

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
        if argument == Path::new(STDIN) {
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
        found.push(Err(format!("{}: there are no pictures in this folder ({endings})", path.display())));
    }
}

/// The pictures in a folder and below. A link to a folder is not followed: it could lead round in circles.
fn folder(path: &Path, found: &mut Vec<Named>) {
    let failed =
        |error: std::io::Error| Err(format!("{}: the folder cannot be read: {error}", path.display()));
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
    for (kind, path) in paths {
        if kind.is_dir() {
            folder(&path, found);
        } else if is_named_as_one(&path) {
            found.push(Ok(path));
        }
    }
}

fn pattern(text: &str, found: &mut Vec<Named>) {
    let paths = match glob::glob(text) {
        Ok(paths) => paths,
        Err(error) => return found.push(Err(format!("{text}: is no pattern of file names: {error}"))),
    };
    let before = found.len();
    for path in paths {
        match path {
            Ok(path) if path.is_dir() => searched(&path, found),
            Ok(path) => found.push(Ok(path)),
            Err(error) => found.push(Err(error.to_string().replace('\n', " "))),
        }
    }
    if found.len() == before {
        found.push(Err(format!("{text}: no file has a name like this")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(arguments: &[PathBuf]) -> Vec<String> {
        let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
        named(arguments).iter().map(|named| named.as_ref().map_or_else(Clone::clone, name)).collect()
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
        assert!(named(&[folder.path().into()])[0].as_ref().unwrap_err().contains("no pictures"));
        fs::create_dir(folder.path().join("empty")).unwrap();
        assert!(named(&[folder.path().join("e*")])[0].as_ref().unwrap_err().contains("no pictures"));
    }
}
