//! The program `tenfold`: trains, judges and uses readers of handwritten digits.
//!
//! This file turns a command's result into an exit status and one line on standard error; everything else is in
//! `commands/`, one file each.

mod args;
mod commands;
mod descent;
mod download;
mod files;
mod format;
mod grid;
mod interrupt;
mod lettering;
mod memory;
mod model_choice;
mod models;
mod pictures;
mod progress;
mod result;
mod run_folder;
mod run_record;
mod saver;
mod settings;
mod source;
mod terminal;
mod threads;

use std::io::Write;
use std::process::ExitCode;
use tenfold::data::DataError;

use clap::Parser;

use args::{Cli, Command};
use terminal::Screen;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let screen = Screen::new(cli.json);
    let result = match cli.command {
        Command::Train(args) => commands::train::run(&args, &screen),
        Command::Evaluate(args) => commands::evaluate::run(&args, &screen),
        Command::Predict(args) => commands::predict::run(&args, &screen),
        Command::Read(args) => commands::read::run(&args, &screen),
        Command::Show(args) => commands::show::run(&args, &screen),
        Command::Summary(args) => commands::summary::run(&args, &screen),
        Command::Data { command } => commands::data::run(&command, &screen),
        Command::Report(args) => commands::report::run(&args, &screen),
        Command::Completions { shell } => commands::completions::run(shell),
        Command::Man { out } => commands::man::run(out.as_deref(), &screen),
    };
    match result.and_then(|()| screen.finish()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<interrupt::Interrupted>() => ExitCode::from(interrupt::EXIT_STATUS),
        Err(error) => {
            // Nobody is left to be told where standard error is gone too.
            let _ = writeln!(std::io::stderr(), "error: {}", one_line(&error));
            ExitCode::from(1)
        }
    }
}

/// What went wrong and why, in one line, whatever is in the names of files. Causes that the text before names already are not named
/// again.
pub fn one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain().map(in_one_line).filter(|cause| !cause.is_empty()) {
        if line.is_empty() {
            line = cause;
        } else if !line.contains(&cause) {
            line = format!("{line}: {cause}");
        }
    }
    format::printable(&line)
}

/// One cause; the list of what each mirror said in one line, too.
fn in_one_line(cause: &(dyn std::error::Error + 'static)) -> String {
    let text = cause.to_string();
    match cause.downcast_ref() {
        Some(DataError::FetchFailed { .. }) => {
            text.lines().map(str::trim).collect::<Vec<_>>().join("; ").replace(":; ", ": ")
        }
        _ => text,
    }
}
