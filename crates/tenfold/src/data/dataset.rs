//! Labelled grey images in memory, as bytes. Reads no files.

use std::ops::Range;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::DataError;

/// `len` grey images `[height, width]`, one byte a pixel (0 background, 255 ink), each with a label in 0..classes.
///
/// Cloning and [slicing](Dataset::slice) share the pixels.
#[derive(Clone, Debug)]
pub struct Dataset {
    name: String,
    shape: [usize; 2],
    classes: usize,
    /// `[images, height, width]`, of which this data set is `range`.
    pixels: Arc<Vec<u8>>,
    /// `[images]`.
    labels: Arc<Vec<u8>>,
    range: Range<usize>,
    /// The whole's [`Dataset::sha256`], where it is known.
    known: Option<&'static str>,
}

impl Dataset {
    /// Images `[labels.len(), height, width]` with their labels. `classes` is the largest label + 1.
    ///
    /// # Errors
    /// [`DataError::Empty`] without images; [`DataError::CountsDiffer`] where `pixels` is not a whole image per label.
    pub fn new(
        name: impl Into<String>,
        shape: [usize; 2],
        pixels: Vec<u8>,
        labels: Vec<u8>,
    ) -> Result<Self, DataError> {
        let name = name.into();
        let size = shape[0].saturating_mul(shape[1]);
        if size == 0 || pixels.is_empty() {
            return Err(DataError::Empty { name });
        }
        if !pixels.len().is_multiple_of(size) || pixels.len() / size != labels.len() {
            return Err(DataError::CountsDiffer { name, images: pixels.len() / size, labels: labels.len() });
        }
        let classes = labels.iter().copied().max().map_or(0, |largest| usize::from(largest) + 1);
        let range = 0..labels.len();
        let (pixels, labels) = (Arc::new(pixels), Arc::new(labels));
        Ok(Self { name, shape, classes, pixels, labels, range, known: None })
    }

    /// As [`Dataset::new`], for images that were made here rather than read: one image `shape` a label, labels below
    /// `classes`. May be empty.
    pub(super) fn made(
        name: &str,
        shape: [usize; 2],
        classes: usize,
        pixels: Vec<u8>,
        labels: Vec<u8>,
    ) -> Self {
        debug_assert_eq!(pixels.len(), labels.len() * shape[0] * shape[1]);
        let range = 0..labels.len();
        let (pixels, labels) = (Arc::new(pixels), Arc::new(labels));
        Self { name: name.into(), shape, classes, pixels, labels, range, known: None }
    }

    /// The same data, whose files' hashes were checked: so its own is known, too.
    pub(super) fn known_as(self, sha256: &'static str) -> Self {
        Self { known: Some(sha256), ..self }
    }

    /// The same data under a larger number of classes (a test set may lack the last class). Never fewer.
    #[must_use]
    pub fn with_classes(mut self, classes: usize) -> Self {
        self.classes = self.classes.max(classes);
        self
    }

    /// Refuses labels that a model with `classes` outputs has no output for; fewer classes than outputs are fine.
    ///
    /// # Errors
    /// [`DataError::LabelOutOfRange`] with the first such image.
    pub fn require_classes(&self, classes: usize) -> Result<(), DataError> {
        match self.labels().iter().position(|&label| usize::from(label) >= classes) {
            None => Ok(()),
            Some(index) => {
                let label = self.labels()[index];
                Err(DataError::LabelOutOfRange { name: self.name.clone(), index, label, classes })
            }
        }
    }

    /// What the data is called in every output.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `[height, width]` of each image.
    #[must_use]
    pub fn shape(&self) -> [usize; 2] {
        self.shape
    }

    /// Pixels an image: height × width.
    #[must_use]
    pub fn pixels_per_image(&self) -> usize {
        self.shape[0] * self.shape[1]
    }

    /// Labels are in `0..classes()`.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Number of images.
    #[must_use]
    pub fn len(&self) -> usize {
        self.range.len()
    }

    /// Whether there is no image: in an empty [slice](Dataset::slice), or where none was drawn.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.range.is_empty()
    }

    /// The pixels `[len, height, width]`.
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        let size = self.pixels_per_image();
        &self.pixels[self.range.start * size..self.range.end * size]
    }

    /// The labels `[len]`.
    #[must_use]
    pub fn labels(&self) -> &[u8] {
        &self.labels[self.range.clone()]
    }

    /// The pixels `[height, width]` of image `index`, which must be below [`len`](Dataset::len).
    #[must_use]
    pub fn image(&self, index: usize) -> &[u8] {
        let size = self.pixels_per_image();
        &self.pixels()[index * size..(index + 1) * size]
    }

    /// The images `range` (cut to what there is), sharing the pixels.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        let end = range.end.min(self.len());
        let start = range.start.min(end);
        Self { range: self.range.start + start..self.range.start + end, ..self.clone() }
    }

    /// Splits off the last `fraction` of the images for validation, as Keras does: (training, validation).
    #[must_use]
    pub fn split(&self, fraction: f64) -> (Self, Self) {
        let at = ((self.len() as f64) * (1.0 - fraction.clamp(0.0, 1.0))) as usize;
        (self.slice(0..at), self.slice(at..self.len()))
    }

    /// SHA-256 (hex) of shape, pixels and labels: which data this is, whatever files it came from.
    #[must_use]
    pub fn sha256(&self) -> String {
        if let Some(known) = self.known.filter(|_| self.range == (0..self.labels.len())) {
            return known.into();
        }
        let mut hash = Sha256::new();
        for size in [self.len(), self.shape[0], self.shape[1]] {
            hash.update((size as u64).to_le_bytes());
        }
        hash.update(self.pixels());
        hash.update(self.labels());
        super::mnist_files::hex(&hash.finalize())
    }
}
