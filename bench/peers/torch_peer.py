"""PyTorch on the CPU: tensors in memory, no DataLoader, the fused Adam.

train  seconds per epoch
infer  one image and batches of 256, one thread
sweep  images trained per second for one batch size, width and number of threads

Variants of train and sweep: "" is eager, "compile" puts `torch.compile` around the network and the loss.
Infer times eager mode, a frozen TorchScript trace and `torch.compile`, and takes the best of each figure.
"""
import os
import time

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import torch
from torch.nn import functional

from common import arguments, emit, median_seconds, mnist

VERSIONS = {"torch": torch.__version__}


def network(hidden):
    model = torch.nn.Sequential(
        torch.nn.Linear(784, hidden), torch.nn.ReLU(),
        torch.nn.Linear(hidden, hidden), torch.nn.ReLU(),
        torch.nn.Linear(hidden, 10),
    )
    for layer in model[::2]:
        torch.nn.init.xavier_uniform_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
    return model


def tensors(part):
    images, labels = mnist(part)
    return torch.from_numpy(images.reshape(-1, 784)), torch.from_numpy(labels)


def stepper(model, images, labels, variant):
    """A function that does one training step on the rows it is given."""
    adam = torch.optim.Adam(model.parameters(), lr=0.001, eps=1e-7, fused=True)

    def loss_of(x, y):
        return functional.cross_entropy(model(x), y)

    if "compile" in variant:
        loss_of = torch.compile(loss_of)

    def step(rows):
        adam.zero_grad(set_to_none=True)
        loss_of(images[rows], labels[rows]).backward()
        adam.step()

    return step


def train(options):
    images, labels = tensors("train")
    model = network(options.hidden)
    step = stepper(model, images, labels, options.variant)
    epoch_seconds = []
    for _ in range(options.epochs):
        start = time.perf_counter()
        for rows in torch.randperm(len(labels)).split(options.batch):
            step(rows)
        epoch_seconds.append(time.perf_counter() - start)
    with torch.inference_mode():
        images, labels = tensors("t10k")
        accuracy = (model(images).argmax(1) == labels).double().mean().item()
    emit(epoch_seconds=epoch_seconds, test_accuracy=accuracy, versions=VERSIONS)


def sweep(options):
    """As many steps as the time allows, after a tenth of them as warm-up; no more than one epoch."""
    images, labels = tensors("train")
    step = stepper(network(options.hidden), images, labels, options.variant)
    batches = torch.randperm(len(labels)).split(options.batch)
    batches = [rows for rows in batches if len(rows) == options.batch]
    for limit in (options.seconds / 10, options.seconds):
        steps, start = 0, time.perf_counter()
        while steps < 3 or time.perf_counter() - start < limit:
            step(batches[steps % len(batches)])
            steps += 1
        seconds = time.perf_counter() - start
    emit(images_per_s=steps * options.batch / seconds, versions=VERSIONS)


def infer(options):
    model = torch.nn.Sequential(network(options.hidden), torch.nn.Softmax(1)).eval()
    images, _ = tensors("t10k")
    figures = {}
    with torch.inference_mode():
        ways = {"eager": lambda x: model, "trace": lambda x: torch.jit.freeze(torch.jit.trace(model, x))}
        ways["compile"] = lambda x: torch.compile(model)
        for rows, block in ((1, 200), (256, 5)):
            x = images[:rows].clone()
            for name, prepare in ways.items():
                try:
                    call = prepare(x)
                    for _ in range(20):
                        call(x)
                    figures[name, rows] = median_seconds(lambda: call(x), options.seconds, block)
                except Exception as error:  # a way that doesn't work on this machine is left out
                    print(f"{name}: {type(error).__name__}: {error}", flush=True)
    single = min((seconds, name) for (name, rows), seconds in figures.items() if rows == 1)
    batch = min((seconds, name) for (name, rows), seconds in figures.items() if rows == 256)
    emit(single_us=single[0] * 1e6, single_way=single[1], batch256_images_per_s=256 / batch[0], batch_way=batch[1],
         all={f"{name} {rows}": seconds for (name, rows), seconds in figures.items()}, versions=VERSIONS)


def main():
    options = arguments("train", "infer", "sweep")
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    {"train": train, "infer": infer, "sweep": sweep}[options.task](options)


main()
