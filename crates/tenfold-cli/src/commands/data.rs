//! `tenfold data`: fetch MNIST, check its files, say where they are.

use std::path::Path;

use anyhow::bail;
use serde_json::json;
use tenfold::data::mnist::{self, FileStatus};

use crate::args::DataCommand;
use crate::download::fetch_with_bar;
use crate::files::file_name;
use crate::source::folder_from_environment;
use crate::terminal::Screen;

/// Does what `command` says.
pub fn run(command: &DataCommand, screen: &Screen) -> anyhow::Result<()> {
    match command {
        DataCommand::Fetch => {
            let folder = mnist::cache_folder()?;
            fetch_with_bar(&folder, screen)?;
            screen.line(format_args!("MNIST is in {}, checked.", folder.display()));
            if screen.json() {
                screen.print_json(&json!({ "folder": folder.display().to_string() }))?;
            }
            Ok(())
        }
        DataCommand::Verify { folder } => verify(folder.as_deref(), screen),
        DataCommand::Path => {
            let folder = mnist::cache_folder()?;
            if screen.json() {
                screen.print_json(&json!({ "folder": folder.display().to_string() }))
            } else {
                screen.output(folder.display());
                Ok(())
            }
        }
    }
}

fn verify(folder: Option<&Path>, screen: &Screen) -> anyhow::Result<()> {
    let folder = match folder {
        Some(folder) if folder.is_file() => {
            bail!("{}: is a file; name the folder that holds the four IDX files", folder.display())
        }
        Some(folder) if !folder.is_dir() => bail!("{}: no such folder", folder.display()),
        Some(folder) => folder.to_path_buf(),
        None => match folder_from_environment()? {
            Some(folder) => folder,
            None => mnist::cache_folder()?,
        },
    };
    let checks = mnist::verify(&folder);
    let mut wrong = 0;
    let mut files = Vec::new();
    for check in &checks {
        let (status, reason) = match &check.status {
            FileStatus::Ok => ("good", String::new()),
            FileStatus::Missing => ("missing", String::new()),
            FileStatus::Wrong { expected, found } => {
                ("different", format!("SHA-256 is {found}, MNIST's is {expected}"))
            }
            FileStatus::Unreadable { reason } => ("unreadable", reason.clone()),
        };
        wrong += usize::from(status != "good");
        let name = file_name(&check.path);
        let mark = if status == "good" { screen.good("good") } else { screen.bold(status) };
        let reason_text = if reason.is_empty() { String::new() } else { format!(": {reason}") };
        screen.line(format_args!("{name:<26}  {mark}{reason_text}"));
        files.push(json!({ "file": check.path.display().to_string(), "status": status, "reason": reason }));
    }
    if screen.json() {
        let folder = folder.display().to_string();
        screen.print_json(&json!({ "folder": folder, "good": wrong == 0, "files": files }))?;
    }
    if wrong > 0 {
        bail!(
            "{}: {wrong} of MNIST's {} files {} missing or wrong; `tenfold data fetch` gets them into the cache",
            folder.display(),
            checks.len(),
            if wrong == 1 { "is" } else { "are" }
        );
    }
    screen.line(format_args!("{} holds MNIST, byte for byte.", folder.display()));
    Ok(())
}
