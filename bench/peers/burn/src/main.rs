//! The Burn peer: the tutorial's network trained on one of Burn's CPU backends.
//! It reads the MNIST files named by TENFOLD_DATA, prints one JSON line, and saves nothing.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Instant;

use burn::backend::{Autodiff, Flex, NdArray};
use burn::module::{AutodiffModule, Module};
use burn::nn::{Initializer, Linear, LinearConfig, loss::CrossEntropyLoss};
use burn::optim::{AdamConfig, GradientsParams, Optimizer};
use burn::tensor::backend::{AutodiffBackend, Backend};
use burn::tensor::{Int, Tensor, TensorData, activation::relu};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Error = Box<dyn std::error::Error>;

#[derive(Module, Debug)]
struct Network<B: Backend> {
    hidden1: Linear<B>,
    hidden2: Linear<B>,
    output: Linear<B>,
}

impl<B: Backend> Network<B> {
    fn new(device: &B::Device) -> Self {
        let dense = |inputs, outputs| {
            let mut layer = LinearConfig::new(inputs, outputs)
                .with_initializer(Initializer::XavierUniform { gain: 1.0 })
                .init::<B>(device);
            layer.bias = Some(Initializer::Zeros.init([outputs], device));
            layer
        };
        Network { hidden1: dense(784, 128), hidden2: dense(128, 128), output: dense(128, 10) }
    }

    /// `[batch, 784]` to logits `[batch, 10]`.
    fn forward(&self, images: Tensor<B, 2>) -> Tensor<B, 2> {
        let hidden = relu(self.hidden1.forward(images));
        let hidden = relu(self.hidden2.forward(hidden));
        self.output.forward(hidden)
    }
}

/// The bytes after the header of a gzipped IDX file.
fn read_idx(folder: &str, name: &str, header: usize) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let plain = Path::new(folder).join(name);
    if plain.exists() {
        File::open(plain)?.read_to_end(&mut bytes)?;
    } else {
        let packed = File::open(Path::new(folder).join(format!("{name}.gz")))?;
        flate2::read::GzDecoder::new(packed).read_to_end(&mut bytes)?;
    }
    Ok(bytes.split_off(header))
}

type Set<B> = (Tensor<B, 2>, Tensor<B, 1, Int>);

fn load<B: Backend>(folder: &str, part: &str, device: &B::Device) -> Result<Set<B>, Error> {
    let pixels = read_idx(folder, &format!("{part}-images-idx3-ubyte"), 16)?;
    let labels = read_idx(folder, &format!("{part}-labels-idx1-ubyte"), 8)?;
    let count = labels.len();
    let pixels: Vec<f32> = pixels.iter().map(|&p| f32::from(p) / 255.0).collect();
    let labels: Vec<i64> = labels.iter().map(|&l| i64::from(l)).collect();
    Ok((
        Tensor::from_data(TensorData::new(pixels, [count, 784]), device),
        Tensor::from_data(TensorData::new(labels, [count]), device),
    ))
}

/// Fisher-Yates with a small xorshift generator: the order of one epoch.
fn shuffle(order: &mut [i64], state: &mut u64) {
    for i in (1..order.len()).rev() {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        order.swap(i, (*state % (i as u64 + 1)) as usize);
    }
}

fn train<B: AutodiffBackend>(
    folder: &str,
    epochs: usize,
    batch: usize,
    seed: u64,
) -> Result<serde_json::Value, Error> {
    let device = B::Device::default();
    B::seed(&device, seed);
    let (images, labels) = load::<B::InnerBackend>(folder, "train", &device)?;
    let mut network = Network::<B>::new(&device);
    let mut adam = AdamConfig::new().with_epsilon(1e-7).init();
    let loss = CrossEntropyLoss::new(None, &device);
    let mut order: Vec<i64> = (0..labels.dims()[0] as i64).collect();
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut epoch_seconds = Vec::new();
    for _ in 0..epochs {
        let start = Instant::now();
        shuffle(&mut order, &mut state);
        for chosen in order.chunks(batch) {
            let rows = Tensor::<B::InnerBackend, 1, Int>::from_data(
                TensorData::new(chosen.to_vec(), [chosen.len()]),
                &device,
            );
            let x = Tensor::<B, 2>::from_inner(images.clone().select(0, rows.clone()));
            let y = Tensor::<B, 1, Int>::from_inner(labels.clone().select(0, rows));
            let gradients = loss.forward(network.forward(x), y).backward();
            let gradients = GradientsParams::from_grads(gradients, &network);
            network = adam.step(0.001, network, gradients);
        }
        epoch_seconds.push(start.elapsed().as_secs_f64());
    }
    let (images, labels) = load::<B::InnerBackend>(folder, "t10k", &device)?;
    let said = network.valid().forward(images).argmax(1).squeeze::<1>();
    let right: i64 = said.equal(labels.clone()).int().sum().into_scalar().to_string().parse()?;
    Ok(serde_json::json!({
        "epoch_seconds": epoch_seconds,
        "test_accuracy": right as f64 / labels.dims()[0] as f64,
        "versions": { "burn": "0.21.0" },
    }))
}

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str, otherwise: &str| {
        let at = arguments.iter().position(|a| a == name);
        at.and_then(|i| arguments.get(i + 1)).cloned().unwrap_or_else(|| otherwise.to_string())
    };
    let folder = std::env::var("TENFOLD_DATA")?;
    let (epochs, batch, seed) =
        (value("--epochs", "10").parse()?, value("--batch", "32").parse()?, value("--seed", "0").parse()?);
    let figures = match value("--backend", "flex").as_str() {
        "flex" => train::<Autodiff<Flex>>(&folder, epochs, batch, seed)?,
        "ndarray" => train::<Autodiff<NdArray>>(&folder, epochs, batch, seed)?,
        other => return Err(format!("no backend {other}: flex or ndarray").into()),
    };
    println!("{figures}");
    Ok(())
}
