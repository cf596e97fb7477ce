//! Where the digits are: pieces of ink, rules and boxes taken away, lines, and the places where touching digits could be
//! cut. Does not decide what a piece shows.

mod beside;
mod crumbs;
mod cuts;
mod lines;
mod parts;
mod rules;
mod strange;

pub(super) use beside::is_ledge;
pub(super) use cuts::pieces;
pub(super) use lines::{Line, lines};
pub(super) use parts::{Part, Run, parts};
pub(super) use rules::without_rules;
