//! How much memory a network takes, found before any of it is taken, and whether the machine has it. It allocates nothing.
//!
//! A model's own bounds (`model/walk.rs`) keep its weights and values in check for one image; here they are counted for
//! packs and batches, with the borders and the lists of taps that an engine in packs adds.

use super::graph::{Conv, Graph, Kind, Operation, Value};
use crate::engine::EngineError;
use crate::engine::kernels::conv::TILE;
use crate::engine::kernels::winograd_piece::SIDE;
use crate::engine::lanes::LANES;
use crate::model::Sequential;

/// The most floats of a pack: offsets within are of 32 bits, and some are negative.
const MOST_FLOATS: u64 = i32::MAX as u64;
/// The most entries of a list that is counted with 32 bits.
const MOST_ENTRIES: u64 = u32::MAX as u64;
const FLOAT: u64 = size_of::<f32>() as u64;

/// Bytes, by what they hold.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Size {
    /// Weights, their other forms, gradient and state.
    pub(crate) weights: u64,
    /// What lies between the layers, and its gradient.
    pub(crate) values: u64,
    /// Which outputs need which inputs.
    pub(crate) lists: u64,
}

impl Size {
    /// Refuses what is more than `available` bytes. `work` is what wants them, `advice` how it wants fewer.
    pub(crate) fn check(
        &self,
        available: Option<u64>,
        work: impl FnOnce() -> String,
        advice: &'static str,
    ) -> Result<(), EngineError> {
        let parts = [
            (self.values, "for values between the layers"),
            (self.weights, "for weights, their gradients and state"),
            (self.lists, "for lists of the pixels that each output needs"),
        ];
        let needed = parts.iter().fold(0u64, |sum, (bytes, _)| sum.saturating_add(*bytes));
        let (most, purpose) = parts.into_iter().max_by_key(|(bytes, _)| *bytes).unwrap_or_default();
        match available {
            Some(available) if needed > available => {
                Err(EngineError::Memory { work: work(), needed, most, purpose, available, advice })
            }
            _ => Ok(()),
        }
    }
}

/// Bytes that programs may still take, where the system says so (Linux).
pub(crate) fn available() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// `floats` of them in bytes.
pub(crate) fn bytes(floats: impl IntoIterator<Item = usize>) -> u64 {
    floats.into_iter().fold(0, |sum: u64, floats| sum.saturating_add(FLOAT.saturating_mul(floats as u64)))
}

/// Refuses operations of `model` whose offsets would not fit 32 bits, and a network of which not even one pack fits the
/// memory. Before anything is laid out: borders are not known yet. For the offsets they are taken as wide as they can
/// become; for the memory they are left out, so that nothing that would fit is refused.
pub(crate) fn check(graph: &Graph, model: &Sequential) -> Result<(), EngineError> {
    let mut size = Size::default();
    for operation in &graph.operations {
        let too_large = |what, found, limit| {
            let layer = model.layers.get(operation.layer).map_or("model", |layer| layer.kind());
            Err(EngineError::TooLarge { index: operation.layer, layer, what, found, limit })
        };
        let margin = match &operation.kind {
            Kind::Conv(conv) => [0, 1].map(|axis| conv.window.kernel[axis] + conv.window.stride[axis] + SIDE),
            _ => [0; 2],
        };
        for value in [operation.from.value, operation.to] {
            let floats = floats(&graph.values[value], margin);
            if floats > MOST_FLOATS {
                return too_large("the values of sixteen images, with borders, are", floats, MOST_FLOATS);
            }
        }
        let (entries, bytes) = lists(graph, operation);
        if entries > MOST_ENTRIES {
            return too_large("the pixels under its windows are, all counted,", entries, MOST_ENTRIES);
        }
        size.lists = size.lists.saturating_add(bytes);
    }
    let values = graph.values.iter().map(|value| FLOAT.saturating_mul(floats(value, [0; 2])));
    size.values = values.fold(0, u64::saturating_add);
    size.weights = bytes([graph.floats]);
    size.check(available(), || "this network".into(), "use fewer channels, smaller kernels or smaller images")
}

/// Refuses to answer on so many threads, each with a pack of its own, where the memory is too small for that.
pub(crate) fn check_threads(graph: &Graph, threads: usize) -> Result<(), EngineError> {
    let pack = bytes(graph.values.iter().map(|value| value.planes.pack()));
    let size = Size {
        values: pack.saturating_mul(threads as u64),
        weights: bytes([graph.floats, graph.spread]),
        ..Size::default()
    };
    let work = || format!("answering on {threads} threads");
    size.check(available(), work, "use fewer threads, fewer channels or smaller images")
}

/// Floats of a pack of `value` with a border of `margin` rows and columns on each side.
fn floats(value: &Value, margin: [usize; 2]) -> u64 {
    let planes = &value.planes;
    let side = |n: usize, margin: usize| (n as u64).saturating_add(2 * margin as u64);
    let rows = side(planes.height, margin[0]).saturating_mul(side(planes.width, margin[1]));
    rows.saturating_mul(planes.channels as u64).saturating_mul(LANES as u64)
}

/// The longest list of an operation, and the bytes of all.
fn lists(graph: &Graph, operation: &Operation) -> (u64, u64) {
    let places = |value: usize| {
        let planes = &graph.values[value].planes;
        planes.height as u64 * planes.width as u64
    };
    let (from, to) = (places(operation.from.value), places(operation.to));
    match &operation.kind {
        Kind::Conv(Conv { window, blocks, .. }) => {
            let [rows, columns] = [0, 1].map(|axis| window.kernel[axis].div_ceil(window.stride[axis]) as u64);
            let phases = (window.stride[0] * window.stride[1]) as u64;
            let tiles = |places: u64| places.div_ceil(TILE as u64);
            let forward = tiles(to).saturating_mul(window.taps() as u64);
            let back = if graph.values[operation.from.value].gradient {
                (tiles(from) + phases).saturating_mul(rows * columns)
            } else {
                0
            };
            // A tap is kept twice for a while: by row and column, and as an offset.
            let bytes = forward.saturating_add(back).saturating_mul(32);
            let of_places = 144 * (tiles(from) + tiles(to) + phases) + 40 * (from + to);
            let reach = 4 * blocks.inputs as u64 * window.taps() as u64;
            (forward.max(back), bytes.saturating_add(of_places).saturating_add(reach))
        }
        Kind::Pool(pooling) => {
            let entries = to.saturating_mul(pooling.size() as u64);
            (entries, entries.saturating_mul(4).saturating_add(12 * to + 4 * from))
        }
        _ => (0, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_with_figures() {
        let size = Size { values: 3 << 30, weights: 1 << 30, ..Size::default() };
        let check = |available| size.check(available, || "training".into(), "take a smaller batch");
        assert!(check(None).is_ok() && check(Some(4 << 30)).is_ok());
        let error = check(Some(2 << 30)).err().unwrap().to_string();
        assert_eq!(
            error,
            "training needs 4.3 GB of memory, 3.2 GB of it for values between the layers, and 2.1 GB are free: \
             take a smaller batch"
        );
    }

    #[test]
    fn sums_do_not_overflow() {
        let size = Size { values: u64::MAX, weights: u64::MAX, lists: 1 };
        assert!(size.check(Some(u64::MAX - 1), String::new, "").is_err());
        assert_eq!(bytes([usize::MAX, usize::MAX]), u64::MAX);
    }

    #[test]
    fn linux_says_what_is_free() {
        assert_eq!(available().is_some(), cfg!(target_os = "linux"));
    }
}
