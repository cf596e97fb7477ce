//! Where text for people goes, and what it may look like there: width, colours, pictures, bars.
//!
//! Text goes to standard output; with `--json`, JSON goes there and text goes to standard error. A reader that went
//! away (`tenfold show | head`) is no error: the rest is not printed. Any other write error is kept until the end.

use std::cell::RefCell;
use std::fmt::Display;
use std::io::{self, Write};
use std::rc::Rc;
use std::time::Instant;

use anyhow::Context;
use console::{Style, Term};

/// A handle on the two standard streams; clones share their state.
#[derive(Clone)]
pub struct Screen(Rc<Inner>);

struct Inner {
    json: bool,
    /// Where text for people goes.
    people: Term,
    /// Whether lines can be drawn over there: a terminal that understands control sequences.
    live: bool,
    colors: Colors,
    started: Instant,
    /// The first error of writing.
    error: RefCell<Option<io::Error>>,
}

/// What the terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Colors {
    None,
    /// The 256-colour palette with its 24 greys.
    Palette,
    /// 24-bit.
    True,
}

impl Colors {
    /// By the variables of these names (<https://no-color.org>: any value but an empty one counts).
    fn of(live: bool, no_color: &str, colorterm: &str) -> Self {
        match colorterm {
            _ if !live || !no_color.is_empty() => Self::None,
            "truecolor" | "24bit" => Self::True,
            _ => Self::Palette,
        }
    }
}

/// Width where there is no terminal to ask.
const DEFAULT_WIDTH: usize = 80;

impl Screen {
    /// `json`: keep standard output for JSON.
    pub fn new(json: bool) -> Self {
        let people = if json { Term::stderr() } else { Term::stdout() };
        let variable = |name| std::env::var(name).unwrap_or_default();
        let live = people.is_term() && variable("TERM") != "dumb";
        let colors = Colors::of(live, &variable("NO_COLOR"), &variable("COLORTERM"));
        Self(Rc::new(Inner {
            json,
            people,
            live,
            colors,
            started: Instant::now(),
            error: RefCell::new(None),
        }))
    }

    /// Seconds since the program began.
    pub fn seconds(&self) -> f64 {
        self.0.started.elapsed().as_secs_f64()
    }

    /// Whether JSON was asked for.
    pub fn json(&self) -> bool {
        self.0.json
    }

    /// Whether a line may be drawn over.
    pub fn live(&self) -> bool {
        self.0.live
    }

    /// The stream for people.
    pub fn people(&self) -> &Term {
        &self.0.people
    }

    /// Columns.
    pub fn width(&self) -> usize {
        let width = if self.0.live { self.0.people.size_checked() } else { None };
        width.map_or(DEFAULT_WIDTH, |(_, columns)| usize::from(columns).max(20))
    }

    /// A line for people (or several: `text` may hold line breaks).
    pub fn line(&self, text: impl Display) {
        self.keep_error((&self.0.people).write_all(format!("{text}\n").as_bytes()));
    }

    /// An empty line for people.
    pub fn gap(&self) {
        self.line("");
    }

    /// `name` in a column of its own, then `text`.
    pub fn field(&self, name: &str, text: impl Display) {
        let name = format!("{name:<9}");
        self.line(format_args!("{} {text}", if name.trim().is_empty() { name } else { self.bold(&name) }));
    }

    /// A line of plain text for programs, on standard output whatever the options.
    pub fn output(&self, text: impl Display) {
        self.keep_error(io::stdout().write_all(format!("{text}\n").as_bytes()));
    }

    /// A JSON value on a line of its own on standard output.
    pub fn print_json(&self, value: &impl serde::Serialize) -> anyhow::Result<()> {
        self.output(serde_json::to_string(value).context("cannot express the result as JSON")?);
        Ok(())
    }

    fn keep_error(&self, result: io::Result<()>) {
        if let Err(error) = result {
            self.0.error.borrow_mut().get_or_insert(error);
        }
    }

    /// The first error of writing, unless it is only that nobody reads any more.
    pub fn finish(&self) -> anyhow::Result<()> {
        let flushed = io::stdout().flush();
        self.keep_error(flushed);
        match self.0.error.borrow_mut().take() {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(error).context("cannot write the output")
            }
            _ => Ok(()),
        }
    }

    /// Whether nobody reads any more (or nothing can be written).
    pub fn closed(&self) -> bool {
        self.0.error.borrow().is_some()
    }

    fn styled(&self, style: Style, text: &str) -> String {
        style.force_styling(self.0.colors > Colors::None).apply_to(text).to_string()
    }

    /// For names and the one figure that matters.
    pub fn bold(&self, text: &str) -> String {
        self.styled(Style::new().bold(), text)
    }

    /// For what may be skipped.
    pub fn dim(&self, text: &str) -> String {
        self.styled(Style::new().dim(), text)
    }

    /// For what went well.
    pub fn good(&self, text: &str) -> String {
        self.styled(Style::new().green().bold(), text)
    }

    /// One line about a picture, or another of many things, that went wrong while the others go on.
    pub fn failure(&self, error: impl Display) {
        // Standard error may be closed; the exit status still tells.
        let _ = Term::stderr().write_line(&format!("error: {error}"));
    }

    /// For what the user should know although it goes on.
    pub fn warning(&self, text: impl Display) {
        self.line(self.styled(Style::new().yellow(), &text.to_string()));
    }

    /// The lines of a picture `pixels` `[height, width]` (0 background, 255 ink): each character is two pixels, one
    /// above the other, so that pixels look square. Every line has `width` columns.
    pub fn picture(&self, pixels: &[u8], [height, width]: [usize; 2]) -> Vec<String> {
        let pixel = |y: usize, x: usize| if y < height { pixels[y * width + x] } else { 0 };
        (0..height.div_ceil(2))
            .map(|row| {
                let mut line = String::new();
                for x in 0..width {
                    let (top, bottom) = (pixel(2 * row, x), pixel(2 * row + 1, x));
                    match self.0.colors {
                        Colors::None => line.push(shade(top, bottom)),
                        Colors::Palette => {
                            let (top, bottom) = (grey_256(top), grey_256(bottom));
                            line.push_str(&format!("\x1b[38;5;{top};48;5;{bottom}m▀"));
                        }
                        Colors::True => line.push_str(&format!(
                            "\x1b[38;2;{top};{top};{top};48;2;{bottom};{bottom};{bottom}m▀"
                        )),
                    }
                }
                if self.0.colors > Colors::None {
                    line.push_str("\x1b[0m");
                }
                line
            })
            .collect()
    }
}

/// The character with about as much ink as two pixels.
fn shade(top: u8, bottom: u8) -> char {
    const RAMP: [char; 10] = [' ', '.', ':', '-', '=', '+', '*', '#', '%', '@'];
    let mean = (usize::from(top) + usize::from(bottom)) / 2;
    RAMP[(mean * RAMP.len() / 256).min(RAMP.len() - 1)]
}

/// The nearest grey of the 256-colour palette: 232 to 255 are greys 8, 18, …, 238; 16 is black and 231 white.
fn grey_256(level: u8) -> u8 {
    match level {
        0..=3 => 16,
        4..=246 => 232 + ((u16::from(level).saturating_sub(3)) / 10).min(23) as u8,
        247..=255 => 231,
    }
}

/// A bar of `fraction` of `width` columns, exact to an eighth of a column, padded to `width`.
pub fn bar(fraction: f64, width: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (fraction.clamp(0.0, 1.0) * width as f64 * 8.0).round() as usize;
    let (full, rest) = (eighths / 8, eighths % 8);
    let mut bar = "█".repeat(full);
    bar.push_str(EIGHTHS[rest]);
    bar.push_str(&" ".repeat(width - full - usize::from(rest > 0)));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_fill_their_width_exactly() {
        for eighths in 0..=80 {
            let bar = bar(f64::from(eighths) / 80.0, 10);
            assert_eq!(bar.chars().count(), 10, "{bar:?}");
        }
        assert_eq!(bar(0.5, 4), "██  ");
        assert_eq!(bar(f64::NAN, 3).chars().count(), 3);
        assert_eq!(bar(7.0, 3), "███");
    }

    #[test]
    fn greys_rise_with_the_level_and_reach_black_and_white() {
        let greys: Vec<u8> = (0..=255).map(grey_256).collect();
        assert_eq!((greys[0], greys[255]), (16, 231));
        assert!(greys[4..=246].is_sorted());
    }

    #[test]
    fn colours_are_for_terminals_whose_user_wants_them() {
        assert_eq!(Colors::of(false, "", "truecolor"), Colors::None);
        assert_eq!(Colors::of(true, "1", "truecolor"), Colors::None);
        assert_eq!(Colors::of(true, "", "truecolor"), Colors::True);
        assert_eq!(Colors::of(true, "", ""), Colors::Palette);
    }

    #[test]
    fn shades_run_from_blank_to_full() {
        assert_eq!((shade(0, 0), shade(255, 255)), (' ', '@'));
    }
}
