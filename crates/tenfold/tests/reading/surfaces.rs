//! What lies on a page and is no writing: grain, light and shadows, dots and halves, rules, boxes and frames.

use tenfold::read::Picture;

use super::{changed, on, page, random, read};

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

#[test]
fn digits_in_the_shade_are_read_however_sharp_the_edge_of_the_shadow() {
    let page = page(&["20467", "3158"], 60);
    for (slope, share) in [(0.5, 0.3), (-0.5, 0.3), (0.5, 0.7)] {
        for depth in [0.5, 0.6] {
            let edge = share * (page.width as f32 + slope * page.height as f32);
            let shadow = changed(page.clone(), |y, x, level| {
                let light = if x as f32 + slope * (y as f32) < edge { depth } else { 1.0 };
                light * (255.0 - 0.7 * (220.0 - level))
            });
            let reading = read(&shadow);
            assert_eq!(reading.text(), "20467\n3158", "{slope} {share} {depth}: {reading:?}");
        }
    }
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

/// Before what comes in from the edges was doubted, 41.
#[test]
fn folds_and_shadows_on_blank_paper_are_hardly_read() {
    let mut digits = Vec::new();
    for (height, width) in [(200, 160), (300, 420), (460, 400)] {
        for turn in 0..12 {
            let (sine, cosine) = (0.5 * turn as f32).sin_cos();
            let off = 0.3 * (random(turn, 9) - 0.5);
            let across = |y: usize, x: usize| {
                (x as f32 - width as f32 * (0.5 + off)) * cosine + (y as f32 - height as f32 * 0.5) * sine
            };
            let blank = || Picture::filled(height, width, 215);
            let fold = changed(blank(), |y, x, level| {
                let far = across(y, x) / 2.0;
                level - 60.0 * (-far * far).exp() + 30.0 * (-(far - 2.0).powi(2)).exp() + 3.0 * bell(y, x)
            });
            let shadow = changed(blank(), |y, x, level| {
                level * (1.0 - 0.5 / (1.0 + (-across(y, x) / 12.0).exp())) + 3.0 * bell(y, x)
            });
            digits.extend([fold, shadow].map(|picture| read(&picture).digits.len()));
        }
    }
    assert!(digits.iter().sum::<usize>() <= 20, "{}: {digits:?}", digits.iter().sum::<usize>());
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
    for radius in [8.0, 14.0, 20.0, 24.0, 30.0] {
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
fn digits_across_rules_stay_whole() {
    let mut wrong = Vec::new();
    // Two or three rules on the picture, fainter than the writing, or many as dark as it; through strokes and along them.
    let rules = [
        (70, 98, 100.0),
        (110, 154, 100.0),
        (70, 63, 170.0),
        (110, 99, 170.0),
        (70, 28, 60.0),
        (110, 44, 60.0),
    ];
    for (size, every, ink) in rules {
        for number in 0..10 {
            let plain = page(&[&number.to_string()], size);
            for first in [0, every / 3, every * 2 / 3] {
                let ruled = changed(
                    plain.clone(),
                    |y, _, level| {
                        if y % every == first { level.min(ink) } else { level }
                    },
                );
                let text = read(&ruled).text();
                if text != number.to_string() {
                    wrong.push((size, every, number, first, text));
                }
            }
        }
    }
    assert!(wrong.len() <= 2, "{}: {wrong:?}", wrong.len());
}

#[test]
fn what_is_left_of_boxes_fainter_than_the_writing_is_not_read() {
    for (size, grain) in [(40, 14.0), (80, 0.0), (80, 14.0)] {
        let (cell, pen) = (size * 7 / 5, size / 20);
        let (top, bottom) = (cell / 3, 2 * cell - cell / 3);
        let (left, right) = (cell / 2, 6 * cell - cell / 2 + pen);
        // A box for each digit, whose ink is now more than half as dark as the writing, now less.
        let boxed = changed(page(&["20467"], size), |y, x, level| {
            let inside = (top..bottom).contains(&y) && (left..right).contains(&x);
            let side = (x + cell - left) % cell < pen || y < top + pen || y >= bottom - pen;
            let ink = 110.0 - 90.0 * (random(y / 5, x / 5) - 0.5);
            grain * bell(y, x) + if inside && side { level.min(ink) } else { level }
        });
        let reading = read(&boxed);
        assert_eq!(reading.text(), "20467", "{size}, {grain}: {reading:?}");
    }
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
fn a_digit_on_a_sheet_on_a_dark_desk_is_read_and_not_the_sheet() {
    for digit in ["0", "2", "5", "6", "8"] {
        for (size, paper, desk) in [(60, [200, 260], [330, 390]), (60, [240, 200], [440, 400])] {
            let line = page(&[digit], size);
            let picture =
                changed(on(&on(&line, paper, 250), desk, 45), |y, x, level| level + 4.0 * bell(y, x));
            let reading = read(&picture);
            assert_eq!(reading.text(), digit, "{size}, {paper:?}, {desk:?}: {reading:?}");
        }
    }
}

#[test]
fn marks_without_any_digit_stay_marks() {
    // A colon, and two dashes one above the other.
    for ([height, width], step) in [([10, 10], 40), ([5, 30], 40)] {
        let picture = changed(Picture::filled(220, 300, 250), |y, x, level| {
            let inside = |top: usize| (top..top + height).contains(&y) && (130..130 + width).contains(&x);
            if inside(80) || inside(80 + step) { 20.0 } else { level }
        });
        let reading = read(&picture);
        assert!(reading.digits.is_empty(), "{reading:?}");
        assert!(reading.rejected.iter().all(|none| none.area.height < 2 * height), "{reading:?}");
        assert_eq!(reading.separators.len() + reading.rejected.len(), 2, "{reading:?}");
    }
}
