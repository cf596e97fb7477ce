//! Digits of three by five points, to write on pictures. Draws nothing itself.

/// Rows of three bits each, from the top.
const DIGITS: [[u8; 5]; 10] = [
    [0b111, 0b101, 0b101, 0b101, 0b111],
    [0b010, 0b110, 0b010, 0b010, 0b111],
    [0b111, 0b001, 0b111, 0b100, 0b111],
    [0b111, 0b001, 0b111, 0b001, 0b111],
    [0b101, 0b101, 0b111, 0b001, 0b001],
    [0b111, 0b100, 0b111, 0b001, 0b111],
    [0b111, 0b100, 0b111, 0b101, 0b111],
    [0b111, 0b001, 0b001, 0b010, 0b010],
    [0b111, 0b101, 0b111, 0b101, 0b111],
    [0b111, 0b101, 0b111, 0b001, 0b111],
];

/// The points (row, column) that a digit is made of; above 9, those of a 9.
pub fn points(digit: u8) -> impl Iterator<Item = (usize, usize)> {
    let rows = DIGITS[usize::from(digit.min(9))];
    (0..5).flat_map(move |y| (0..3).filter(move |x| rows[y] >> (2 - x) & 1 == 1).map(move |x| (y, x)))
}
