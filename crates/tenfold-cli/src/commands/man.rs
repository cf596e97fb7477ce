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
    let rest = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let mut page = Vec::new();
    let without = command.clone().after_help(None::<&str>);
    clap_mangen::Man::new(without).render(&mut page).context("cannot make the manual page")?;
    page.extend(as_it_stands(&rest).into_bytes());
    Ok(page)
}

/// What follows a command's help, examples first, line by line as it is there.
fn as_it_stands(text: &str) -> String {
    let (examples, notes) = text.split_once("\n\n").unwrap_or((text, ""));
    let examples = examples.strip_prefix("Examples:\n").unwrap_or(examples);
    let section = |(name, text): (&str, &str)| {
        let lines: String = text.lines().map(|line| format!("\\&{}\n", escaped(line))).collect();
        if lines.is_empty() { lines } else { format!(".SH {name}\n.nf\n{lines}.fi\n") }
    };
    [("EXAMPLES", examples), ("NOTES", notes)].map(section).concat()
}

/// For roff, where a backslash begins a command, and a bare dash or quote may become another sign.
fn escaped(line: &str) -> String {
    line.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_keep_their_lines_and_signs() {
        let text = "Examples:\n  a --b 'c'   first\n.d \\e\n\nExit status: 0";
        assert_eq!(
            as_it_stands(text),
            ".SH EXAMPLES\n.nf\n\\&  a \\-\\-b \\(aqc\\(aq   first\n\\&.d \\ee\n.fi\n.SH NOTES\n.nf\n\\&Exit status: 0\n.fi\n"
        );
        assert_eq!(as_it_stands(""), "");
    }
}
