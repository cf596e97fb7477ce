"""JAX: a whole epoch is one compiled `lax.scan`. Compile time is reported apart.

Variants: "" gathers each batch inside the scan, "gather" permutes the set once at the start of the epoch.
"""
import os
import time

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import numpy as np
from jax import numpy as jnp

from common import arguments, emit, glorot, mnist

RATE, BETA1, BETA2, EPSILON = 0.001, 0.9, 0.999, 1e-7


def forward(weights, x):
    (w1, b1), (w2, b2), (w3, b3) = weights
    x = jax.nn.relu(x @ w1 + b1)
    x = jax.nn.relu(x @ w2 + b2)
    return x @ w3 + b3


def loss_of(weights, x, y):
    logs = jax.nn.log_softmax(forward(weights, x))
    return -jnp.take_along_axis(logs, y[:, None], 1).mean()


def step(state, x, y):
    weights, mean, square, count = state
    loss, gradient = jax.value_and_grad(loss_of)(weights, x, y)
    count = count + 1
    mean = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, mean, gradient)
    square = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, square, gradient)
    # Keras's form: the bias corrections are folded into the rate.
    rate = RATE * jnp.sqrt(1 - BETA2**count) / (1 - BETA1**count)
    weights = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + EPSILON), weights, mean, square)
    return (weights, mean, square, count), loss


def main():
    options = arguments("train")
    images, labels = mnist("train")
    images, labels = jnp.asarray(images.reshape(-1, 784)), jnp.asarray(labels, jnp.int32)
    generator = np.random.default_rng(options.seed)
    sizes = ((784, options.hidden), (options.hidden, options.hidden), (options.hidden, 10))
    weights = [(jnp.asarray(glorot(generator, i, o)), jnp.zeros(o, jnp.float32)) for i, o in sizes]
    zeros = jax.tree.map(jnp.zeros_like, weights)
    state = (weights, zeros, jax.tree.map(jnp.zeros_like, weights), jnp.float32(0))
    steps = len(labels) // options.batch  # 60,000 divides by 32: no image is left out

    def epoch(state, images, labels, order):
        order = order.reshape(steps, options.batch)
        if options.variant == "gather":
            return jax.lax.scan(lambda s, xy: step(s, *xy), state, (images[order], labels[order]))
        return jax.lax.scan(lambda s, rows: step(s, images[rows], labels[rows]), state, order)

    def shuffled():
        return jnp.asarray(generator.permutation(len(labels))[: steps * options.batch], jnp.int32)

    start = time.perf_counter()
    compiled = jax.jit(epoch, donate_argnums=0).lower(state, images, labels, shuffled()).compile()
    compile_seconds = time.perf_counter() - start
    epoch_seconds = []
    for _ in range(options.epochs):
        start = time.perf_counter()
        state, losses = compiled(state, images, labels, shuffled())
        losses.block_until_ready()
        epoch_seconds.append(time.perf_counter() - start)
    images, labels = mnist("t10k")
    accuracy = float((np.asarray(forward(state[0], images.reshape(-1, 784))).argmax(1) == labels).mean())
    emit(epoch_seconds=epoch_seconds, compile_seconds=compile_seconds, test_accuracy=accuracy,
         versions={"jax": jax.__version__})


main()
