//! ONNX Runtime called from Rust through its C API, so that no Python call is timed.
//! Arguments: the shared library, a model file, its number of classes, seconds per figure. Prints one JSON line: way and
//! rows → seconds.
//! Three ways: `Run` into a fresh output, `RunWithBinding` into bound buffers through the wrapper, and the same
//! straight through the C function table.

use std::time::{Duration, Instant};

use ort::AsPointer;
use ort::session::{Session, builder::GraphOptimizationLevel};
use ort::value::{Tensor, TensorRef};

type Error = Box<dyn std::error::Error>;

/// Seconds per call: the median over blocks of `block` calls, after a warm-up of a fifth of the time.
fn median_seconds(
    seconds: f64,
    block: u32,
    mut call: impl FnMut() -> Result<(), Error>,
) -> Result<f64, Error> {
    let mut times = Vec::new();
    for limit in [seconds / 5.0, seconds] {
        times.clear();
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs_f64(limit) || times.is_empty() {
            let before = Instant::now();
            for _ in 0..block {
                call()?;
            }
            times.push(before.elapsed().as_secs_f64() / f64::from(block));
        }
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, library, model, classes, seconds] = arguments.as_slice() else {
        return Err("usage: onnxruntime-peer LIBRARY MODEL CLASSES SECONDS".into());
    };
    let (classes, seconds): (usize, f64) = (classes.parse()?, seconds.parse()?);
    let environment = ort::init_from(library)?.build()?;
    let mut session = Session::builder(&environment)?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .with_intra_threads(1)?
        .with_inter_threads(1)?
        .with_parallel_execution(false)?
        .commit_from_file(model)?;
    let mut all = serde_json::Map::new();
    for (rows, block) in [(1_usize, 200), (256, 5)] {
        // A fifth of the pixels carry ink, as in MNIST; ONNX Runtime's time doesn't depend on the values.
        let pixels: Vec<f32> = (0..rows * 784).map(|i| if i % 5 == 0 { 0.5 } else { 0.0 }).collect();
        let run = median_seconds(seconds, block, || {
            let image = TensorRef::from_array_view(([rows, 784], pixels.as_slice()))?;
            session.run(ort::inputs!["image" => image])?;
            Ok(())
        })?;
        let mut binding = session.create_binding()?;
        binding.bind_input("image", &Tensor::from_array(([rows, 784], pixels.clone()))?)?;
        binding.bind_output("probabilities", Tensor::<f32>::new(session.allocator(), [rows, classes])?)?;
        let bound = median_seconds(seconds, block, || {
            session.run_binding(&binding)?;
            Ok(())
        })?;
        let (session_pointer, binding_pointer) = (session.inner().ptr().cast_mut(), binding.ptr());
        let direct = median_seconds(seconds, block, || {
            // SAFETY: both pointers belong to `session` and `binding`, which outlive this closure; one thread runs them.
            let status =
                unsafe { (ort::api().RunWithBinding)(session_pointer, std::ptr::null(), binding_pointer) };
            if status.0.is_null() { Ok(()) } else { Err("RunWithBinding failed".into()) }
        })?;
        for (way, time) in [("run", run), ("binding", bound), ("direct binding", direct)] {
            all.insert(format!("{way} {rows}"), time.into());
        }
    }
    println!("{}", serde_json::Value::from(all));
    Ok(())
}
