//! The words a network is written with: one method for each layer, in its plainest form. Others are given to
//! [`Sequential::layer`].

use super::{Activation, BatchNorm, Conv2d, Dropout, Layer, Padding, Pool, Residual, Sequential};

impl Sequential {
    /// Appends a layer.
    ///
    /// ```
    /// use tenfold::{Sequential, model::Conv2d};
    /// let model = Sequential::new([28, 28]).layer(Conv2d { use_bias: false, ..Conv2d::new(12, 5) });
    /// assert_eq!(model.parameters(), 5 * 5 * 12);
    /// ```
    #[must_use]
    pub fn layer(mut self, layer: impl Into<Layer>) -> Self {
        self.layers.push(layer.into());
        self
    }

    /// Appends `[height, width]` → `[height·width]`.
    #[must_use]
    pub fn flatten(self) -> Self {
        self.layer(Layer::Flatten)
    }

    /// Appends a fully connected layer with `units` outputs.
    #[must_use]
    pub fn dense(self, units: usize) -> Self {
        self.layer(Layer::dense(units))
    }

    /// Appends max(x, 0).
    #[must_use]
    pub fn relu(self) -> Self {
        self.layer(Activation::Relu)
    }

    /// Appends x where it is positive, `slope`·x elsewhere.
    #[must_use]
    pub fn leaky_relu(self, slope: f32) -> Self {
        self.layer(Activation::LeakyRelu { slope })
    }

    /// Appends x·Φ(x), exact as Keras's default.
    #[must_use]
    pub fn gelu(self) -> Self {
        self.layer(Activation::Gelu)
    }

    /// Appends x / (1 + e⁻ˣ).
    #[must_use]
    pub fn silu(self) -> Self {
        self.layer(Activation::Silu)
    }

    /// Appends softmax.
    #[must_use]
    pub fn softmax(self) -> Self {
        self.layer(Activation::Softmax)
    }

    /// Appends a convolution with a kernel of `size`×`size` inside the image, stride 1, with a bias.
    #[must_use]
    pub fn conv2d(self, channels: usize, size: usize) -> Self {
        self.layer(Conv2d::new(channels, size))
    }

    /// Appends a convolution as [`conv2d`](Sequential::conv2d) does, padded so that the image keeps its size.
    #[must_use]
    pub fn conv2d_same(self, channels: usize, size: usize) -> Self {
        self.layer(Conv2d { padding: Padding::Same, ..Conv2d::new(channels, size) })
    }

    /// Appends batch normalisation with Keras's settings.
    #[must_use]
    pub fn batch_norm(self) -> Self {
        self.layer(BatchNorm::default())
    }

    /// Appends the largest value of each window of `size`×`size`, one window beside the other.
    #[must_use]
    pub fn max_pool(self, size: usize) -> Self {
        self.layer(Layer::MaxPool(Pool::new(size)))
    }

    /// Appends the mean of each window of `size`×`size`, one window beside the other.
    #[must_use]
    pub fn average_pool(self, size: usize) -> Self {
        self.layer(Layer::AveragePool(Pool::new(size)))
    }

    /// Appends `[height, width, channels]` → `[channels]`, the mean over the image.
    #[must_use]
    pub fn global_average_pool(self) -> Self {
        self.layer(Layer::GlobalAveragePool)
    }

    /// Appends `[height, width, channels]` → `[channels]`, the largest value of the image.
    #[must_use]
    pub fn global_max_pool(self) -> Self {
        self.layer(Layer::GlobalMaxPool)
    }

    /// Appends dropout: in training, a share `rate` of the values is forgotten.
    #[must_use]
    pub fn dropout(self, rate: f32) -> Self {
        self.layer(Dropout { rate })
    }

    /// Appends `y = block(x) + x`. `block` is given an empty list and appends to it.
    ///
    /// ```
    /// use tenfold::Sequential;
    /// let model = Sequential::new([28, 28])
    ///     .conv2d_same(16, 3)
    ///     .residual(|block| block.batch_norm().relu().conv2d_same(16, 3))
    ///     .global_average_pool();
    /// assert_eq!(model.shapes()?.last(), Some(&vec![16]));
    /// # Ok::<(), tenfold::model::ModelError>(())
    /// ```
    #[must_use]
    pub fn residual(self, block: impl FnOnce(Self) -> Self) -> Self {
        let layers = block(Self::new(self.input)).layers;
        self.layer(Residual { layers, shortcut: Vec::new() })
    }

    /// Appends `y = block(x) + shortcut(x)`, both of the same shape.
    #[must_use]
    pub fn residual_with(
        self,
        block: impl FnOnce(Self) -> Self,
        shortcut: impl FnOnce(Self) -> Self,
    ) -> Self {
        let layers = block(Self::new(self.input)).layers;
        let shortcut = shortcut(Self::new(self.input)).layers;
        self.layer(Residual { layers, shortcut })
    }
}
