//! How weights move: optimiser and schedule, from the command line to the library, and in words for people.

use anyhow::{bail, ensure};
use tenfold::train::{Adam, AdamW, Optimizer, Schedule, Sgd};

use crate::args::{OptimizerName, ScheduleName, TrainArgs};

/// Fraction of the steps in which cosine goes up, where nothing is asked.
const COSINE_WARMUP: f64 = 0.0;
/// The same of one-cycle.
const CYCLE_WARMUP: f64 = 0.3;

/// The optimiser that `args` ask for; `default` where they name none or its own kind, with what they change.
pub fn optimizer(args: &TrainArgs, default: Optimizer) -> anyhow::Result<Optimizer> {
    let name = args.optimizer.unwrap_or(name_of(&default));
    let belongs = |option: &str, to: &str| {
        format!("--{option} belongs to --optimizer {to}, but the optimizer is {}", value_name(name))
    };
    if name != OptimizerName::Sgd {
        ensure!(args.momentum.is_none(), belongs("momentum", "sgd"));
        ensure!(!args.nesterov, belongs("nesterov", "sgd"));
    }
    ensure!(name == OptimizerName::Adamw || args.weight_decay.is_none(), belongs("weight-decay", "adamw"));
    let mut optimizer: Optimizer = match name {
        _ if name == name_of(&default) => default,
        OptimizerName::Adam => Adam::default().into(),
        OptimizerName::Adamw => AdamW::default().into(),
        OptimizerName::Sgd => Sgd::default().into(),
    };
    match &mut optimizer {
        Optimizer::Adam(_) => {}
        Optimizer::AdamW(adamw) => adamw.weight_decay = args.weight_decay.unwrap_or(adamw.weight_decay),
        Optimizer::Sgd(sgd) => {
            sgd.momentum = args.momentum.unwrap_or(sgd.momentum);
            sgd.nesterov |= args.nesterov;
            ensure!(
                !sgd.nesterov || sgd.momentum > 0.0,
                "--nesterov needs --momentum above 0, as --momentum 0.9"
            );
        }
    }
    Ok(match args.learning_rate {
        Some(rate) => optimizer.with_learning_rate(rate),
        None => optimizer,
    })
}

/// What `--optimizer` calls it.
fn name_of(optimizer: &Optimizer) -> OptimizerName {
    match optimizer {
        Optimizer::Sgd(_) => OptimizerName::Sgd,
        Optimizer::Adam(_) => OptimizerName::Adam,
        Optimizer::AdamW(_) => OptimizerName::Adamw,
    }
}

/// The schedule that `args` ask for; `default` where they name none, with what they change.
pub fn schedule(args: &TrainArgs, default: Schedule) -> anyhow::Result<Schedule> {
    let mut schedule = match args.schedule {
        None => default,
        Some(name) if name == schedule_name(default) => default,
        Some(ScheduleName::Constant) => Schedule::Constant,
        Some(ScheduleName::Cosine) => Schedule::Cosine { warmup: COSINE_WARMUP },
        Some(ScheduleName::OneCycle) => Schedule::OneCycle { warmup: CYCLE_WARMUP },
    };
    if let Some(asked) = args.warmup {
        match &mut schedule {
            Schedule::Cosine { warmup } | Schedule::OneCycle { warmup } => *warmup = asked,
            Schedule::Constant => {
                bail!("--warmup belongs to --schedule cosine or one-cycle, but the schedule is constant")
            }
        }
    }
    Ok(schedule)
}

fn schedule_name(schedule: Schedule) -> ScheduleName {
    match schedule {
        Schedule::Constant => ScheduleName::Constant,
        Schedule::Cosine { .. } => ScheduleName::Cosine,
        Schedule::OneCycle { .. } => ScheduleName::OneCycle,
    }
}

/// The optimiser for people, and for the model file.
pub fn optimizer_text(optimizer: &Optimizer) -> String {
    match optimizer {
        Optimizer::Adam(adam) => format!("Adam, {}", adam_text(adam)),
        Optimizer::AdamW(adamw) => {
            format!("AdamW, {}, weight decay {}", adam_text(&adamw.adam), adamw.weight_decay)
        }
        Optimizer::Sgd(sgd) => {
            let nesterov = if sgd.nesterov { "Nesterov " } else { "" };
            let momentum = if sgd.momentum > 0.0 {
                format!(", {nesterov}momentum {}", sgd.momentum)
            } else {
                String::new()
            };
            format!("SGD, learning rate {}{momentum}", sgd.learning_rate)
        }
    }
}

/// Adam's settings, where they are not the usual ones.
fn adam_text(adam: &Adam) -> String {
    let Adam { learning_rate, beta_1, beta_2, epsilon } = *adam;
    let usual = Adam { learning_rate, ..Adam::default() };
    let betas = if (beta_1, beta_2) == (usual.beta_1, usual.beta_2) {
        String::new()
    } else {
        format!(", β {beta_1} and {beta_2}")
    };
    let epsilon = if epsilon == usual.epsilon { String::new() } else { format!(", ε {epsilon:e}") };
    format!("learning rate {learning_rate}{betas}{epsilon}")
}

/// The schedule for people, and for the model file.
pub fn schedule_text(schedule: Schedule) -> String {
    let (warmup, usual) = match schedule {
        Schedule::Constant => (0.0, 0.0),
        Schedule::Cosine { warmup } => (warmup, COSINE_WARMUP),
        Schedule::OneCycle { warmup } => (warmup, CYCLE_WARMUP),
    };
    let name = value_name(schedule_name(schedule));
    if warmup == usual { name } else { format!("{name}, warm-up {warmup}") }
}

/// What the user types for this value.
fn value_name(value: impl clap::ValueEnum) -> String {
    value.to_possible_value().map_or_else(String::new, |value| value.get_name().to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use clap::Parser;
    use tenfold::train::Recipe;

    use super::*;
    use crate::args::{Cli, Command};

    fn asked(options: &[&str], default: Optimizer) -> Optimizer {
        let Command::Train(args) = Cli::parse_from([&["tenfold", "train"], options].concat()).command else {
            panic!("train is asked for");
        };
        optimizer(&args, default).unwrap()
    }

    #[test]
    fn naming_the_presets_own_optimiser_changes_nothing_and_another_takes_its_place() {
        let fast = Recipe::of("fast").optimizer;
        assert_eq!(asked(&[], fast), fast);
        assert_eq!(asked(&["--optimizer", "adam"], fast), fast);
        assert_eq!(
            asked(&["--optimizer", "adam", "--learning-rate", "0.5"], fast),
            fast.with_learning_rate(0.5)
        );
        let sgd = Sgd { momentum: 0.9, nesterov: true, ..Sgd::default() };
        assert_eq!(asked(&["--optimizer", "sgd", "--momentum", "0.9", "--nesterov"], fast), sgd.into());
    }
}
