//! The options of `tenfold train`, and the names that they know.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::DataArgs;

/// `tenfold train`.
#[derive(Clone, Debug, Default, Args)]
#[command(after_help = TRAIN_EXAMPLES)]
pub struct TrainArgs {
    /// Data.
    #[command(flatten)]
    pub data: DataArgs,

    /// A preset (see `tenfold summary`) or a JSON file that lists the layers [default: tutorial]. A
    /// preset brings its recipe; options here change it
    #[arg(long, value_name = "PRESET|FILE.json", value_hint = ValueHint::FilePath, help_heading = "Network")]
    pub model: Option<String>,

    /// Passes over the training images [default: the preset's; else 10]
    #[arg(long, short, value_name = "N", help_heading = "Recipe")]
    pub epochs: Option<usize>,

    /// Images a step; the last batch of an epoch may be smaller [default: the preset's; else 32]
    #[arg(long, short, value_name = "N", help_heading = "Recipe")]
    pub batch_size: Option<usize>,

    /// How weights move [default: the preset's; else adam]
    #[arg(long, value_enum, value_name = "NAME", help_heading = "Recipe")]
    pub optimizer: Option<OptimizerName>,

    /// Step size [default: the preset's; else 0.001 for adam and adamw, 0.01 for sgd]
    #[arg(long, value_name = "RATE", allow_negative_numbers = true, help_heading = "Recipe")]
    pub learning_rate: Option<f64>,

    /// Momentum of sgd [default: 0]
    #[arg(long, value_name = "FRACTION", allow_negative_numbers = true, help_heading = "Recipe")]
    pub momentum: Option<f64>,

    /// Nesterov's momentum, for sgd
    #[arg(long, help_heading = "Recipe")]
    pub nesterov: bool,

    /// Weight decay of adamw [default: 0.004]
    #[arg(long, value_name = "RATE", allow_negative_numbers = true, help_heading = "Recipe")]
    pub weight_decay: Option<f64>,

    /// How the learning rate moves [default: the preset's; else constant]
    #[arg(long, value_enum, value_name = "NAME", help_heading = "Recipe")]
    pub schedule: Option<ScheduleName>,

    /// Fraction of the steps over which cosine and one-cycle go up [default: the preset's; else 0 for cosine, 0.3 for
    /// one-cycle]
    #[arg(long, value_name = "FRACTION", allow_negative_numbers = true, help_heading = "Recipe")]
    pub warmup: Option<f64>,

    /// Share of each target that is spread evenly over the classes [default: the preset's; else 0]
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true, help_heading = "Recipe")]
    pub label_smoothing: Option<f32>,

    /// How finely 3×3 and 5×5 convolutions multiply while the network learns: float32, or bfloat16, which takes a quarter
    /// less time on processors with AVX-512 BF16, a tenth more on others, and gives the same model on all. What has
    /// learnt answers in float32 [default: the preset's; else float32]
    #[arg(long, value_enum, value_name = "NAME", help_heading = "Recipe")]
    pub precision: Option<PrecisionName>,

    /// Scale the gradient of a step down to this norm, over all weights, where it is larger [default: none]
    #[arg(long, value_name = "NORM", allow_negative_numbers = true, help_heading = "Recipe")]
    pub clip_norm: Option<f32>,

    /// Keep a moving average of the weights with this decay and end with it; 0: none [default: the preset's; else 0]
    #[arg(long, value_name = "DECAY", allow_negative_numbers = true, help_heading = "Recipe")]
    pub average_weights: Option<f32>,

    /// Vary training images each time they are seen: a preset (none, shift, light, full, rough, world) or SETTING=AMOUNT,… with
    /// rotate, scale, shear, shift, translate, focus, elastic, smoothness, thickness, erase, erase-area, erase-fill, and the
    /// probabilities outline, blur, marks, invert, light, noise, resample (see docs/augmentation.md; look with `tenfold show --augmented`) [default: the preset's; else none]
    #[arg(long, value_name = "SPEC|PRESET", help_heading = "Recipe")]
    pub augment: Option<String>,

    /// Mix drawn images into the training images, so that they are these shares of what an epoch sees (as in
    /// hands=0.1,others=0.1): strokes, the built-in handwriting; hands, the same by hands and pens of all kinds; others,
    /// what is no digit, which gets a class of its own; scenes, what a reader cuts from written pages: digits of the
    /// training set and drawn ones, and what is none; scans, such digits, and what is none, as scanners with few pixels
    /// see them.
    /// Validation and test images are not touched [default: the preset's; else none]
    #[arg(long, value_name = "KIND=SHARE,…", help_heading = "Recipe")]
    pub mix: Option<String>,

    /// Hold back this fraction of the training images (the last ones) and validate on it after each epoch [default: 0]
    #[arg(long, value_name = "FRACTION", allow_negative_numbers = true, help_heading = "Recipe")]
    pub validation_split: Option<f64>,

    /// Stop when the validation loss has not fallen for this many epochs, and take the best epoch's weights
    #[arg(long, value_name = "PATIENCE", help_heading = "Recipe")]
    pub early_stopping: Option<usize>,

    /// Seed of everything random; the same seed gives the same model, bit for bit [default: 0]
    #[arg(long, value_name = "N", help_heading = "Recipe")]
    pub seed: Option<u64>,

    /// Train N times, with seeds SEED, SEED+1, …, and print mean ± standard deviation
    #[arg(long, value_name = "N", help_heading = "Run", conflicts_with = "resume")]
    pub runs: Option<usize>,

    /// Threads; 0: one a core. Changes the speed, never the model. They work in step: where other programs keep the cores
    /// busy, 1 may be faster [default: 0]
    #[arg(long, value_name = "N", help_heading = "Run")]
    pub threads: Option<usize>,

    /// Folder for the results [default: a new folder under runs/]. With --runs, each seed has its own folder in it
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = "Run", conflicts_with = "resume")]
    pub out: Option<PathBuf>,

    /// Replace the run that --out holds, once the new one is finished: until then it is in DIR/replaced
    #[arg(long, requires = "out", help_heading = "Run")]
    pub overwrite: bool,

    /// Go on with an interrupted run, with its own settings; the model becomes the same as without the interruption
    #[arg(long, value_name = "RUN", value_hint = ValueHint::DirPath, help_heading = "Run")]
    pub resume: Option<PathBuf>,
}

const TRAIN_EXAMPLES: &str = "\
Examples:
  tenfold train
  tenfold train --validation-split 0.1 --epochs 50 --early-stopping 3
  tenfold train --data ~/fashion-mnist --model wide.json --batch-size 128 --schedule one-cycle
  tenfold train --model fast
  tenfold train --augment rotate=15,scale=0.1 --mix strokes=0.2
  tenfold train --runs 10 --json > seeds.json
  tenfold train --resume runs/001-mnist-tutorial

The JSON file of --model lists the layers; the number of classes and the image size come from the data:
  {\"layers\": [{\"layer\": \"flatten\"}, {\"layer\": \"dense\", \"units\": 256}, {\"layer\": \"relu\"},
              {\"layer\": \"dense\", \"units\": \"classes\"}, {\"layer\": \"softmax\"}]}";

/// Names of optimisers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OptimizerName {
    /// Adam
    Adam,
    /// Adam with decoupled weight decay
    Adamw,
    /// Stochastic gradient descent
    Sgd,
}

/// Names of schedules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ScheduleName {
    /// The same learning rate throughout
    Constant,
    /// Up along a line where --warmup says so, then down to 0 along half a cosine
    Cosine,
    /// Up from 1/25 along half a cosine, then down to nearly 0 along another
    OneCycle,
}

/// Names of precisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PrecisionName {
    /// 24 significant bits
    Float32,
    /// Factors of 8 significant bits, sums of 24
    Bfloat16,
}
