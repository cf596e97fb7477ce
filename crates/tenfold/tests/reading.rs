//! Whole pictures through the whole reader, with the model that ships: digits of the built-in handwriting set on paper in
//! ways that people do. What a reader must never do (panic, answer outside the picture) is held on any picture at all.

#![cfg(feature = "pictures")]
#![allow(clippy::unwrap_used)]

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
            Sequential::from_bytes(include_bytes!("../../../models/digits.safetensors"), "shipped").unwrap();
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

#[test]
fn lines_are_read_top_to_bottom_and_digits_left_to_right_at_any_size() {
    for size in [14, 20, 40, 100, 300] {
        // Not 98 in the middle: the 9 there is so far open at its top that it may be a 4.
        let reading = read(&page(&["20467", "38", "3150"], size));
        assert_eq!(reading.text(), "20467\n38\n3150", "digits {size} pixels high: {reading:?}");
    }
}

/// As 8×8 and 16×16 scans of the 1990s: the digit fills the picture, and its strokes are a pixel or two wide.
#[test]
fn digits_seen_by_few_pixels_are_read() {
    for (side, least) in [(8, 88), (12, 95), (16, 95)] {
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
            let (x, y) = ((left + end - longest) / 2, (top + bottom - longest) / 2);
            let cut = (0..longest * longest).map(|at| {
                written.pixels.get((y + at / longest) * 28 + x + at % longest).map_or(0, |&level| level)
            });
            let cut = Picture { height: longest, width: longest, pixels: cut.collect() }.resized(side, side);
            let picture = if number % 2 == 0 { cut } else { cut.inverted() };
            right += usize::from(read(&picture).text() == (number % 10).to_string());
        }
        assert!(right >= least, "{side}×{side}: {right} of 100");
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
fn paper_may_be_dark_unevenly_lit_shadowed_or_noisy() {
    let page = page(&["20467", "3158"], 40);
    let (height, width) = (page.height as f32, page.width as f32);
    let board = page.inverted();
    let slanting = changed(page.clone(), |y, x, level| {
        level * (1.0 - 0.6 * (y as f32 / height + x as f32 / width) / 2.0)
    });
    let shadow =
        changed(page.clone(), |y, x, level| if x + y / 2 > page.width / 2 { level * 0.5 } else { level });
    let noisy = changed(page.clone(), |y, x, level| level + ((y * 7919 + x * 104_729) % 23) as f32 - 11.0);
    let faint = changed(page.clone(), |_, _, level| 200.0 + level * 0.15);
    for (name, picture) in
        [("board", board), ("slanting", slanting), ("shadow", shadow), ("noisy", noisy), ("faint", faint)]
    {
        let reading = read(&picture);
        assert_eq!(reading.text(), "20467\n3158", "{name}: {reading:?}");
    }
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

/// As good as random, of the normal distribution: twelve numbers from 0 to 1, which come from one another by SplitMix64.
fn bell(y: usize, x: usize) -> f32 {
    let mut state = (y * 1000 + x) as u64 * 12;
    let numbers = (0..12).map(|_| {
        state += 1;
        let mut bits = state.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ bits >> 31) >> 40) as f32 / (1u32 << 24) as f32
    });
    numbers.sum::<f32>() - 6.0
}

#[test]
fn grain_on_blank_paper_is_not_read() {
    for grain in [1.0, 3.0, 8.0, 20.0, 40.0] {
        for side in [120, 300, 700] {
            let paper = changed(Picture::filled(side, side, 200), |y, x, level| level + grain * bell(y, x));
            assert_eq!(read(&paper).text(), "", "{grain}, {side}");
        }
    }
}

/// Grain is coarser where light is scarce, and lights fade: once they were read as whole pages of digits.
#[test]
fn grain_in_light_that_fades_is_hardly_read() {
    let mut digits = Vec::new();
    for grain in [8.0, 25.0] {
        for side in [100, 200, 400] {
            let lit = |light: &dyn Fn(f32, f32) -> f32| {
                changed(Picture::filled(side, side, 0), |y, x, _| {
                    light(y as f32 / side as f32, x as f32 / side as f32) + grain * bell(y, x)
                })
            };
            let pictures = [
                lit(&|_, x| 60.0 + 180.0 * x),
                lit(&|y, x| 100.0 * (x + y)),
                lit(&|y, x| 240.0 - 300.0 * ((x - 0.5).powi(2) + (y - 0.5).powi(2))),
                lit(&|_, x| if x < 0.5 { 60.0 } else { 200.0 }),
            ];
            digits.extend(pictures.iter().map(|picture| read(picture).digits.len()));
        }
    }
    // Where grain is not held against the paper round it, 63.
    assert!(digits.iter().sum::<usize>() <= 12, "{digits:?}");
}

#[test]
fn dots_halves_and_squares_are_no_digits_however_large() {
    let disk = |radius: f32| {
        changed(Picture::filled(120, 160, 220), |y, x, level| {
            let far = (y as f32 - 60.0).hypot(x as f32 - 80.0);
            level - 190.0 * (radius - far + 0.5).clamp(0.0, 1.0)
        })
    };
    for radius in [8.0, 30.0] {
        for picture in [disk(radius), disk(radius).inverted()] {
            assert_eq!(read(&picture).text(), "", "{radius}");
        }
    }
    for side in [100, 400] {
        let inside = |at: usize| (side / 20..side - side / 20).contains(&at);
        let square = |y, x, level| if inside(y) && inside(x) { 60.0 } else { level };
        let square = changed(Picture::filled(side, side, 200), square);
        let half =
            changed(Picture::filled(side, side, 200), |_, x, level| if x < side / 2 { 60.0 } else { level });
        for picture in [half.inverted(), half, square.inverted(), square] {
            assert_eq!(read(&picture).text(), "", "{side}");
        }
    }
}

#[test]
fn grain_about_as_strong_as_the_ink_is_not_read() {
    let pale = changed(page(&["20467", "3158"], 80), |y, x, level| {
        let noise: f32 = (0..6).map(|part| random(y + 1000 * part, x) - 0.5).sum();
        150.0 + level * 0.25 + 14.0 * noise
    });
    let reading = read(&pale);
    assert_eq!(reading.text(), "20467\n3158", "{reading:?}");
}

#[test]
fn shadows_along_the_edge_and_in_a_corner_are_not_read() {
    let plain = page(&["20467", "3158"], 40);
    let (height, width) = (plain.height, plain.width);
    let soft = |far: f32| 1.0 - 0.55 * (0.5 - far / 6.0).clamp(0.0, 1.0);
    let bottom = changed(plain.clone(), |y, _, level| level * soft(height as f32 - 22.0 - y as f32));
    let top = changed(plain.clone(), |y, _, level| level * soft(y as f32 - 18.0));
    let corner = changed(plain, |y, x, level| level * soft(1.5 * y as f32 + width as f32 - x as f32 - 110.0));
    for (name, picture) in [("bottom", bottom), ("top", top), ("corner", corner)] {
        let reading = read(&picture);
        assert_eq!(reading.text(), "20467\n3158", "{name}: {reading:?}");
    }
}

#[test]
fn surfaces_of_a_million_specks_are_read_to_an_end() {
    for share in [0.02, 0.1, 0.3] {
        let specks =
            changed(Picture::filled(1100, 1100, 255), |y, x, level| level * f32::from(random(y, x) > share));
        let reading = read(&specks);
        assert!(reading.digits.iter().all(|digit| digit.area.right() <= 1100), "{share}");
    }
}

#[test]
fn rules_squares_and_boxes_are_not_read() {
    let plain = page(&["20467", "3158"], 40);
    let (height, width) = (plain.height, plain.width);
    let ruled = changed(plain.clone(), |y, _, level| if y % 28 < 2 { level.min(90.0) } else { level });
    let squared =
        changed(plain.clone(), |y, x, level| if y % 37 < 2 || x % 37 < 2 { level.min(120.0) } else { level });
    let boxed = changed(plain.clone(), |y, x, level| {
        let (y, x) = (y.min(height - 1 - y), x.min(width - 1 - x));
        if y.min(x) == 6 || y.min(x) == 7 { 40.0 } else { level }
    });
    for (name, picture) in [("ruled", ruled), ("squared", squared), ("boxed", boxed)] {
        let reading = read(&picture);
        assert_eq!(reading.text(), "20467\n3158", "{name}: {reading:?}");
    }
}

#[test]
fn what_is_left_of_boxes_fainter_than_the_writing_is_not_read() {
    for (size, grain) in [(40, 24.0), (80, 0.0), (80, 24.0)] {
        let (cell, pen) = (size * 7 / 5, size / 20);
        let (top, bottom) = (cell / 3, 2 * cell - cell / 3);
        let (left, right) = (cell / 2, 6 * cell - cell / 2 + pen);
        // A box for each digit, whose ink is now more than half as dark as the writing, now less.
        let boxed = changed(page(&["20467"], size), |y, x, level| {
            let inside = (top..bottom).contains(&y) && (left..right).contains(&x);
            let side = (x + cell - left) % cell < pen || y < top + pen || y >= bottom - pen;
            let ink = 110.0 - 90.0 * (random(y / 5, x / 5) - 0.5);
            let noise: f32 = (0..4).map(|part| random(y + 1000 * part, x) - 0.5).sum();
            grain * noise + if inside && side { level.min(ink) } else { level }
        });
        let reading = read(&boxed);
        assert_eq!(reading.text(), "20467", "{size}, {grain}: {reading:?}");
    }
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

#[test]
fn frames_round_numbers_and_pages_strips_and_desks_are_not_read() {
    let line = page(&["20467"], 60);
    // Black lines of 4 pixels, so far inside the edge.
    let framed = |picture: &Picture, inside: usize| {
        let (height, width) = (picture.height, picture.width);
        changed(picture.clone(), |y, x, level| {
            let (y, x) = (y.min(height - 1 - y), x.min(width - 1 - x));
            if (inside..inside + 4).contains(&y.min(x)) { 20.0 } else { level }
        })
    };
    let paper = on(&line, [600, 900], 220);
    let striped = |picture: &Picture, rows: usize| {
        changed(picture.clone(), |y, _, level| if y < rows { 10.0 } else { level })
    };
    let pictures = [
        ("box", on(&framed(&line, 16), [600, 900], 220)),
        ("page", framed(&paper, 20)),
        ("far inside", framed(&paper, 70)),
        ("thin strip", striped(&paper, 20)),
        ("strip", striped(&paper, 48)),
        ("wide strip", striped(&paper, 90)),
        ("desk", on(&paper, [680, 1000], 30)),
        ("wide desk", on(&paper, [750, 1100], 30)),
        ("wider desk", on(&paper, [1000, 1700], 30)),
        ("grey desk", on(&paper, [680, 1000], 90)),
        ("wide grey desk", on(&paper, [800, 1300], 90)),
    ];
    for (name, picture) in pictures {
        let reading = read(&picture);
        assert_eq!(reading.text(), "20467", "{name}: {reading:?}");
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
