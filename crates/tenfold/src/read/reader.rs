//! The way from a picture to its digits, step by step: size, paper, ink, parts, lines, groups, answers.

use std::cell::LazyCell;

use super::answer::{of_one, of_page};
use super::belief::{
    LEAST, MUCH, belief, belief_in, digits, filled_in_pieces, has_several, is_alike, is_better,
    is_surely_none, may_lack_some,
};
use super::judge::{Judge, Opinion};
use super::page::{DOUBTFUL, Page, Question};
use super::prepare::{Ink, View, Working, coarse, ready, sheet};
use super::reading::Reading;
use super::{Area, Picture, ReadError};
use crate::model::Sequential;

/// How pictures are read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReadOptions {
    /// Digits less likely than this are rejected as [`Reason::Unsure`](super::Reason::Unsure): 0 to 1.
    pub min_confidence: f32,
    /// Threads the network uses; 0: one per core.
    pub threads: usize,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { min_confidence: LEAST, threads: 1 }
    }
}

/// A picture seen by few pixels is the digit that is this likely: its parts would tell less.
const LIKELY: f32 = 0.5;
/// How many times as often as in training a picture seen by few pixels, which somebody has cut, is no digit: say one in fifty; of
/// the scans that networks learn from, one in eight.
const CUT: f32 = 1.0 / 7.0;
/// How many times as often as elsewhere what is found only in another way of looking is no digit, unless several are: with so many
/// ways, one makes a digit of almost anything.
const AGAIN: f32 = 4.0;
/// The same where all that was found at first is one thing that is surely none: a letter, a blob.
const AGAIN_OF_NONE: f32 = 10.0;
/// A picture on which no more digits than this were read may be filled by one.
const FILLING: usize = 2;
/// Such a digit is at least this share of a side long.
const FILLED: f32 = 0.9;

/// Reads all digits on a picture.
pub struct Reader {
    judge: Judge,
    options: ReadOptions,
}

impl Reader {
    /// Pictures about which [`read_all`](Reader::read_all) asks the network at once: as many as a pack of the engine holds.
    pub const TOGETHER: usize = 16;

    /// With `models`, which answer together: softmax over the ten digits, or those and "no digit".
    ///
    /// # Errors
    /// [`ReadError::Classes`] for other outputs; [`ReadError::Model`] where the models cannot be computed.
    pub fn new(models: &[&Sequential], options: ReadOptions) -> Result<Self, ReadError> {
        Ok(Self { judge: Judge::new(models, options.threads)?, options })
    }

    /// Lines from the top, in each the digits from the left. A picture without ink has an empty reading.
    pub fn read(&mut self, picture: &Picture) -> Reading {
        self.read_with(picture, &mut Steps(None))
    }

    /// The same of each picture, in their order, and faster where pictures are small: the network is asked about several at once.
    pub fn read_all(&mut self, pictures: &[&Picture]) -> Vec<Reading> {
        let together = pictures.chunks(Self::TOGETHER);
        together.flat_map(|pictures| self.weigh(pictures, &mut Steps(None))).collect()
    }

    /// The same as [`Reader::read`], showing what the picture has become after each step: `show` is given the step's name and the
    /// picture.
    pub fn read_showing(&mut self, picture: &Picture, show: &mut dyn FnMut(&str, &Picture)) -> Reading {
        self.read_with(picture, &mut Steps(Some(show)))
    }

    fn read_with(&mut self, picture: &Picture, steps: &mut Steps<'_>) -> Reading {
        self.weigh(&[picture], steps).pop().unwrap_or_default()
    }

    /// The most believable way to read each picture.
    fn weigh(&mut self, pictures: &[&Picture], steps: &mut Steps<'_>) -> Vec<Reading> {
        let firsts: Vec<First> = pictures.iter().map(|picture| self.first(picture, steps)).collect();
        let inputs: Vec<&[u8]> = firsts.iter().map(|first| &*first.inputs).collect();
        let mut opinions = self.judge.opinions(&inputs.concat()).into_iter();
        let size: usize = self.judge.input().iter().product();
        let mut readings = Vec::with_capacity(pictures.len());
        for (picture, First { inputs, about }) in pictures.iter().zip(firsts) {
            let own: Vec<Opinion> = opinions.by_ref().take(inputs.len() / size).collect();
            let mut reading = match about {
                About::Nothing => Reading::default(),
                About::Whole(whole) => self.read_whole(picture, &whole, &inputs, &own, steps),
                About::Page(seen) => {
                    let found = self.read_seen(*seen, &own, 1.0, steps);
                    self.or_on_a_sheet(picture, found, steps)
                }
            };
            reading.refuse_below(self.options.min_confidence);
            readings.push(reading);
        }
        readings
    }

    /// What the network is asked first about a picture.
    fn first(&self, picture: &Picture, steps: &mut Steps<'_>) -> First {
        if picture.pixels.is_empty() {
            return First { inputs: Vec::new(), about: About::Nothing };
        }
        let size = self.judge.input();
        if let Some(inputs) = ready(picture, size) {
            let ways = vec![(Area::all(picture.height, picture.width), 1)];
            return First { inputs, about: About::Whole(Whole { ways, enough: DOUBTFUL, none_is: 1.0 }) };
        }
        let ways = coarse(picture, size);
        if ways.is_empty() {
            let (inputs, seen) = self.look(View::of(picture), steps);
            return First { inputs, about: About::Page(Box::new(seen)) };
        }
        let inputs = ways.iter().flat_map(|way| way.inputs.concat()).collect();
        let ways = ways.iter().map(|way| (way.area, way.inputs.len())).collect();
        First { inputs, about: About::Whole(Whole { ways, enough: LIKELY, none_is: CUT }) }
    }

    /// The picture as one digit, where that is believed; else as a page, or whichever of the two is believed more.
    fn read_whole(
        &mut self,
        picture: &Picture,
        whole: &Whole,
        inputs: &[u8],
        opinions: &[Opinion],
        steps: &mut Steps<'_>,
    ) -> Reading {
        let [height, width] = self.judge.input();
        let mut said = opinions.iter().zip(inputs.chunks_exact(height * width));
        let ways = whole.ways.iter().filter_map(|&(area, shapes)| {
            let (opinion, input) = said.next()?;
            let others: Vec<Opinion> = said.by_ref().take(shapes - 1).map(|(opinion, _)| *opinion).collect();
            Some((opinion.with_others(&others).where_none_is(whole.none_is), area, input))
        });
        // What is less plainly the ink must be believed much more.
        let plainer = ways.reduce(|plainer, other| {
            let enough = plainer.0.confidence() + MUCH;
            if other.0.confidence() > enough { other } else { plainer }
        });
        let least = self.options.min_confidence;
        let mut single = Reading::default();
        if let Some((opinion, area, input)) = plainer {
            steps.show("inputs", || Picture { height, width, pixels: input.to_vec() });
            single = of_one(&opinion, area, least);
            if opinion.confidence() >= whole.enough {
                return single;
            }
        }
        let found = self.read_view(View::of(picture), whole.none_is, steps);
        if belief(&single) >= belief(&found) { single } else { found }
    }

    /// What was found on a picture, unless that is not believed, reaches across the picture or is the sheet itself in pieces, and what is
    /// on a bright sheet in it is believed much more: paper on a dark desk, which is taken for the ink where there is much of it.
    fn or_on_a_sheet(&mut self, picture: &Picture, found: Reading, steps: &mut Steps<'_>) -> Reading {
        let mut believed = belief_in(&found, &Area::all(picture.height, picture.width));
        let filled = filled_in_pieces(&found);
        if believed >= DOUBTFUL && filled.is_none() {
            return found;
        }
        let Some(part) = sheet(picture) else { return found };
        if filled.is_some_and(|filled| is_alike(&filled, &part)) {
            believed = believed.min(LIKELY);
        }
        if believed >= DOUBTFUL {
            return found;
        }
        let on_it = self.read_view(View::of_part(picture, part), 1.0, steps);
        if belief(&on_it) > believed + MUCH { on_it } else { found }
    }

    /// Reads the writing on a picture, which is no digit `none_is` times as often as others.
    fn read_view(&mut self, view: View, none_is: f32, steps: &mut Steps<'_>) -> Reading {
        let (inputs, seen) = self.look(view, steps);
        let opinions = self.judge.opinions(&inputs);
        self.read_seen(seen, &opinions, none_is, steps)
    }

    /// Looks for the writing on a picture; with what the network is asked about it.
    fn look(&self, view: View, steps: &mut Steps<'_>) -> (Vec<u8>, Seen) {
        steps.show("grey", || view.working.picture.clone());
        let ink = Ink::find(&view);
        let page = ink.clone().map(|ink| self.open(ink, steps));
        let (inputs, page) = page.map_or_else(Default::default, |(inputs, page)| (inputs, Some(page)));
        (inputs, Seen { view, ink, page })
    }

    /// The writing in the ink, and what the network is asked about it.
    fn open(&self, ink: Ink, steps: &mut Steps<'_>) -> (Vec<u8>, (Page, Question)) {
        steps.show("ink", || ink.levels.clone());
        let mut page = Page::new(ink);
        steps.show("writing", || page.drawn());
        let (question, inputs) = page.ask(self.judge.input());
        (inputs, (page, question))
    }

    /// Reads what was seen, and in other ways where that is not believed.
    fn read_seen(
        &mut self,
        seen: Seen,
        opinions: &[Opinion],
        none_is: f32,
        steps: &mut Steps<'_>,
    ) -> Reading {
        let Seen { view, ink: usual, page } = seen;
        let mut found = match page {
            Some(page) => self.read_page(&view.working, page, opinions, steps),
            None => Reading::default(),
        };
        let mut again = false;
        let times = none_is * if is_surely_none(&found) { AGAIN_OF_NONE } else { AGAIN };
        let may_lack_some = may_lack_some(&found);
        let turned = LazyCell::new(|| view.turned());
        let turned_ink = LazyCell::new(|| Ink::find(turned.as_ref()?));
        let nearby = || Ink::find_nearby(&view);
        let closely = || Ink::find_closely(&view);
        let darkest = || usual.clone()?.darkest();
        let paler = || usual.clone()?.paler();
        let joined = || usual.clone()?.joined();
        let turned_nearby = || Ink::find_nearby(turned.as_ref()?);
        let darkest_turned = || turned_ink.clone()?.darkest();
        // Whether the picture is turned, and the ink on it.
        let ways: [(bool, &dyn Fn() -> Option<Ink>); 8] = [
            (false, &nearby),
            (false, &closely),
            (false, &darkest),
            (false, &paler),
            (true, &|| turned_ink.clone()),
            (true, &turned_nearby),
            (true, &darkest_turned),
            (false, &joined),
        ];
        for (number, (is_turned, way)) in ways.into_iter().enumerate() {
            if belief(&found) >= DOUBTFUL && (number > 0 || !may_lack_some) {
                break;
            }
            let view = if is_turned { turned.as_ref() } else { Some(&view) };
            let Some((view, ink)) = view.zip(way()) else { continue };
            let next = self.read_ink(view, ink, steps);
            if is_better(&next, &found) {
                (found, again) = (next, true);
            }
        }
        if let Some(filled) = self.filled(&found, &view, steps) {
            (found, again) = (filled, true);
        }
        if again && !has_several(&found) { found.doubted(times.max(1.0)) } else { found }
    }

    /// The one digit that fills the picture from side to side, where what was found is not believed.
    fn filled(&mut self, found: &Reading, view: &View, steps: &mut Steps<'_>) -> Option<Reading> {
        let mut filled: Option<Reading> = None;
        for bright_ink in [view.polarity.bright_ink, !view.polarity.bright_ink] {
            let found = filled.as_ref().unwrap_or(found);
            if belief(found) >= DOUBTFUL || digits(found, LEAST).count() > FILLING {
                break;
            }
            let Some(ink) = Ink::find_evenly(view, bright_ink) else { continue };
            let next = self.read_ink(view, ink, steps);
            let all = &view.working.part;
            let long = |side: usize, of: usize| side as f32 >= FILLED * of as f32;
            let fills = |area: &Area| long(area.height, all.height) || long(area.width, all.width);
            let fills = next.rejected.is_empty() && matches!(&next.digits[..], [one] if fills(&one.area));
            if fills && belief(&next) > belief(found) + MUCH {
                filled = Some(next);
            }
        }
        filled
    }

    fn read_ink(&mut self, view: &View, ink: Ink, steps: &mut Steps<'_>) -> Reading {
        let (inputs, page) = self.open(ink, steps);
        let opinions = self.judge.opinions(&inputs);
        self.read_page(&view.working, page, &opinions, steps)
    }

    /// Reads a page whose first question was answered.
    fn read_page(
        &mut self,
        working: &Working,
        (mut page, question): (Page, Question),
        opinions: &[Opinion],
        steps: &mut Steps<'_>,
    ) -> Reading {
        let size = self.judge.input();
        let next = page.decide(&question, opinions, size);
        self.part(&mut page, next);
        let next = page.cut(size);
        self.part(&mut page, next);
        let (doubts, inputs) = page.doubts(size);
        page.settle(&doubts, &self.judge.opinions(&inputs));
        let least = self.options.min_confidence;
        let mut reading = of_page(&page, working, least);
        let alone = page.alone(size).and_then(|input| self.judge.opinions(&input).first().copied());
        let better = |opinion: &Opinion| opinion.is_digit() && opinion.confidence() > belief(&reading);
        if let Some(opinion) = alone.filter(better) {
            page.join(opinion);
            reading = of_page(&page, working, least);
        }
        if steps.0.is_some()
            && let Some(shown) = page.shown(size)
        {
            steps.show("inputs", || shown);
        }
        reading
    }

    /// Parts the lines of a page that it asks about.
    fn part(&mut self, page: &mut Page, mut asked: Option<(Question, Vec<u8>)>) {
        while let Some((question, inputs)) = asked {
            asked = page.decide(&question, &self.judge.opinions(&inputs), self.judge.input());
        }
    }
}

/// A picture on which the network has not been asked yet.
struct First {
    /// What it is shown: `[inputs, height, width]`.
    inputs: Vec<u8>,
    about: About,
}

/// What it is asked about.
enum About {
    Nothing,
    Whole(Whole),
    Page(Box<Seen>),
}

/// A picture that may be one digit, in one way or several.
struct Whole {
    /// Where the digit would be in each way, and in how many shapes it is seen: one or more inputs.
    ways: Vec<(Area, usize)>,
    /// It is one where it is at least so likely.
    enough: f32,
    /// How many times as often as in training such a picture is no digit.
    none_is: f32,
}

/// A picture as it is looked at, the ink on it, and what was found in that.
struct Seen {
    view: View,
    ink: Option<Ink>,
    page: Option<(Page, Question)>,
}

/// Someone who watches the steps, or nobody.
struct Steps<'a>(Option<&'a mut Show<'a>>);

/// Is given a step's name, and what the picture has become.
type Show<'a> = dyn FnMut(&str, &Picture) + 'a;

impl Steps<'_> {
    fn show(&mut self, name: &str, picture: impl FnOnce() -> Picture) {
        if let Some(show) = &mut self.0 {
            show(name, &picture());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::strokes;
    use crate::model::Layer;

    #[test]
    fn a_picture_of_few_pixels_alone_is_rarely_no_digit() {
        // Says of everything: a 3 with 0.25, no digit with 0.75.
        let mut model = Sequential::new([28, 28]).flatten().dense(11).softmax();
        model.initialise(0).unwrap();
        model.rejects = true;
        for layer in &mut model.layers {
            if let Layer::Dense(dense) = layer {
                dense.weights.fill(0.0);
                dense.bias.fill(-30.0);
                (dense.bias[3], dense.bias[10]) = (0.0, 3f32.ln());
            }
        }
        let mut reader = Reader::new(&[&model], ReadOptions::default()).unwrap();
        let (pixels, _) = strokes::image(1, 0);
        let image = Picture { height: 28, width: 28, pixels: pixels.to_vec() };
        assert_eq!(reader.read(&image).text(), "");
        let few = reader.read(&image.resized(12, 12));
        assert_eq!(few.text(), "3");
        assert!((few.digits[0].confidence - 0.7).abs() < 1e-3, "{few:?}");
    }
}
