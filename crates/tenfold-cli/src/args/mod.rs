//! Every command and option of `tenfold`, documented where it is defined. Checks nothing beyond what a number or a
//! name is; what the settings mean together is checked by the commands.

mod train;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use tenfold::read::ReadOptions;

pub use train::{OptimizerName, PrecisionName, ScheduleName, TrainArgs};

/// What `--model` calls the model inside the program.
pub const SHIPPED: &str = "shipped";

/// Heading of the options that say which images.
const DATA: &str = "Data";

/// Train, judge and use readers of handwritten digits.
#[derive(Debug, Parser)]
#[command(name = "tenfold", version, max_term_width = 100, after_help = MAIN_EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,

    /// Print JSON on standard output; everything for people goes to standard error
    #[arg(long, global = true)]
    pub json: bool,
}

const MAIN_EXAMPLES: &str = "\
Examples:
  tenfold train                    train the tutorial's network on MNIST, test it, report
  tenfold read form.jpg            read all digits on a photo, scan or drawing
  tenfold predict digit.png        read one digit with the newest run, and see what the network saw
  tenfold train --help             what one command can do

Exit status: 0 done, 1 bad input or a failure, 2 wrong usage, 130 interrupted.
https://no-color.org is respected (NO_COLOR=1).";

/// The commands.
#[derive(Debug, Subcommand)]
#[allow(clippy::large_enum_variant)] // there is one
pub enum Command {
    /// Train a network, test it, and save model, metrics and report
    Train(TrainArgs),
    /// Judge a model on test images: accuracy, per-class figures, confusion matrix, calibration
    Evaluate(EvaluateArgs),
    /// Read the digit in each picture
    Predict(PredictArgs),
    /// Read all digits on pictures: photos, scans, drawings
    Read(ReadArgs),
    /// Look at the data: a grid of samples with their labels
    Show(ShowArgs),
    /// Print a network's layers, shapes and parameters
    Summary(SummaryArgs),
    /// Fetch and check MNIST, or say where it is kept
    Data {
        /// What to do with the data.
        #[command(subcommand)]
        command: DataCommand,
    },
    /// Draw a run's report.html again
    Report(ReportArgs),
    /// Print a completion script for a shell
    #[command(after_help = COMPLETION_EXAMPLES)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write one page a command into a folder
    #[command(after_help = MAN_EXAMPLES)]
    Man {
        /// Write tenfold.1, tenfold-train.1, … here
        #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
        out: Option<PathBuf>,
    },
}

const COMPLETION_EXAMPLES: &str = "\
Examples (the folder must be there):
  tenfold completions bash > ~/.local/share/bash-completion/completions/tenfold
  tenfold completions zsh > ~/.zfunc/_tenfold
  tenfold completions fish > ~/.config/fish/completions/tenfold.fish";

const MAN_EXAMPLES: &str = "\
Examples:
  tenfold man | man -l -
  tenfold man --out ~/.local/share/man/man1";

/// Which images. The heading is given to each, since that of the whole would go on to the options after it.
#[derive(Clone, Debug, Default, Args)]
pub struct DataArgs {
    /// Which data [default: a run's own, where the command is about a run and neither --data nor TENFOLD_DATA names other;
    /// else auto]
    #[arg(long, value_enum, value_name = "NAME", help_heading = DATA)]
    pub dataset: Option<DatasetName>,

    /// A folder of IDX files, gzipped or not (MNIST, Fashion-MNIST, KMNIST, EMNIST, your own): used or refused, never
    /// passed over. The environment variable TENFOLD_DATA means the same
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = DATA)]
    pub data: Option<PathBuf>,

    /// Use only the first N training images and the first N test images
    #[arg(long, value_name = "N", help_heading = DATA)]
    pub limit: Option<usize>,
}

/// Names of data sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DatasetName {
    /// --data or TENFOLD_DATA where given; else MNIST from the cache, else fetched; else, saying so, strokes
    Auto,
    /// MNIST, or an error that says why it cannot be had
    Mnist,
    /// The built-in handwriting: digits drawn from pen strokes, no files needed
    Strokes,
}

/// `tenfold evaluate`.
#[derive(Clone, Debug, Args)]
#[command(after_help = EVALUATE_EXAMPLES)]
pub struct EvaluateArgs {
    /// Run folders or model files; several answer together, by the mean of their probabilities. `shipped` is the model
    /// inside the program [default: the newest run under runs/, that with the highest
    /// number, else shipped]
    #[arg(value_name = "MODEL", value_hint = ValueHint::AnyPath)]
    pub model: Vec<PathBuf>,

    /// Average the answers over nine shifts of each image: none, and one pixel to every side
    #[arg(long)]
    pub shifts: bool,

    /// Data; what the run was trained on where nothing is named.
    #[command(flatten)]
    pub data: DataArgs,

    /// Hide nothing: also without the contested labels, under fifteen corruptions, and under attack. Takes longer; in a
    /// run's folder it is kept (full.json) and shown in the report
    #[arg(long)]
    pub full: bool,

    /// Attack the first N test images [default: 1000]
    #[arg(long, value_name = "N", requires = "full")]
    pub attack_images: Option<usize>,

    /// Threads; 0: one a core [default: 0]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}

const EVALUATE_EXAMPLES: &str = "\
Examples:
  tenfold evaluate                             the newest run, on the test images of its data
  tenfold evaluate runs/001-mnist-tutorial
  tenfold evaluate runs/001-mnist-fast runs/002-mnist-fast --shifts    two models together
  tenfold evaluate model.safetensors --data ~/kmnist --json | jq .test_accuracy
  tenfold evaluate --full                      contested labels, calibration, corruptions, attacks
  tenfold evaluate --full --attack-images 10000
  tenfold evaluate --full --json | jq .full.mean_corrupted_accuracy

The corruptions are Tenfold's own after MNIST-C (arXiv 1906.02337), not the published files: comparable in kind, not \
digit for digit. Attacks are FGSM and PGD (L-infinity; 20 steps) on pixels in 0 to 1. See docs/evaluation.md.";

/// `tenfold predict`.
#[derive(Clone, Debug, Args)]
#[command(after_help = PREDICT_EXAMPLES)]
pub struct PredictArgs {
    /// Pictures of one digit each (PNG, JPEG, WebP, BMP, TIFF, GIF), on paper of any brightness
    #[arg(value_name = "IMAGE", required = true, value_hint = ValueHint::FilePath)]
    pub images: Vec<PathBuf>,

    /// A run folder or a model file; given several times, they answer together. `shipped` is the model inside the program
    /// [default: the newest run under runs/, that with the highest
    /// number, else shipped]
    #[arg(long, short, value_name = "MODEL", value_hint = ValueHint::AnyPath)]
    pub model: Vec<PathBuf>,

    /// Average the answers over nine shifts of each picture: none, and one pixel to every side
    #[arg(long)]
    pub shifts: bool,

    /// One line a picture instead of a drawing and ten bars (the default from five pictures on)
    #[arg(long)]
    pub brief: bool,
}

/// `tenfold read`.
#[derive(Clone, Debug, Args)]
#[command(after_help = READ_EXAMPLES)]
pub struct ReadArgs {
    /// Pictures (PNG, JPEG, WebP, BMP, TIFF, GIF), folders of pictures, patterns in quotes, or - for standard input
    #[arg(value_name = "PICTURE", required = true, value_hint = ValueHint::AnyPath)]
    pub pictures: Vec<PathBuf>,

    /// A run folder or a model file; given several times, they answer together. `shipped` is the model inside the program, made
    /// for pictures from the world
    #[arg(long, short, value_name = "MODEL", default_value = SHIPPED, value_hint = ValueHint::AnyPath)]
    pub model: Vec<PathBuf>,

    /// Digits that are less likely than this, 0 to 1, are not read but listed as rejected
    #[arg(long, value_name = "P", default_value_t = ReadOptions::default().min_confidence)]
    pub min_confidence: f32,

    /// Write the picture with boxes and readings drawn on it; with several pictures, a folder of such
    #[arg(long, value_name = "FILE.png|DIR", value_hint = ValueHint::AnyPath)]
    pub annotated: Option<PathBuf>,

    /// Write what the picture becomes step by step, up to what the network sees
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub steps: Option<PathBuf>,

    /// Threads; 0: one a core
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub threads: usize,

    /// One line a picture (the default from five pictures on)
    #[arg(long)]
    pub brief: bool,
}

const READ_EXAMPLES: &str = "\
Examples:
  tenfold read form.jpg
  tenfold read form.jpg --annotated read.png --steps steps/
  tenfold read --json scans/ | jq -r '[.file, .text] | @tsv'
  tenfold read --min-confidence 0.99 'scans/2024-*.tif'
  curl -s https://example.org/meter.jpg | tenfold read -

With --json, one object a picture: file, text (lines parted by line feeds), digits (digit, confidence, box as \
[x, y, width, height] in pixels, line, alternatives), separators (points and dashes), rejected (box, reason, best), error.";

const PREDICT_EXAMPLES: &str = "\
Examples:
  tenfold predict seven.png
  tenfold predict --model runs/001-mnist-tutorial scans/*.jpg
  tenfold predict --json scans/*.png | jq -r '[.file, .digit, .confidence] | @tsv'

Each picture is prepared as MNIST was: grey, ink bright on dark, cut to the ink, longest side 20 pixels, centre of \
mass in the middle of 28×28. One that is like that already is used as it is, but for bright paper turned dark.";

/// `tenfold show`.
#[derive(Clone, Debug, Args)]
#[command(after_help = SHOW_EXAMPLES)]
pub struct ShowArgs {
    /// Data.
    #[command(flatten)]
    pub data: DataArgs,

    /// How many samples [default: 20; 100 with --out; 5 with --augmented, 10 with both; 3 with --corrupted]
    #[arg(long, short = 'n', value_name = "N")]
    pub count: Option<usize>,

    /// Only samples with this label
    #[arg(long, value_name = "LABEL")]
    pub label: Option<u8>,

    /// Samples of the test set instead of the training set
    #[arg(long)]
    pub test: bool,

    /// Show each sample with its fifteen corruptions, made after MNIST-C, instead
    #[arg(long, conflicts_with = "augmented")]
    pub corrupted: bool,

    /// Seed of which samples are drawn; the first ones of the set where none is given
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// Show each sample followed by variants as training sees them with --augment SPEC, a row a sample [without a
    /// value: full]
    #[arg(long, value_name = "SPEC|PRESET", num_args = 0..=1, default_missing_value = "full")]
    pub augmented: Option<String>,

    /// Variants a sample, with --augmented [default: as many as a row holds; 11 with --out]
    #[arg(long, value_name = "N", requires = "augmented")]
    pub variants: Option<usize>,

    /// Write the grid as a PNG picture instead
    #[arg(long, value_name = "FILE.png", value_hint = ValueHint::FilePath)]
    pub out: Option<PathBuf>,
}

const SHOW_EXAMPLES: &str = "\
Examples:
  tenfold show
  tenfold show --dataset strokes --label 7 --seed 1
  tenfold show --augmented light --seed 1
  tenfold show --count 400 --out grid.png
  tenfold show --test --corrupted --count 10 --out corrupted.png";

/// `tenfold summary`.
#[derive(Clone, Debug, Args)]
#[command(after_help = SUMMARY_EXAMPLES)]
pub struct SummaryArgs {
    /// A preset, a JSON file that lists the layers, a run folder, a model file or `shipped`; lists the presets where none is
    /// given
    #[arg(value_name = "MODEL", value_hint = ValueHint::AnyPath)]
    pub model: Option<String>,

    /// Height and width of the images a preset or a JSON file is built for [default: 28x28]
    #[arg(long, value_name = "HxW")]
    pub input: Option<String>,

    /// Number of classes a preset or a JSON file is built for [default: 10]
    #[arg(long, value_name = "N")]
    pub classes: Option<usize>,
}

const SUMMARY_EXAMPLES: &str = "\
Examples:
  tenfold summary                              the presets
  tenfold summary wide
  tenfold summary mine.json --input 32x32 --classes 26
  tenfold summary runs/001-mnist-tutorial
  tenfold summary vgg --json | jq .multiply_adds";

/// `tenfold data`.
#[derive(Clone, Debug, Subcommand)]
pub enum DataCommand {
    /// Download MNIST into the cache where it is not there yet, checking every file
    Fetch,
    /// Check the files of MNIST by their SHA-256
    Verify {
        /// Where they are [default: TENFOLD_DATA, else the cache]
        #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
        folder: Option<PathBuf>,
    },
    /// Print the folder where MNIST is kept
    Path,
}

/// `tenfold report`.
#[derive(Clone, Debug, Args)]
#[command(after_help = REPORT_EXAMPLES)]
pub struct ReportArgs {
    /// The run's folder
    #[arg(value_name = "RUN", value_hint = ValueHint::DirPath)]
    pub run: PathBuf,

    /// Data; what the run was trained on where nothing is named.
    #[command(flatten)]
    pub data: DataArgs,

    /// Where to write it [default: report.html in the run's folder]
    #[arg(long, value_name = "FILE.html", value_hint = ValueHint::FilePath)]
    pub out: Option<PathBuf>,
}

const REPORT_EXAMPLES: &str = "\
Examples:
  tenfold report runs/001-mnist-tutorial
  tenfold report runs/001-mnist-tutorial --out report.html
  tenfold report runs/004-kmnist-wide --data ~/kmnist    where the run's data is now

A report is about the images that the run was trained and tested on; others are refused, and so is a --limit that is \
not the run's own.";
