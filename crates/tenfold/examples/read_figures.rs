//! How well and how fast pictures are read. Each figure's target is in the last column.
//!
//!     cargo run --release -p tenfold --features pictures --example read_figures -- scenes mnist speed
//!     cargo run --release -p tenfold --features pictures --example read_figures -- pictures=FOLDER --model model.safetensors
//!
//! Parts: `pictures=FOLDER` (with a `manifest.csv`: file, label, kind; `/` parts lines in a label), `scenes` or `scenes=COUNT`,
//! `mnist` or `mnist=COUNT`, `reject`, `speed`. MNIST's images (`TENFOLD_DATA`, or the user's cache) are the last 10,000 training
//! images, on which choices are made; with `--test` its test images. `--level medium` and `--seed 2` make scenes of that
//! difficulty alone and other ones. `--failed` lists what was read wrong. Scenes and images go through files' bytes: PNG and JPEG
//! in turns.

use std::io::Cursor;
use std::path::Path;
use std::time::{Duration, Instant};

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageFormat, RgbImage};
use tenfold::data::Dataset;
use tenfold::data::others::{self, Kind};
use tenfold::evaluate::Answers;
use tenfold::evaluate::rejection::Rejection;
use tenfold::random::{Purpose, Stream};
use tenfold::read::scene::{Difficulty, Placed, Scene, Source, scene};
use tenfold::read::{Digit, Picture, ReadOptions, Reader, Reading};
use tenfold::{Sequential, mnist};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

struct Figures {
    model: Sequential,
    list_failed: bool,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let flag = |name: &str| arguments.iter().any(|argument| argument == name);
    let option =
        |name: &str| arguments.iter().skip_while(|argument| *argument != name).nth(1).map(String::as_str);
    let model =
        option("--model").unwrap_or(concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/digits.safetensors"));
    let seed: u64 = option("--seed").unwrap_or("1").parse()?;
    let figures = Figures { model: Sequential::load(Path::new(model))?, list_failed: flag("--failed") };
    let part = |name: &str| {
        let of = |argument: &String| match argument.split_once('=') {
            Some((part, value)) => (part == name).then(|| value.to_owned()),
            None => (argument == name).then(String::new),
        };
        arguments.iter().find_map(of)
    };
    let count = |value: String, usual: usize| if value.is_empty() { Ok(usual) } else { value.parse() };
    let images = || -> Result<Dataset> {
        let (train, test) = mnist::load()?;
        Ok(if flag("--test") { test } else { train.slice(50_000..60_000) })
    };
    println!("{:<44} {:>9} {:>9} {:>9}", "", "count", "right", "target");
    if let Some(folder) = part("pictures") {
        figures.pictures(Path::new(&folder))?;
    }
    if let Some(value) = part("scenes") {
        let count = count(value, 1000)?;
        let images = images()?;
        for difficulty in [Difficulty::Easy, Difficulty::Medium, Difficulty::Hard] {
            if option("--level").is_some_and(|level| level != named(difficulty)) {
                continue;
            }
            figures.scenes("strokes", Source::Strokes, difficulty, (seed, count))?;
            figures.scenes("mnist", Source::Images(&images), difficulty, (seed, count))?;
        }
    }
    if let Some(value) = part("mnist") {
        figures.spoiled(&images()?, count(value, 10_000)?)?;
    }
    if let Some(value) = part("reject") {
        figures.rejection(&images()?, count(value, 2000)?)?;
    }
    if part("speed").is_some() {
        figures.speed(&images()?)?;
    }
    Ok(())
}

fn named(difficulty: Difficulty) -> String {
    format!("{difficulty:?}").to_lowercase()
}

/// A share as a line: how many of how many.
fn share(name: &str, right: usize, count: usize, target: &str) {
    let percent = 100.0 * right as f64 / count.max(1) as f64;
    println!("{name:<44} {count:>9} {percent:>7.2} % {target:>9}");
}

impl Figures {
    fn reader(&self, threads: usize) -> Result<Reader> {
        Ok(Reader::new(&[&self.model], ReadOptions { threads, ..ReadOptions::default() })?)
    }

    /// `read` of 0 to `count`, on all cores; each has a reader of its own.
    fn each<T: Send>(&self, count: usize, read: impl Fn(&mut Reader, usize) -> T + Sync) -> Result<Vec<T>> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let readers = (0..threads).map(|_| self.reader(1)).collect::<Result<Vec<_>>>()?;
        let mut answers: Vec<(usize, T)> = std::thread::scope(|scope| {
            let work = |(first, mut reader): (usize, Reader)| {
                let read = &read;
                scope.spawn(move || {
                    (first..count).step_by(threads).map(|i| (i, read(&mut reader, i))).collect::<Vec<_>>()
                })
            };
            let running: Vec<_> = readers.into_iter().enumerate().map(work).collect();
            running.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
        });
        answers.sort_by_key(|(index, _)| *index);
        Ok(answers.into_iter().map(|(_, answer)| answer).collect())
    }

    fn failed(&self, what: &str, label: &str, reading: &Reading) {
        if self.list_failed {
            let text = reading.text().replace('\n', "/");
            println!("    {what}: {label} read as {text:?}, {} refused", reading.rejected.len());
        }
    }

    /// A folder of pictures with a manifest.
    fn pictures(&self, folder: &Path) -> Result<()> {
        let manifest = std::fs::read_to_string(folder.join("manifest.csv"))?;
        let rows: Vec<Vec<&str>> = manifest.lines().skip(1).map(|row| row.split(',').collect()).collect();
        let rows: Vec<&Vec<&str>> = rows.iter().filter(|row| row.len() >= 3).collect();
        let readings = self.each(rows.len(), |reader, i| {
            Picture::open(&folder.join(rows[i][0])).map(|picture| reader.read(&picture)).unwrap_or_default()
        })?;
        let right = |i: usize| readings[i].text() == rows[i][1].replace('/', "\n");
        let mut kinds: Vec<&str> = rows.iter().map(|row| row[2]).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let told = |name: &str, target: &str, counts: &dyn Fn(usize) -> bool| {
            let all: Vec<usize> = (0..rows.len()).filter(|&i| counts(i)).collect();
            share(name, all.iter().filter(|&&i| right(i)).count(), all.len(), target);
        };
        let single = |i: usize| rows[i][1].len() == 1;
        for kind in kinds {
            told(&format!("single, {kind}"), "", &|i| single(i) && rows[i][2] == kind);
        }
        told("single, all", "99 %", &single);
        told("several, exact strings", "90 %", &|i| !single(i));
        (0..rows.len())
            .filter(|&i| !right(i))
            .for_each(|i| self.failed(rows[i][0], rows[i][1], &readings[i]));
        Ok(())
    }

    fn scenes(
        &self,
        name: &str,
        source: Source<'_>,
        difficulty: Difficulty,
        (seed, count): (u64, usize),
    ) -> Result<()> {
        let answers = self.each(count, |reader, i| {
            let scene = scene(seed, i as u64, difficulty, source);
            let rgb: Vec<u8> = scene.picture.pixels.iter().flat_map(|&level| [level; 3]).collect();
            let picture = through_file(rgb, &scene.picture, i);
            let reading = picture.map(|picture| reader.read(&picture)).unwrap_or_default();
            (scene, reading)
        })?;
        let (mut digits, mut wrong, mut exact) = (0, 0, 0);
        let (mut sure, mut sure_right) = (0, 0);
        for (i, (scene, reading)) in answers.iter().enumerate() {
            let (truth, text) = (scene.text(), reading.text());
            let plain = |text: &str| text.replace('\n', "").into_bytes();
            digits += plain(&truth).len();
            wrong += distance(&plain(&truth), &plain(&text)).min(plain(&truth).len());
            exact += usize::from(truth == text);
            for digit in reading.digits.iter().filter(|digit| digit.confidence >= 0.99) {
                sure += 1;
                sure_right += usize::from(is_there(scene, digit));
            }
            if truth != text {
                self.failed(&format!("{difficulty:?} {name} {i}"), &truth.replace('\n', "/"), reading);
            }
        }
        let target = |text| if difficulty == Difficulty::Medium { text } else { "" };
        let level = named(difficulty);
        share(&format!("scenes, {level}, {name}: digits"), digits - wrong, digits, target("97 %"));
        share(&format!("scenes, {level}, {name}: exact strings"), exact, count, target("90 %"));
        share(&format!("scenes, {level}, {name}: digits at 99 %"), sure_right, sure, "99 %");
        Ok(())
    }

    /// Images enlarged, turned dark on bright, shifted, blurred, on coloured paper, compressed.
    fn spoiled(&self, images: &Dataset, count: usize) -> Result<()> {
        let count = count.min(images.len());
        let readings = self.each(count, |reader, i| {
            let (rgb, size) = spoil(images.image(i), i as u64);
            through_file(rgb, &size, i).map(|picture| reader.read(&picture)).unwrap_or_default()
        })?;
        let label = |i: usize| images.labels()[i].to_string();
        let right = |i: &usize| readings[*i].text() == label(*i);
        (0..count)
            .filter(|i| !right(i))
            .for_each(|i| self.failed(&format!("mnist {i}"), &label(i), &readings[i]));
        share("mnist, spoiled", (0..count).filter(right).count(), count, "99 %");
        let refused = readings.iter().filter(|reading| reading.digits.is_empty()).count();
        share("mnist, spoiled: no digit found", refused, count, "");
        Ok(())
    }

    /// How well digits are told from what is none, `count` images of each kind.
    fn rejection(&self, images: &Dataset, count: usize) -> Result<()> {
        let scores =
            |images: &Dataset| Answers::of(&self.model, images.pixels(), 0).map(|answers| answers.scores());
        let known = scores(images)?;
        let told = |name: &str, kinds: &[Kind], target: &str| -> Result<()> {
            let mut unknown = Vec::new();
            for &kind in kinds {
                unknown.extend(scores(&others::load_kind(kind, count, 1))?);
            }
            println!("{name:<44} {:>9} {} (target {target})", unknown.len(), Rejection::of(&known, &unknown));
            Ok(())
        };
        for kind in Kind::all() {
            told(&format!("rejection, {}", kind.name()), &[kind], "-")?;
        }
        told("rejection, letters and pieces", &[Kind::Letter, Kind::Piece], "0.97")?;
        told("rejection, noise and textures", &[Kind::Noise, Kind::Texture], "0.995")
    }

    fn speed(&self, images: &Dataset) -> Result<()> {
        let photo = photo(images)?;
        let mut two = self.reader(2)?;
        let mut texts = String::new();
        let decoding = median(11, || drop(decoded(&photo)));
        let whole = median(11, || {
            if let Some(picture) = decoded(&photo) {
                texts = two.read(&picture).text().replace('\n', "/");
            }
        });
        time("12-megapixel JPEG, 2 threads", whole, "300 ms");
        time("    of that decoding", decoding, "");
        println!("    read as {texts}");
        let mut one = self.reader(1)?;
        let image = images.image(0);
        let drawing = Picture { height: 28, width: 28, pixels: image.to_vec() }.resized(280, 280);
        time("280×280 drawing, prepared and read", median(101, || drop(one.read(&drawing))), "1 ms");
        let folder = tempfile::tempdir()?;
        for (name, side) in [("10,000 PNGs of 28×28", 28u32), ("10,000 JPEGs of 200×200", 200)] {
            let paths: Vec<_> = (0..10_000).map(|i| folder.path().join(format!("{side}_{i}"))).collect();
            for (i, path) in paths.iter().enumerate() {
                let image = images.image(i % images.len()).to_vec();
                let side = side as usize;
                let picture = Picture { height: 28, width: 28, pixels: image }.resized(side, side);
                let rgb = picture.pixels.iter().flat_map(|&level| [level; 3]).collect();
                std::fs::write(path, file(rgb, &picture, if side == 28 { None } else { Some(90) })?)?;
            }
            let timed = |read: bool| -> Result<Duration> {
                let begun = Instant::now();
                self.each(paths.len(), |reader, i| {
                    let picture = Picture::open(&paths[i]).ok();
                    picture.filter(|_| read).map(|picture| reader.read(&picture).digits.len())
                })?;
                Ok(begun.elapsed())
            };
            timed(false)?;
            let (bare, whole) = (timed(false)?, timed(true)?);
            time(&format!("{name}, decoded"), bare, "");
            time(&format!("{name}, read"), whole, "");
            let percent = 100.0 * bare.as_secs_f64() / whole.as_secs_f64();
            println!("{:<44} {:>9} {percent:>7.2} % {:>9}", "    decoding's share", "", "90 %");
        }
        Ok(())
    }
}

fn time(name: &str, time: Duration, target: &str) {
    println!("{name:<44} {:>9} {:>6.2} ms {target:>9}", "", 1e3 * time.as_secs_f64());
}

fn median(rounds: usize, mut what: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..rounds)
        .map(|_| {
            let begun = Instant::now();
            what();
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[rounds / 2]
}

/// Whether the scene has this digit where the middle of its box is, give or take two pixels.
fn is_there(scene: &Scene, digit: &Digit) -> bool {
    let (x, y) = (digit.area.x + digit.area.width / 2 + 2, digit.area.y + digit.area.height / 2 + 2);
    scene.lines.iter().flatten().any(|Placed { area, digit: written }| {
        let inside = (area.x..area.right() + 4).contains(&x) && (area.y..area.bottom() + 4).contains(&y);
        inside && *written == digit.digit
    })
}

/// The least number of digits to put in, leave out or change (Levenshtein 1966).
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut corner = i;
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let changed = corner + usize::from(left != right);
            corner = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}

/// Writes a file and reads it again: every other one a JPEG, of changing quality.
fn through_file(rgb: Vec<u8>, size: &Picture, index: usize) -> Option<Picture> {
    let quality = (index % 2 == 1).then_some(50 + (index * 7 % 45) as u8);
    decoded(&file(rgb, size, quality).ok()?)
}

fn decoded(bytes: &[u8]) -> Option<Picture> {
    Picture::decode(bytes, Path::new("made")).ok()
}

/// A JPEG of that quality, or a PNG.
fn file(rgb: Vec<u8>, size: &Picture, quality: Option<u8>) -> Result<Vec<u8>> {
    let (width, height) = (size.width as u32, size.height as u32);
    let mut bytes = Vec::new();
    match quality {
        Some(quality) => {
            JpegEncoder::new_with_quality(&mut bytes, quality).encode(
                &rgb,
                width,
                height,
                ExtendedColorType::Rgb8,
            )?;
        }
        None => {
            let image = RgbImage::from_raw(width, height, rgb).ok_or("pixels and size differ")?;
            image.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png)?;
        }
    }
    Ok(bytes)
}

/// An image ×2 to ×12, somewhere on paper, in colours, blurred: RGB, and a picture of the same size.
fn spoil(image: &[u8], index: u64) -> (Vec<u8>, Picture) {
    let r = &mut Stream::new(1, Purpose::Corruption, index, 99);
    let scale = 2 + r.below(11) as usize;
    let mut canvas = Picture::filled(28 + r.below(16) as usize, 28 + r.below(24) as usize, 0);
    let down = r.below((canvas.height - 27) as u32) as usize;
    let right = r.below((canvas.width - 27) as u32) as usize;
    for (y, row) in image.chunks_exact(28).enumerate() {
        let at = (down + y) * canvas.width + right;
        canvas.pixels[at..at + 28].copy_from_slice(row);
    }
    let large = canvas.resized(canvas.height * scale, canvas.width * scale);
    // Small and large again: a blur.
    let blur = r.range(1.0, 1.0 + 0.25 * scale as f32);
    let small = |side: usize| (side as f32 / blur) as usize;
    let soft = large.resized(small(large.height), small(large.width)).resized(large.height, large.width);
    let dark_ink = r.chance(70);
    let mut colour = |low: f32, high: f32| [r.range(low, high), r.range(low, high), r.range(low, high)];
    let (bright, dark) = (colour(170.0, 255.0), colour(0.0, 90.0));
    let (paper, ink) = if dark_ink { (bright, dark) } else { (dark, bright) };
    let rgb = soft.pixels.iter().flat_map(|&level| {
        let cover = f32::from(level) / 255.0;
        [0, 1, 2].map(|c| (paper[c] + cover * (ink[c] - paper[c]) + 0.5) as u8)
    });
    (rgb.collect(), soft)
}

/// 4000×3000, 20 digits on four lines, uneven light and noise, as a JPEG.
fn photo(images: &Dataset) -> Result<Vec<u8>> {
    let (height, width) = (3000, 4000);
    let r = &mut Stream::new(1, Purpose::Corruption, 0, 98);
    let mut picture = Picture::filled(height, width, 0);
    for (i, pixel) in picture.pixels.iter_mut().enumerate() {
        let (x, y) = ((i % width) as f32 / width as f32, (i / width) as f32 / height as f32);
        *pixel = (215.0 - 50.0 * x - 25.0 * y + 4.0 * (r.unit() + r.unit() - 1.0)) as u8;
    }
    for number in 0..20 {
        let digit =
            Picture { height: 28, width: 28, pixels: images.image(number).to_vec() }.resized(280, 280);
        let (left, top) = (700 + number % 5 * 500, 500 + number / 5 * 550);
        for (y, row) in digit.rows().enumerate() {
            let paper = &mut picture.pixels[(top + y) * width + left..][..280];
            for (paper, &ink) in paper.iter_mut().zip(row) {
                *paper = (f32::from(*paper) * (1.0 - 0.8 * f32::from(ink) / 255.0)) as u8;
            }
        }
    }
    file(picture.pixels.iter().flat_map(|&level| [level; 3]).collect(), &picture, Some(90))
}
