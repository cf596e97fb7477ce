//! Pictures that lie, break off or ask for too much: each costs one line, the others are read, and all fits into 1 GB.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::io::{Cursor, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Output;

use common::{Place, text};
use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ExtendedColorType, Frame, GrayImage, ImageFormat, Luma};
use serde_json::Value;
use tenfold::data::strokes;

/// A stroke digit of 112×112, dark on bright.
fn digit() -> GrayImage {
    let (pixels, _) = strokes::image(5, 0);
    GrayImage::from_fn(112, 112, |x, y| Luma([255 - pixels[(y / 4 * 28 + x / 4) as usize]]))
}

fn encoded(image: GrayImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    DynamicImage::from(image).write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

fn chunk(png: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    let mut crc = Crc::new();
    crc.update(kind);
    crc.update(data);
    png.extend((data.len() as u32).to_be_bytes());
    png.extend(kind);
    png.extend(data);
    png.extend(crc.sum().to_be_bytes());
}

/// A PNG that claims this size; its data are `bytes` zeros, packed a thousand to one.
fn png(width: u32, height: u32, depth: u8, colour: u8, bytes: usize) -> Vec<u8> {
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend([depth, colour, 0, 0, 0]);
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
    let zeros = vec![0; 1 << 20];
    let mut left = bytes;
    while left > 0 {
        let part = left.min(zeros.len());
        packed.write_all(&zeros[..part]).unwrap();
        left -= part;
    }
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut png, b"IHDR", &header);
    chunk(&mut png, b"IDAT", &packed.finish().unwrap());
    chunk(&mut png, b"IEND", &[]);
    png
}

/// A baseline JPEG of 64×64 with four inks, all of middle grey: each block is "no change" and "end of block", a bit each.
fn cmyk() -> Vec<u8> {
    let mut jpeg = vec![0xff, 0xd8];
    let mut segment = |marker: u8, data: &[u8]| {
        jpeg.extend([0xff, marker]);
        jpeg.extend((data.len() as u16 + 2).to_be_bytes());
        jpeg.extend(data);
    };
    segment(0xee, b"Adobe\0\x64\0\0\0\0\0");
    segment(0xdb, &[&[0][..], &[1; 64]].concat());
    let inks = [1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0];
    segment(0xc0, &[&[8, 0, 64, 0, 64, 4][..], &inks].concat());
    for class in [0x00, 0x10] {
        segment(0xc4, &[&[class, 1][..], &[0; 15], &[0]].concat());
    }
    segment(0xda, &[4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0]);
    jpeg.extend([0; 64]);
    jpeg.extend([0xff, 0xd9]);
    jpeg
}

/// The digit, then a black frame.
fn animated() -> Vec<u8> {
    let mut gif = Vec::new();
    let mut encoder = GifEncoder::new(&mut gif);
    for image in [digit(), GrayImage::new(112, 112)] {
        encoder.encode_frame(Frame::new(DynamicImage::from(image).into_rgba8())).unwrap();
    }
    drop(encoder);
    gif
}

/// `tenfold read --json` in a shell that gives it 1 GB of memory, its threads' stacks included.
fn read(place: &Place, files: &[&str]) -> (Output, Vec<Value>) {
    let program = format!("ulimit -v 1000000; exec {} \"$@\"", env!("CARGO_BIN_EXE_tenfold"));
    let mut command = place.command(&[]);
    command.env("MALLOC_ARENA_MAX", "2");
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &program, "tenfold", "read", "--json", "--model", "shipped"]).args(files);
    shell.current_dir(place.path()).envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = shell.output().unwrap();
    let objects = text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (output, objects)
}

#[test]
fn each_costs_a_line_and_the_rest_is_read() {
    let place = Place::new();
    let good = encoded(digit(), ImageFormat::Png);
    let mut jpeg = Vec::new();
    JpegEncoder::new(&mut jpeg).encode(&digit(), 112, 112, ExtendedColorType::L8).unwrap();
    let bad: [(&str, Vec<u8>, &str); 11] = [
        ("huge.png", png(60_000, 60_000, 8, 0, 1000), "too large"),
        ("wide.png", png(16_000, 16_000, 8, 0, 1000), "too large"),
        ("deep.png", png(9_000, 9_000, 16, 6, 1000), "too large"),
        ("zero.png", png(0, 0, 8, 0, 0), "cannot be decoded"),
        ("cut.png", good[..good.len() / 2].to_vec(), "cannot be decoded: it is damaged or cut off"),
        ("cut.jpg", jpeg[..200].to_vec(), "cannot be decoded"),
        ("half.jpg", jpeg[..jpeg.len() / 2].to_vec(), "cut off"),
        ("end.jpg", jpeg[..jpeg.len() - 1].to_vec(), "cut off"),
        ("text.png", b"7 is a digit, but this is no picture".to_vec(), "no picture"),
        ("nothing.png", Vec::new(), "no picture"),
        ("missing.png", Vec::new(), "cannot be read"),
    ];
    let fine: [(&str, Vec<u8>, usize); 6] = [
        ("good.png", good, 1),
        ("animated.gif", animated(), 1),
        ("row.png", encoded(GrayImage::new(5000, 1), ImageFormat::Png), 0),
        ("column.png", encoded(GrayImage::from_fn(1, 5000, |_, y| Luma([y as u8])), ImageFormat::Png), 0),
        ("cmyk.jpg", cmyk(), 0),
        ("point.png", encoded(GrayImage::new(1, 1), ImageFormat::Png), 0),
    ];
    for (name, bytes, _) in &bad {
        fs::write(place.join(name), bytes).unwrap();
    }
    for (name, bytes, _) in &fine {
        fs::write(place.join(name), bytes).unwrap();
    }
    fs::remove_file(place.join("missing.png")).unwrap();
    // Good and bad ones in turns, so that each bad one has others after it.
    let names: Vec<&str> =
        (0..bad.len()).flat_map(|i| [Some(bad[i].0), fine.get(i).map(|file| file.0)]).flatten().collect();
    let (output, objects) = read(&place, &names);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(objects.len(), names.len());
    let named = |name: &str| objects.iter().find(|object| object["file"] == name).unwrap();
    for (name, _, part) in &bad {
        let error = named(name)["error"].as_str().unwrap();
        assert!(error.contains(name) && error.contains(part) && !error.contains('\n'), "{error}");
    }
    for (name, _, digits) in &fine {
        assert!(named(name)["error"].is_null(), "{}", named(name));
        if *digits > 0 {
            assert_eq!(named(name)["digits"].as_array().unwrap().len(), *digits, "{name}");
        }
    }
    let said = text(&output.stderr);
    assert_eq!(said.lines().count(), bad.len() + 1, "{said}");
    assert!(said.lines().all(|line| line.starts_with("error: ")), "{said}");
    assert!(said.ends_with("11 of 17 pictures could not be read\n"), "{said}");
}

#[test]
fn pictures_as_large_as_is_accepted_fit_into_a_gigabyte() {
    let place = Place::new();
    fs::write(place.join("grey.png"), png(16_000, 6_000, 8, 0, 16_001 * 6_000)).unwrap();
    fs::write(place.join("deep.png"), png(8_000, 6_000, 16, 6, 64_001 * 6_000)).unwrap();
    assert!(fs::metadata(place.join("deep.png")).unwrap().len() < 4 << 20);
    let (output, objects) = read(&place, &["grey.png", "deep.png", "grey.png", "deep.png"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(objects.iter().all(|object| object["text"] == ""), "{objects:?}");
}

#[test]
fn folders_that_are_empty_or_closed_are_said_and_the_others_are_read() {
    let place = Place::new();
    for folder in ["empty", "closed", "open"] {
        fs::create_dir(place.join(folder)).unwrap();
    }
    let good = encoded(digit(), ImageFormat::Png);
    fs::write(place.join("closed/a.png"), &good).unwrap();
    fs::write(place.join("open/a.png"), &good).unwrap();
    fs::set_permissions(place.join("closed"), fs::Permissions::from_mode(0o000)).unwrap();
    // Some users, such as root, may read everything.
    let closed = fs::read_dir(place.join("closed")).is_err();
    let (output, objects) = read(&place, &["empty", "closed", "open"]);
    fs::set_permissions(place.join("closed"), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(objects.len(), 3);
    assert!(objects[0]["error"].as_str().unwrap().contains("no pictures in this folder"));
    assert_eq!(objects[1]["error"].is_string(), closed, "{}", objects[1]);
    assert_eq!(objects[2]["digits"].as_array().unwrap().len(), 1);
    let count = if closed { 2 } else { 1 };
    assert!(text(&output.stderr).ends_with(&format!("{count} of 3 pictures could not be read\n")));
}
