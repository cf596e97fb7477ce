//! The ways of writing each digit, and how often each occurs. Their paths are in [`super::low_digits`],
//! [`super::high_digits`] and [`super::rare_digits`]; a new way is a name here and a path there.

use super::high_digits::{eight, eight_circles, five, five_round, nine, seven, six};
use super::low_digits::{
    four_closed, four_one_stroke, four_open, one_flagged, one_stick, three, two, two_angular, zero,
};
use super::path::Path;
use super::rare_digits::{four_bolt, nine_hooked, one_long_flag, seven_level};
use crate::random::Stream;

/// A way of writing a digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Style {
    /// A round or oval, sometimes not quite closed.
    ZeroRound,
    /// With a stroke through it.
    ZeroSlashed,
    /// A bare stick.
    OneStick,
    /// With an upstroke at its top.
    OneFlagged,
    /// With an upstroke and a base line.
    OneWithBase,
    /// With a sharp corner at the lower left.
    TwoPlain,
    /// With a loop at the lower left.
    TwoLooped,
    /// As a Z.
    TwoAngular,
    /// With a round head.
    ThreeRound,
    /// With a flat top and a sharp corner.
    ThreeFlat,
    /// Two strokes that do not meet at the top.
    FourOpen,
    /// A triangle and a stem.
    FourClosed,
    /// Open, without lifting the pen.
    FourOneStroke,
    /// Begun with the bar.
    FiveOneStroke,
    /// The bar written last.
    FiveTwoStrokes,
    /// As an S.
    FiveRound,
    /// With a curved stem.
    SixCurved,
    /// With a straight stem.
    SixStraight,
    /// A bar and a stem.
    SevenPlain,
    /// With a second bar through the stem.
    SevenCrossed,
    /// An S that is closed on the way back.
    EightOneStroke,
    /// Two circles.
    EightTwoCircles,
    /// With a straight stem.
    NineStraight,
    /// With a stem that hooks to the left.
    NineCurved,
}

use Style::*;

/// The styles of each digit with how often, of 100, each is drawn.
const STYLES: [&[(Style, u32)]; 10] = [
    &[(ZeroRound, 95), (ZeroSlashed, 5)],
    &[(OneStick, 82), (OneFlagged, 11), (OneWithBase, 7)],
    &[(TwoPlain, 42), (TwoLooped, 50), (TwoAngular, 8)],
    &[(ThreeRound, 74), (ThreeFlat, 26)],
    &[(FourOpen, 72), (FourClosed, 16), (FourOneStroke, 12)],
    &[(FiveOneStroke, 40), (FiveTwoStrokes, 40), (FiveRound, 20)],
    &[(SixCurved, 40), (SixStraight, 60)],
    &[(SevenPlain, 82), (SevenCrossed, 18)],
    &[(EightOneStroke, 82), (EightTwoCircles, 18)],
    &[(NineStraight, 82), (NineCurved, 18)],
];

/// As [`STYLES`], for hands of all kinds: rare ways of writing are drawn much more often.
const RARE: [&[(Style, u32)]; 10] = [
    &[(ZeroRound, 75), (ZeroSlashed, 25)],
    &[(OneStick, 30), (OneFlagged, 44), (OneWithBase, 26)],
    &[(TwoPlain, 40), (TwoLooped, 40), (TwoAngular, 20)],
    &[(ThreeRound, 60), (ThreeFlat, 40)],
    &[(FourOpen, 52), (FourClosed, 28), (FourOneStroke, 20)],
    &[(FiveOneStroke, 35), (FiveTwoStrokes, 45), (FiveRound, 20)],
    &[(SixCurved, 45), (SixStraight, 55)],
    &[(SevenPlain, 58), (SevenCrossed, 42)],
    &[(EightOneStroke, 72), (EightTwoCircles, 28)],
    &[(NineStraight, 65), (NineCurved, 35)],
];

/// How many styles there are.
#[cfg(test)]
pub(in crate::data) fn count() -> usize {
    STYLES.iter().map(|styles| styles.len()).sum()
}

/// A style of `digit` (0 to 9); `rare`: rare ones much more often.
pub(in crate::data) fn choose(digit: usize, rare: bool, r: &mut Stream) -> Style {
    let styles = if rare { RARE[digit] } else { STYLES[digit] };
    let mut draw = r.below(100);
    for &(style, share) in styles {
        if draw < share {
            return style;
        }
        draw -= share;
    }
    styles[0].0
}

/// A path of the pen for `style`, in a digit's height: x from about 0 to 0.7, y from 0 (top) to 1.
pub(in crate::data) fn write(style: Style, r: &mut Stream) -> Path {
    let mut p = Path::default();
    match style {
        ZeroRound => zero(&mut p, r, false),
        ZeroSlashed => zero(&mut p, r, true),
        OneStick => one_stick(&mut p, r),
        OneFlagged => one_flagged(&mut p, r, false),
        OneWithBase => one_flagged(&mut p, r, true),
        TwoPlain => two(&mut p, r, false),
        TwoLooped => two(&mut p, r, true),
        TwoAngular => two_angular(&mut p, r),
        ThreeRound => three(&mut p, r, false),
        ThreeFlat => three(&mut p, r, true),
        FourOpen => four_open(&mut p, r),
        FourClosed => four_closed(&mut p, r),
        FourOneStroke => four_one_stroke(&mut p, r),
        FiveOneStroke => five(&mut p, r, false),
        FiveTwoStrokes => five(&mut p, r, true),
        FiveRound => five_round(&mut p, r),
        SixCurved => six(&mut p, r, true),
        SixStraight => six(&mut p, r, false),
        SevenPlain => seven(&mut p, r, false, f32::INFINITY),
        SevenCrossed => seven(&mut p, r, true, f32::INFINITY),
        EightOneStroke => eight(&mut p, r),
        EightTwoCircles => eight_circles(&mut p, r),
        NineStraight => nine(&mut p, r, false),
        NineCurved => nine(&mut p, r, true),
    }
    p
}

/// As [`write`], with more ways within a style.
pub(in crate::data) fn write_rarely(style: Style, r: &mut Stream) -> Path {
    let mut p = Path::default();
    match style {
        OneFlagged | OneWithBase if r.chance(45) => one_long_flag(&mut p, r, style == OneWithBase),
        FourOpen if r.chance(35) => four_bolt(&mut p, r),
        SevenPlain | SevenCrossed => seven_level(&mut p, r, style == SevenCrossed),
        NineCurved if r.chance(60) => nine_hooked(&mut p, r),
        _ => return write(style, r),
    }
    p
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_of_each_digits_styles_are_percent() {
        for (digit, styles) in STYLES.iter().chain(&RARE).enumerate() {
            assert_eq!(styles.iter().map(|&(_, share)| share).sum::<u32>(), 100, "digit {digit}");
        }
    }
}
