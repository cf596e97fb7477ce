//! How the loss changes with the pixels: held to finite differences, and the same whoever asks.

use tenfold::engine::input_gradients;
use tenfold::evaluate::attacks::Attack;

use crate::networks::{all, light, noise, stream};
use crate::reference::{Mode, loss, probabilities};
use crate::weights;

#[test]
fn gradients_are_finite_differences() {
    for (name, model) in all() {
        let images = 19;
        let data = noise(4, images, model.input);
        let pixels = light(&data);
        let floats: Vec<f32> = pixels.iter().map(|&pixel| pixel as f32).collect();
        let size = data.pixels_per_image();
        let network = input_gradients(&model).unwrap();
        assert_eq!((network.pixels(), network.classes()), (size, 4), "{name}");
        let (mut found, mut answers) = (vec![0.0; floats.len()], vec![0.0; images * 4]);
        network.gradients(&floats, data.labels(), &mut found, &mut answers);
        let weights = weights(&model);
        let mut random = stream(11);
        for image in 0..images {
            let label = data.labels()[image];
            let one = &pixels[image * size..][..size];
            let answer = |pixels: &[f64]| {
                probabilities(&model, &weights, pixels, Mode::Inference, &mut Vec::new()).remove(0)
            };
            for (found, expected) in answers[image * 4..].iter().zip(answer(one)) {
                assert!((f64::from(*found) - expected).abs() < 2e-5, "{name}: {found} instead of {expected}");
            }
            for _ in 0..6 {
                let pixel = random.below(size as u32) as usize;
                let mut moved = one.to_vec();
                let mut at = |by: f64| {
                    moved[pixel] = one[pixel] + by;
                    loss(&[answer(&moved)], &[label], 0.0)
                };
                let slope = (at(1e-6) - at(-1e-6)) / 2e-6;
                let found = f64::from(found[image * size + pixel]);
                assert!(
                    (found - slope).abs() < 1e-4 + 1e-3 * slope.abs(),
                    "{name}: the gradient of pixel {pixel} of image {image} is {found} instead of {slope}"
                );
            }
        }
    }
}

#[test]
fn dropout_forgets_nothing_under_attack() {
    let gradients = |rate| {
        let model = tenfold::Sequential::new([6, 6]).conv2d(5, 3).relu().dropout(rate).flatten().dense(4);
        let network = input_gradients(&crate::networks::filled(model.softmax())).unwrap();
        let (mut found, mut answers) = ([0.0; 36], [0.0; 4]);
        network.gradients(&[0.5; 36], &[2], &mut found, &mut answers);
        (found, answers)
    };
    assert_eq!(gradients(0.5), gradients(0.0));
    assert!(gradients(0.5).0.iter().any(|&slope| slope != 0.0));
}

#[test]
fn attacks_do_not_depend_on_the_number_of_threads() {
    for (name, model) in all() {
        let data = noise(8, 150, model.input);
        let network = input_gradients(&model).unwrap();
        let attack = |threads| Attack::Pgd.run(&*network, &data, 0.1, threads).unwrap();
        let one = attack(1);
        for threads in [2, 7] {
            assert!(one == attack(threads), "{name}: {threads} threads give other bits than one");
        }
    }
}
