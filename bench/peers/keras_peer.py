"""Keras on TensorFlow: the tutorial as people write it, `model.fit` on NumPy arrays.

train    seconds per epoch
process  the whole script: import, load, train, evaluate, save

Variants: "" is Keras's default (`jit_compile="auto"`), "nojit" turns XLA off,
"steps" runs 25 steps per call of the compiled function (`steps_per_execution`).
"""
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import tempfile
import time

import keras
import tensorflow as tf

from common import arguments, emit, mnist


def network(variant):
    model = keras.Sequential([
        keras.layers.Input((28, 28)),
        keras.layers.Flatten(),
        keras.layers.Dense(128, activation="relu"),
        keras.layers.Dense(128, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ])
    model.compile(
        optimizer=keras.optimizers.Adam(0.001, epsilon=1e-7),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=False if "nojit" in variant else "auto",
        steps_per_execution=25 if "steps" in variant else 1,
    )
    return model


class EpochClock(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(time.perf_counter() - self.start)


def main():
    options = arguments("train", "process")
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(options.threads)
    keras.utils.set_random_seed(options.seed)
    images, labels = mnist("train")
    model, clock = network(options.variant), EpochClock()
    model.fit(images, labels, batch_size=options.batch, epochs=options.epochs, verbose=0, callbacks=[clock])
    loss, accuracy = model.evaluate(*mnist("t10k"), verbose=0)
    if options.task == "process":
        with tempfile.TemporaryDirectory() as folder:
            model.save(f"{folder}/model.keras")
    emit(epoch_seconds=clock.seconds, test_accuracy=accuracy, test_loss=loss,
         versions={"keras": keras.__version__, "tensorflow": tf.__version__})


main()
