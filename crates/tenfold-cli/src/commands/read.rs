//! `tenfold read`: all digits on each picture.

use anyhow::bail;
use serde_json::json;
use tenfold::read::{Picture, ReadOptions, Reader};

use crate::args::ReadArgs;
use crate::models::Readers;
use crate::terminal::Screen;

/// Reads every picture.
pub fn run(args: &ReadArgs, screen: &Screen) -> anyhow::Result<()> {
    let readers = Readers::load(&args.model, false, false)?;
    let mut reader =
        Reader::new(&readers.models(), ReadOptions { min_confidence: args.min_confidence, threads: 1 })?;
    let mut failed = 0;
    for path in &args.pictures {
        let file = path.display().to_string();
        match Picture::open(path) {
            Ok(picture) => {
                let reading = reader.read(&picture);
                screen.print_json(&json!({
                    "file": file, "text": reading.text(), "digits": reading.digits,
                    "separators": reading.separators, "rejected": reading.rejected, "error": null,
                }))?;
            }
            Err(error) => {
                failed += 1;
                screen.print_json(&json!({ "file": file, "error": error.to_string() }))?;
            }
        }
    }
    if failed > 0 {
        bail!("{failed} could not be read");
    }
    Ok(())
}
