//! How the loss changes with the pixels. Attacks need this, and images between the 256 grey levels; training needs neither.

use super::EngineError;
use super::packs::pixel_gradient::PixelGradients;
use crate::model::Sequential;

/// A network that can say how its loss changes with its input.
pub trait InputGradients: Sync {
    /// Pixels an image: height × width.
    fn pixels(&self) -> usize;

    /// Outputs: the classes.
    fn classes(&self) -> usize;

    /// For `pixels` `[images, height·width]` in 0 to 1 and `labels` `[images]` below [`classes`](Self::classes): writes
    /// the class probabilities `[images, classes]` and, for each image, the gradient of its own cross-entropy loss by
    /// its pixels `[images, height·width]`. Goes as far as all four hold whole images; the rest stays as it is.
    fn gradients(&self, pixels: &[f32], labels: &[u8], gradients: &mut [f32], probabilities: &mut [f32]);
}

/// The input gradients of `model`, a network of any layers that ends in a softmax. The same bits whatever the threads that
/// ask, and the instruction set.
///
/// # Errors
/// Where the layers do not fit together, have no weights, or do not end in a softmax.
pub fn input_gradients(model: &Sequential) -> Result<Box<dyn InputGradients>, EngineError> {
    Ok(Box::new(PixelGradients::new(model)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_input_gradients_is_refused() {
        let refused = |mut model: Sequential| {
            model.initialise(1).unwrap();
            input_gradients(&model).err().unwrap().to_string()
        };
        let start = || Sequential::new([2, 2]).flatten();
        assert!(refused(start().dense(3)).contains("layer 1 (dense): the loss is known"));
        assert!(refused(start().softmax()).contains("no layer with weights"));
        assert!(refused(start().dense(3).softmax().dense(2)).contains("layer 2 (softmax)"));
        let without_weights = input_gradients(&start().dense(3).softmax()).err().unwrap();
        assert!(without_weights.to_string().contains("initialise or train the model first"));
    }

    #[test]
    fn a_certain_network_still_says_which_way() {
        let mut model = Sequential::new([1, 1]).flatten().dense(2).softmax();
        for tensor in model.tensors_mut().unwrap() {
            *tensor.values = if tensor.name.ends_with("weights") { vec![60.0, 0.0] } else { vec![0.0; 2] };
        }
        let (mut gradient, mut probabilities) = ([0.0], [0.0; 2]);
        input_gradients(&model).unwrap().gradients(&[1.0], &[0], &mut gradient, &mut probabilities);
        assert!(probabilities[0] == 1.0 && gradient[0] < 0.0);
    }
}
