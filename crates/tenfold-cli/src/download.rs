//! Fetching MNIST with a bar for each file. What is fetched and how it is checked is the library's.

use std::path::{Path, PathBuf};

use tenfold::data::fetch::{FetchEvent, FetchOptions, fetch};

use crate::format::bytes;
use crate::progress::{live_bar, track};
use crate::terminal::Screen;

/// Fetches what is missing or wrong in `folder`, with a bar for each file.
pub fn fetch_with_bar(folder: &Path, screen: &Screen) -> anyhow::Result<PathBuf> {
    let bar = screen.live().then(|| live_bar(screen, "{wide_msg}"));
    let say = |text: String| match &bar {
        Some(bar) => bar.suspend(|| screen.line(text)),
        None => screen.line(text),
    };
    screen.line(format_args!("Fetching MNIST into {}", folder.display()));
    // What a mirror said is told once: in the error where all failed, otherwise at the end.
    let mut failures = Vec::new();
    let fetched = fetch(&FetchOptions::new(folder), &mut |event| match event {
        FetchEvent::Progress { file, bytes: so_far, total, .. } => {
            if let Some(bar) = &bar {
                let fraction = total.map_or(0.0, |total| so_far as f64 / total.max(1) as f64);
                let total = total.map_or_else(String::new, |total| format!(" of {}", bytes(total)));
                bar.set_message(format!(
                    "  {file}  {}  {}{total}",
                    track(screen, fraction, 20),
                    bytes(so_far)
                ));
            }
        }
        FetchEvent::MirrorFailed { file, mirror, reason } => {
            if let Some(bar) = &bar {
                bar.set_message(format!("  {file}  {mirror} failed, trying the next"));
            }
            failures.push(format!("  {file}: {mirror}: {reason}"));
        }
        FetchEvent::Finished { file } => say(format!("  {file}: fetched and checked")),
        FetchEvent::Present { file } => say(format!("  {file}: already there")),
        _ => {}
    });
    if let Some(bar) = &bar {
        bar.finish_and_clear();
    }
    let fetched = fetched?;
    failures.iter().for_each(|failure| screen.line(screen.dim(failure)));
    Ok(fetched)
}
