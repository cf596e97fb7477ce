//! The network's opinion of prepared inputs: which digit, and is it one at all.

use super::ReadError;
use crate::evaluate::{Answers, Ensemble};
use crate::model::Sequential;

/// Classes of digits.
const DIGITS: usize = 10;

/// A network that knows the ten digits, and perhaps what is none.
pub struct Judge {
    network: Ensemble,
}

/// What the network says of an input.
#[derive(Clone, Copy, Debug)]
pub struct Opinion {
    /// Of each digit, given that it is one; they add up to 1.
    pub digits: [f32; DIGITS],
    /// That it is a digit.
    pub digit: f32,
}

impl Judge {
    pub fn new(models: &[&Sequential], threads: usize) -> Result<Self, ReadError> {
        let network = Ensemble::new(models, false, threads)?;
        let found = network.classes();
        if found != DIGITS + usize::from(network.rejects()) {
            return Err(ReadError::Classes { found });
        }
        Ok(Self { network })
    }

    /// `[height, width]` of an input.
    pub fn input(&self) -> [usize; 2] {
        self.network.input()
    }

    /// Of each of `inputs` `[inputs, height, width]`.
    pub fn opinions(&mut self, inputs: &[u8]) -> Vec<Opinion> {
        let Answers { predictions, none } = Answers::from_ensemble(&mut self.network, inputs);
        let opinion = |(shares, none): (&[f32], f32)| {
            let mut digits = [0.0; DIGITS];
            digits.copy_from_slice(shares);
            Opinion { digits, digit: 1.0 - none }
        };
        predictions.probabilities.chunks_exact(DIGITS).zip(none).map(opinion).collect()
    }
}

impl Opinion {
    /// Of what could not be more of a digit, and of what could not be less.
    pub const SURE: Self = Self { digits: [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], digit: 1.0 };
    pub const NONE: Self = Self { digit: 0.0, ..Self::SURE };

    /// The same of an input that is no digit `times` (above 0) as often, for each that is one, as what the network learnt from:
    /// odds are multiplied (Bayes' rule). With 1 nothing changes.
    pub fn where_none_is(self, times: f32) -> Self {
        Self { digit: where_against(self.digit, times), ..self }
    }

    /// The same where it is wrong `times` as often, for each time that it is right, as it says; by that it becomes no less sure than
    /// `least`.
    pub fn doubted(self, times: f32, least: f32) -> Self {
        let sure = self.confidence();
        let share = if sure > least { where_against(sure, times).max(least) / sure } else { 1.0 };
        Self { digit: self.digit * share, ..self }
    }

    /// The mean of this and of what is said of the same digit seen in other ways. Whether it is a digit stays: what was varied is none
    /// more easily.
    pub fn with_others(mut self, others: &[Self]) -> Self {
        let all = 1.0 + others.len() as f32;
        for (number, share) in self.digits.iter_mut().enumerate() {
            *share = (*share + others.iter().map(|other| other.digits[number]).sum::<f32>()) / all;
        }
        self
    }

    /// Digits with their confidence, the likeliest first.
    pub fn ranked(&self) -> [(u8, f32); DIGITS] {
        let mut ranked = [(0, 0.0); DIGITS];
        for (digit, (place, &share)) in ranked.iter_mut().zip(&self.digits).enumerate() {
            *place = (digit as u8, share * self.digit);
        }
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        ranked
    }

    /// Whether it is more likely a digit than none.
    pub fn is_digit(&self) -> bool {
        self.digit >= 0.5
    }

    /// How likely the likeliest digit is.
    pub fn confidence(&self) -> f32 {
        self.digits.iter().copied().fold(0.0, f32::max) * self.digit
    }
}

/// What becomes of a share where the odds against it are multiplied.
fn where_against(share: f32, times: f32) -> f32 {
    share / divisor(share, times)
}

/// What a share, and any part of it, is divided by where the odds against it are multiplied.
pub fn divisor(share: f32, times: f32) -> f32 {
    share + times * (1.0 - share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digit_seen_in_other_ways_is_what_all_say_together() {
        let opinion = |three, digit| {
            let mut digits = [(1.0 - three) / 9.0; DIGITS];
            digits[3] = three;
            Opinion { digits, digit }
        };
        let together = opinion(0.4, 0.8).with_others(&[opinion(0.9, 0.1), opinion(0.8, 1.0)]);
        assert!(
            (together.digits[3] - 0.7).abs() < 1e-6
                && (together.digits.iter().sum::<f32>() - 1.0).abs() < 1e-6
        );
        assert_eq!(together.digit, 0.8);
        assert_eq!(opinion(0.4, 0.8).with_others(&[]).digits, opinion(0.4, 0.8).digits);
    }

    #[test]
    fn what_is_doubted_is_less_sure_but_no_less_than_asked() {
        for (sure, expected) in [(1.0, 1.0), (0.998, 0.990), (0.97, 0.9), (0.9, 0.9), (0.6, 0.6), (0.0, 0.0)]
        {
            let mut digits = [0.0; DIGITS];
            digits[2] = 1.0;
            let doubted = Opinion { digits, digit: sure }.doubted(5.0, 0.9);
            assert!((doubted.confidence() - expected).abs() < 1e-3, "{sure}: {}", doubted.confidence());
            assert_eq!(doubted.digits, digits);
        }
    }

    #[test]
    fn what_is_rarely_no_digit_is_a_digit_more_often() {
        let opinion = |digit| Opinion { digits: [0.1; DIGITS], digit };
        for (digit, times, expected) in
            [(0.25, 1.0 / 3.0, 0.5), (0.5, 0.25, 0.8), (0.5, 3.0, 0.25), (0.0, 0.1, 0.0), (1.0, 0.1, 1.0)]
        {
            let found = opinion(digit).where_none_is(times);
            assert!((found.digit - expected).abs() < 1e-6, "{digit}, {times}: {}", found.digit);
            assert_eq!(found.digits, opinion(digit).digits);
        }
        assert!((0..=1000).map(|k| k as f32 / 1000.0).all(|k| opinion(k).where_none_is(1.0).digit == k));
    }
}
