"""PyTorch on one of Tenfold's recipes: the same network, optimiser, schedule, augmentation and averaging.

  train  trains the recipe, saves the weights, and only then looks at the test set; prints the seconds of each part
  speed  trains for a while: set-up seconds, and images per second; for the choice of a setting, and for `conv`

The recipe comes as JSON on standard input: `architecture` of a model file and `settings` of a run.json. Images stay
one tensor of bytes in memory; a batch is gathered by `index_select` and becomes floats there, channels-last. Adam and
SGD are the fused ones. `--variant` names other settings: `compile`, `nchw` (channels-first), `bf16` (autocast). What
this script cannot do of a recipe is refused by name.
"""
import time

BEGUN = time.perf_counter()

import itertools
import json
import math
import os
import pathlib
import sys

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import torch
from torch.nn import functional

from common import arguments, emit, read_idx
from torch_augment import augmenter
from torch_network import network

VERSIONS = {"torch": torch.__version__}


def images_and_labels(part):
    """Bytes `[n, 28, 28]` and labels `[n]`."""
    images, labels = read_idx(f"{part}-images-idx3-ubyte"), read_idx(f"{part}-labels-idx1-ubyte")
    return torch.from_numpy(images.copy()), torch.from_numpy(labels.astype("int64"))


def factor(schedule, step, steps):
    """Tenfold's schedules: the factor on the learning rate at step `step` (from 0) of `steps`."""
    def between(start, end, position):
        return end + (start - end) * 0.5 * (1 + math.cos(math.pi * position))

    if schedule == "constant":
        return 1.0
    (name, settings), = schedule.items()
    warmup = settings["warmup"]
    if name == "cosine":
        up = round(warmup * steps)
        return (step + 1) / (up + 1) if step < up else between(1, 0, (step - up) / max(steps - up, 1))
    if name == "one_cycle":
        last = max(steps - 1, 1)
        peak = min(max(warmup * steps - 1, 0), last)
        if step < peak:
            return between(1 / 25, 1, step / peak)
        return between(1, 1 / 250_000, min((step - peak) / (last - peak), 1)) if peak < last else 1.0
    raise NotImplementedError(f"schedule {name}")


def optimizer_of(settings, parameters):
    """The fused form of the recipe's optimiser."""
    o = settings["optimizer"]
    if o["optimizer"] == "sgd":
        return torch.optim.SGD(parameters, o["learning_rate"], o["momentum"], nesterov=o["nesterov"], fused=True)
    known = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
    if o["optimizer"] not in known:
        raise NotImplementedError(f"optimizer {o['optimizer']}")
    return known[o["optimizer"]](parameters, o["learning_rate"], (o["beta_1"], o["beta_2"]), o["epsilon"],
                                 weight_decay=o.get("weight_decay", 0), fused=True)


class Training:
    """A network, its optimiser and a step."""

    def __init__(self, recipe, images, labels, variant="", make_optimizer=optimizer_of):
        self.settings, self.images, self.labels = recipe["settings"], images, labels
        self.layout = torch.contiguous_format if "nchw" in variant else torch.channels_last
        self.model = network(recipe["architecture"], channels_last="nchw" not in variant)
        self.optimizer = make_optimizer(self.settings, list(self.model.parameters()))
        self.vary = augmenter(self.settings["augment"])
        mixed = [kind for kind, share in self.settings["mix"].items() if share]
        if mixed:
            raise NotImplementedError(f"{' and '.join(mixed)} mixed in")
        decay = self.settings["average"]
        self.average = [p.detach().clone() for p in self.model.parameters()] if decay else None
        self.steps = 0
        self.bf16 = "bf16" in variant
        self.loss_of = self.loss
        if "compile" in variant:
            self.loss_of = torch.compile(self.loss, dynamic=False)

    def loss(self, x, y):
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            return functional.cross_entropy(self.model(x), y, label_smoothing=self.settings["label_smoothing"])

    def inputs(self, images, vary=None):
        """Floats `[batch, 1, height, width]` in 0 to 1 of bytes `[batch, height, width]`."""
        x = images.to(torch.float32).mul_(1 / 255).unsqueeze(1)
        return (vary(x) if vary else x).contiguous(memory_format=self.layout)

    def step(self, rows, learning_rate):
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate * group.get("scale", 1)
        self.optimizer.zero_grad(set_to_none=True)
        x, y = self.inputs(self.images.index_select(0, rows), self.vary), self.labels.index_select(0, rows)
        # Another shape would be compiled again: an epoch's smaller last batch is not.
        (self.loss_of if len(rows) == self.settings["batch_size"] else self.loss)(x, y).backward()
        if self.settings["clip_norm"]:
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.settings["clip_norm"])
        self.optimizer.step()
        if self.average:
            with torch.no_grad():
                # Early averages follow closely, as Tenfold's do.
                decay = min(self.settings["average"], (1 + self.steps) / (10 + self.steps))
                torch._foreach_lerp_(self.average, list(self.model.parameters()), 1 - decay)
        self.steps += 1

    def batches(self):
        """Rows of each step and its learning rate, over all epochs."""
        count, size, epochs = len(self.labels), self.settings["batch_size"], self.settings["epochs"]
        steps, done = -(-count // size) * epochs, 0
        for _ in range(epochs):
            for rows in torch.randperm(count).split(size):
                yield rows, self.settings["optimizer"]["learning_rate"] * factor(self.settings["schedule"], done, steps)
                done += 1

    def finish(self):
        """The average becomes the model's weights, where one is kept."""
        if self.average:
            with torch.no_grad():
                torch._foreach_copy_(list(self.model.parameters()), self.average)

    @torch.inference_mode()
    def accuracy(self, images, labels):
        self.model.eval()
        right = sum((self.model(self.inputs(i)).argmax(1) == l).sum().item()
                    for i, l in zip(images.split(500), labels.split(500)))
        return right / len(labels)


def train(options, recipe):
    training = Training(recipe, *images_and_labels("train"), options.variant)
    ready = time.perf_counter()
    for rows, rate in training.batches():
        training.step(rows, rate)
    training.finish()
    trained = time.perf_counter()
    folder = pathlib.Path(options.out)
    torch.save(training.model.state_dict(), folder / "unfinished.pt")
    os.replace(folder / "unfinished.pt", folder / "model.pt")
    saved = time.perf_counter()
    emit(prepare_seconds=ready - BEGUN, train_seconds=trained - ready, saved_seconds=saved - BEGUN,
         test_accuracy=training.accuracy(*images_and_labels("t10k")), versions=VERSIONS)


def speed(options, recipe):
    """Blocks of ten steps until the time is up; the median of them. The first two steps belong to setting up."""
    training = Training(recipe, *images_and_labels("train"), options.variant)
    # A fast setting is through with the recipe's epochs before the time is up, and begins them again.
    batches = itertools.chain.from_iterable(training.batches() for _ in itertools.count())
    times, size = [], training.settings["batch_size"]
    for _ in range(2):
        training.step(*next(batches))
    ready = time.perf_counter()
    while not times or time.perf_counter() - ready < options.seconds:
        start = time.perf_counter()
        for _ in range(10):
            training.step(*next(batches))
        times.append((time.perf_counter() - start) / 10)
    times.sort()
    emit(setup_seconds=ready - BEGUN, images_per_s=size / times[len(times) // 2], versions=VERSIONS)


def main():
    options = arguments("train", "speed")
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    {"train": train, "speed": speed}[options.task](options, json.load(sys.stdin))


if __name__ == "__main__":
    main()
