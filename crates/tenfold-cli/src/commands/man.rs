//! `tenfold man`: the manual page on standard output, or one page a command into a folder.

use std::path::Path;

use anyhow::Context;
use clap::CommandFactory;

use crate::args::Cli;
use crate::files::write;
use crate::terminal::Screen;

/// Prints or writes the pages.
pub fn run(out: Option<&Path>, screen: &Screen) -> anyhow::Result<()> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let Some(folder) = out else {
        screen.output(String::from_utf8_lossy(&page(&command)?).trim_end());
        return Ok(());
    };
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    write_pages(&command, folder, screen)
}

/// The page of `command` and those of its own commands.
fn write_pages(command: &clap::Command, folder: &Path, screen: &Screen) -> anyhow::Result<()> {
    let name = command.get_display_name().unwrap_or(command.get_name());
    let path = folder.join(format!("{name}.1"));
    write(&path, &page(command)?)?;
    screen.line(path.display());
    for inner in command.get_subcommands() {
        write_pages(inner, folder, screen)?;
    }
    Ok(())
}

fn page(command: &clap::Command) -> anyhow::Result<Vec<u8>> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page).context("cannot make the manual page")?;
    Ok(page)
}
