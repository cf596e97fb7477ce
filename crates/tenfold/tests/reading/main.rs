//! Whole pictures through the whole reader, with the model that ships: digits of the built-in handwriting set on paper in
//! ways that people do. What a reader must never do (panic, answer outside the picture) is held on any picture at all.

#![cfg(feature = "pictures")]
#![allow(clippy::unwrap_used)]

mod surfaces;

use std::sync::{Mutex, MutexGuard, OnceLock};

use proptest::prelude::*;
use tenfold::Sequential;
use tenfold::data::others::{self, Kind};
use tenfold::data::strokes;
use tenfold::read::{Picture, ReadOptions, Reader, Reading};

fn reader() -> MutexGuard<'static, Reader> {
    static READER: OnceLock<Mutex<Reader>> = OnceLock::new();
    let reader = READER.get_or_init(|| {
        let model =
            Sequential::from_bytes(include_bytes!("../../../../models/digits.safetensors"), "shipped")
                .unwrap();
        Mutex::new(Reader::new(&[&model], ReadOptions::default()).unwrap())
    });
    reader.lock().unwrap()
}

fn read(picture: &Picture) -> Reading {
    reader().read(picture)
}

/// The image of `digit` in the built-in handwriting, the `number`th of seed 11.
fn digit(digit: u8, number: u64) -> Picture {
    let index = (number * 10..).find(|&index| strokes::image(11, index).1 == digit).unwrap();
    Picture { height: 28, width: 28, pixels: strokes::image(11, index).0.to_vec() }
}

/// A drawn letter.
fn letter(number: u64) -> Picture {
    Picture { height: 28, width: 28, pixels: others::image_of(Kind::Letter, 3, number).to_vec() }
}

/// A page of `lines`, each digit `size` pixels high or so, ink 30 on paper 220.
fn page(lines: &[&str], size: usize) -> Picture {
    let line = |(row, line): (usize, &&str)| {
        let digit = |(column, byte): (usize, u8)| digit(byte - b'0', (7 * row + column) as u64);
        line.bytes().enumerate().map(digit).collect()
    };
    set(&lines.iter().enumerate().map(line).collect::<Vec<_>>(), size)
}

/// The same of lines of any images `[28, 28]`.
fn set(lines: &[Vec<Picture>], size: usize) -> Picture {
    let cell = size * 7 / 5;
    let longest = lines.iter().map(Vec::len).max().unwrap_or(0);
    let mut page = Picture::filled((lines.len() + 1) * cell, (longest + 1) * cell, 220);
    for (row, line) in lines.iter().enumerate() {
        for (column, image) in line.iter().enumerate() {
            let ink = image.resized(cell, cell);
            for (y, ink_row) in ink.rows().enumerate() {
                let at = (row * cell + cell / 2 + y) * page.width + column * cell + cell / 2;
                for (level, &ink) in page.pixels[at..].iter_mut().zip(ink_row) {
                    *level = (220 - u32::from(ink) * 190 / 255).min(u32::from(*level)) as u8;
                }
            }
        }
    }
    page
}

/// The same with every pixel changed by place.
fn changed(mut page: Picture, change: impl Fn(usize, usize, f32) -> f32) -> Picture {
    let width = page.width;
    for (at, level) in page.pixels.iter_mut().enumerate() {
        *level = change(at / width, at % width, f32::from(*level)).clamp(0.0, 255.0) as u8;
    }
    page
}

/// A page on a larger surface `[height, width]` of one grey.
fn on(page: &Picture, [height, width]: [usize; 2], level: u8) -> Picture {
    let mut whole = Picture::filled(height, width, level);
    let (top, left) = ((height - page.height) / 2, (width - page.width) / 2);
    for (y, row) in page.rows().enumerate() {
        whole.pixels[(top + y) * width + left..][..row.len()].copy_from_slice(row);
    }
    whole
}

/// As good as random, 0 to 1.
fn random(y: usize, x: usize) -> f32 {
    let mut bits = (y * 7919 + x * 104_729 + 1) as u32;
    for _ in 0..3 {
        bits ^= bits << 13;
        bits ^= bits >> 17;
        bits ^= bits << 5;
    }
    bits as f32 / u32::MAX as f32
}

#[test]
fn lines_are_read_top_to_bottom_and_digits_left_to_right_at_any_size() {
    for size in [14, 20, 40, 100, 300] {
        // Not 98 in the middle: the 9 there is so far open at its top that it may be a 4.
        let reading = read(&page(&["20467", "38", "3150"], size));
        assert_eq!(reading.text(), "20467\n38\n3150", "digits {size} pixels high: {reading:?}");
    }
}

/// As 8×8 and 16×16 scans of the 1990s: the digit fills the picture, and its strokes are a pixel or two wide. In some sets each was
/// stretched to a square, whatever its shape was.
#[test]
fn digits_seen_by_few_pixels_are_read() {
    for (side, stretched, least) in [(8, false, 88), (12, false, 95), (16, false, 95), (16, true, 91)] {
        let mut right = 0;
        for number in 0..100 {
            let written = digit((number % 10) as u8, number);
            let lit: Vec<usize> = (0..784).filter(|&at| written.pixels[at] > 60).collect();
            let (columns, rows) = (|at: &usize| at % 28, |at: &usize| at / 28);
            let bounds = |place: fn(&usize) -> usize| {
                (lit.iter().map(place).min().unwrap(), lit.iter().map(place).max().unwrap() + 1)
            };
            let ((left, end), (top, bottom)) = (bounds(columns), bounds(rows));
            let longest = (end - left).max(bottom - top);
            let (height, width) = if stretched { (bottom - top, end - left) } else { (longest, longest) };
            let (x, y) = ((left + end - width) / 2, (top + bottom - height) / 2);
            let cut = (0..height * width).map(|at| {
                written.pixels.get((y + at / width) * 28 + x + at % width).map_or(0, |&level| level)
            });
            let cut = Picture { height, width, pixels: cut.collect() }.resized(side, side);
            let picture = if number % 2 == 0 { cut } else { cut.inverted() };
            right += usize::from(read(&picture).text() == (number % 10).to_string());
        }
        assert!(right >= least, "{side}×{side}, stretched: {stretched}: {right} of 100");
    }
}

/// Letters have strokes that are digits by themselves, and with so many ways to look at a blob one may make a 0 of it: cut as a
/// page, most would be read as something.
#[test]
fn letters_and_textures_alone_on_a_picture_are_hardly_read() {
    for (kind, side, most) in [(Kind::Letter, 28, 10), (Kind::Letter, 120, 15), (Kind::Texture, 28, 35)] {
        let is_read = |&index: &u64| {
            let pixels = others::image_of(kind, 5, index).to_vec();
            let picture = Picture { height: 28, width: 28, pixels }.resized(side, side);
            !read(&picture).digits.is_empty()
        };
        let count = (0..100).filter(is_read).count();
        assert!(count <= most, "{}, {side}×{side}: {count} of 100 have digits", kind.name());
    }
}

/// The network is asked about several pictures at once, about some of them again; none must get another's answers.
#[test]
fn pictures_read_together_are_read_as_each_alone() {
    let pictures: Vec<Picture> = (0..40)
        .map(|number| match number % 8 {
            0 => digit((number / 8) as u8, number),
            1 => digit((number / 8) as u8, number).resized(9, 9),
            2 => page(&["71", "305"], 20 + number as usize),
            3 => page(&["4"], 50).inverted(),
            4 => Picture::filled(0, 0, 0),
            5 => Picture::filled(60, 40, 200),
            6 => changed(page(&["82"], 40), |y, x, level| level + ((y * 7919 + x * 104_729) % 23) as f32),
            _ => changed(page(&["5"], 40), |y, x, level| if x > y { level * 0.5 } else { level }),
        })
        .collect();
    let together = reader().read_all(&pictures.iter().collect::<Vec<_>>());
    assert_eq!(together.len(), pictures.len());
    for (number, (picture, together)) in pictures.iter().zip(together).enumerate() {
        assert_eq!(read(picture), together, "picture {number}");
    }
    assert!(reader().read_all(&[]).is_empty());
}

#[test]
fn boxes_hold_the_digits_they_name() {
    let reading = read(&page(&["47", "25"], 60));
    let cell = 84;
    for (digit, (column, row)) in reading.digits.iter().zip([(0, 0), (1, 0), (0, 1), (1, 1)]) {
        let (left, top) = (column * cell + cell / 2, row * cell + cell / 2);
        let area = digit.area;
        assert!(area.x >= left && area.right() <= left + cell, "{digit:?}");
        assert!(area.y >= top && area.bottom() <= top + cell, "{digit:?}");
        assert!((50..=70).contains(&area.longest()), "{digit:?}");
        assert_eq!(digit.line, row);
    }
}

#[test]
fn a_digit_alone_on_a_large_page_is_found() {
    for digit in ["1", "4", "7", "8"] {
        let alone = on(&page(&[digit], 40), [1500, 1100], 220);
        let grainy = changed(alone.clone(), |y, x, level| level + 12.0 * (random(y, x) - 0.5));
        for picture in [alone, grainy] {
            let reading = read(&picture);
            assert_eq!(reading.text(), digit, "{reading:?}");
        }
    }
}

#[test]
fn a_digit_that_fills_its_picture_is_read() {
    let mut wrong = Vec::new();
    let all: Vec<(u8, u64)> =
        [1, 4, 7, 8].into_iter().flat_map(|digit| (0..10).map(move |n| (digit, n))).collect();
    for &(value, number) in &all {
        let image = digit(value, number);
        let rows: Vec<usize> = (0..28).filter(|&y| image.row(y).iter().any(|&level| level > 100)).collect();
        let columns: Vec<usize> = (0..28).filter(|&x| image.rows().any(|row| row[x] > 100)).collect();
        let (y, x) = (rows[0], columns[0]);
        let (height, width) = (rows[rows.len() - 1] + 1 - y, columns[columns.len() - 1] + 1 - x);
        let pixels = (y..y + height).flat_map(|y| image.row(y)[x..x + width].to_vec()).collect();
        let cut = Picture { height, width, pixels }.resized(5 * height, 5 * width);
        let dark = changed(cut, |_, _, ink| 220.0 - 0.75 * ink);
        for picture in [dark.inverted(), dark] {
            let text = read(&picture).text();
            if text != value.to_string() {
                wrong.push((value, number, text));
            }
        }
    }
    // Three times as many are where no digit is taken to fill its picture.
    assert!(wrong.len() <= 2 * all.len() / 20, "of {} pictures: {wrong:?}", 2 * all.len());
}

/// Many a letter could be cut into what looks like a 1 and a 7.
#[test]
fn strokes_that_a_moving_camera_left_pale_are_read() {
    // From (y, x) to (y, x), in tenths of a digit's height.
    let seven = [[0.0, 0.0, 0.0, 6.0], [0.0, 6.0, 10.0, 2.0]].as_slice();
    let four = [[0.0, 1.5, 6.0, 0.0], [6.0, 0.0, 6.0, 6.5], [3.0, 5.0, 10.0, 4.5]].as_slice();
    let five = [[0.0, 1.0, 0.0, 6.0], [0.0, 1.0, 4.0, 1.0], [4.0, 1.0, 4.5, 5.0], [4.5, 5.0, 7.0, 6.0]];
    let five = [&five[..], &[[7.0, 6.0, 9.5, 4.5], [9.5, 4.5, 10.0, 0.5]]].concat();
    for (text, lines) in [("7", seven), ("4", four), ("5", &five)] {
        let far = |y: usize, x: usize| {
            let to = |&[y0, x0, y1, x1]: &[f32; 4]| {
                let [y, x] = [(y as f32 - 130.0) / 26.0 - y0, (x as f32 - 170.0) / 26.0 - x0];
                let [down, right] = [y1 - y0, x1 - x0];
                let along = ((y * down + x * right) / (down * down + right * right)).clamp(0.0, 1.0);
                26.0 * (y - along * down).hypot(x - along * right)
            };
            lines.iter().map(to).fold(f32::MAX, f32::min)
        };
        // A fine pen, and a camera that moved by twelve pixels: what goes across stays dark, what goes down becomes pale.
        let sharp = changed(Picture::filled(500, 500, 190), |y, x, level| {
            level - 150.0 * (2.5 - far(y, x)).clamp(0.0, 1.0)
        });
        let moved = changed(sharp.clone(), |y, x, _| {
            let row = &sharp.row(y)[x.saturating_sub(6)..(x + 6).min(500)];
            row.iter().map(|&level| f32::from(level)).sum::<f32>() / row.len() as f32 + random(y, x)
        });
        let reading = read(&moved);
        assert_eq!(reading.text(), text, "{reading:?}");
    }
}

#[test]
fn nothing_is_read_in_fewer_than_five_rows() {
    let read_at = |size| {
        let pages = (0..10).map(|number: u8| on(&page(&[&number.to_string()], size), [90, 90], 220));
        pages.map(|picture| read(&picture).digits.len()).sum::<usize>()
    };
    assert_eq!(read_at(3), 0);
    assert!(read_at(12) >= 8);
}

#[test]
fn letters_are_not_cut_into_digits_and_digits_beside_them_are_read() {
    for first in 0..12 {
        let word: Vec<_> = (8 * first..8 * first + 8).map(letter).collect();
        let number: Vec<_> = [2, 0, 6, 8].iter().map(|&of| digit(of, first)).collect();
        let reading = read(&set(&[word, number], 40));
        let lines = reading.text();
        assert_eq!(lines.lines().last(), Some("2068"), "{first}: {lines:?}");
        assert!(reading.digits.len() <= 5, "{first}: {lines:?}");
    }
}

/// A line of images `[28, 28]`, ink 30 on paper 220, with eight pixels between one's ink and the next.
fn close(images: &[Picture]) -> Picture {
    let mut rows = vec![vec![0u8; 20]; 56];
    for image in images.iter().map(|image| image.resized(56, 56)) {
        let inked = |&x: &usize| image.rows().any(|row| row[x] > 60);
        let (first, last) = ((0..56).find(inked).unwrap(), (0..56).rfind(inked).unwrap());
        for (row, ink) in rows.iter_mut().zip(image.rows()) {
            row.extend_from_slice(&ink[first..=last]);
            row.extend([0; 8]);
        }
    }
    rows.iter_mut().for_each(|row| row.extend([0; 20]));
    let line = Picture { height: 56, width: rows[0].len(), pixels: rows.concat() };
    let page = on(&line, [100, line.width], 0);
    changed(page, |_, _, ink| 220.0 - 0.75 * ink)
}

#[test]
fn what_looks_like_a_digit_in_a_word_is_none() {
    for first in 0..6 {
        let alone: Vec<_> = [0, 5, 9].map(|of| digit(of, first)).to_vec();
        assert_eq!(read(&close(&alone)).text(), "059", "{first}");
        let letters = (8 * first..8 * first + 4).map(letter);
        let word: Vec<_> = letters.zip(alone).flat_map(|(letter, digit)| [letter, digit]).collect();
        let reading = read(&close(&word));
        assert!(reading.digits.len() <= 1, "{first}: {reading:?}");
    }
}

#[test]
fn points_and_dashes_are_separators() {
    let dash = changed(page(&["20 67".replace(' ', "1").as_str()], 40), |y, x, level| {
        // In place of the third digit.
        if !(140..196).contains(&x) {
            level
        } else if (52..57).contains(&y) && (156..178).contains(&x) {
            30.0
        } else {
            220.0
        }
    });
    let reading = read(&dash);
    assert_eq!((reading.text().as_str(), reading.separators.len()), ("2067", 1), "{reading:?}");
}

#[test]
fn paper_without_ink_has_an_empty_reading() {
    for level in [0, 1, 128, 254, 255] {
        for side in [1, 2, 12, 28, 100, 400] {
            assert_eq!(read(&Picture::filled(side, side, level)), Reading::default());
        }
    }
    let sky = changed(Picture::filled(200, 300, 0), |y, x, _| 60.0 + (y + x) as f32 * 0.3);
    assert_eq!(read(&sky), Reading::default());
    let grain =
        changed(Picture::filled(200, 300, 0), |y, x, _| 180.0 + ((y * 7919 + x * 104_729) % 17) as f32);
    assert_eq!(read(&grain), Reading::default());
    assert_eq!(read(&Picture::filled(0, 0, 0)), Reading::default());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_picture_has_a_reading_inside_it(
        (height, width) in prop_oneof![(1usize..40, 1usize..40), (1usize..3, 1usize..3000), (1usize..300, 1usize..300)],
        kind in 0u8..4,
        seed in any::<u32>(),
    ) {
        let mut state = seed | 1;
        let mut random = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state
        };
        let mut picture = Picture::filled(height, width, 200);
        for _ in 0..match kind { 0 => height * width, 1 => 40, 2 => 8, _ => 2 } {
            // Noise, dust, and rectangles of any size.
            let (y, x, level) = (random() as usize % height, random() as usize % width, random() as u8);
            let side = if kind < 2 { 1 } else { 1 + random() as usize % 60 };
            for row in y..(y + side).min(height) {
                picture.pixels[row * width + x..row * width + (x + side).min(width)].fill(level);
            }
        }
        let reading = read(&picture);
        let areas = reading.digits.iter().map(|digit| digit.area);
        let areas = areas.chain(reading.separators.iter().map(|mark| mark.area)).chain(reading.rejected.iter().map(|no| no.area));
        for area in areas {
            prop_assert!(area.width > 0 && area.height > 0);
            prop_assert!(area.right() <= width && area.bottom() <= height, "{area:?} in {height}×{width}");
        }
        for digit in &reading.digits {
            prop_assert!(digit.digit < 10 && (0.0..=1.0).contains(&digit.confidence));
            prop_assert!(digit.alternatives[0].confidence <= digit.confidence);
        }
        prop_assert_eq!(read(&picture), reading);
    }
}
