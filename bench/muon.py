#!/usr/bin/env python3
"""Muon against Adam, on validation images: trained on the first 50,000 training images, judged on the last 10,000.

    bench/.venv/bin/python bench/muon.py fast        one epoch of the preset `fast`
    bench/.venv/bin/python bench/muon.py three       three epochs of 16 and 32 channels, 128 hidden, shifts of a pixel
    bench/.venv/bin/python bench/muon.py cost        what a step of either costs

Both get the same effort: as many learning rates, then as many other memories at the best rate, then fresh seeds of the
best of each. First values and norms are Tenfold's, since it is for Tenfold that this is asked. Runs on one thread. The
test set is never read. Every run is a line of JSON; the last lines are the figures.
"""
import argparse
import json
import os
import pathlib
import statistics
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "peers"))
os.environ.setdefault("TENFOLD_DATA", str(ROOT.parent.parent / "shared/mnist"))

import torch

from torch_records import Training, images_and_labels, optimizer_of

NONE = {"rotate": 0, "scale": 0, "shear": 0, "shift": 0, "translate": 0, "elastic": 0, "smoothness": 7, "thickness": 0,
        "erase": 0}


def conv5(channels):
    return [{"layer": "conv2d", "channels": channels, "kernel": 5, "bias": False}, {"layer": "max_pool", "size": 2},
            {"layer": "batch_norm", "epsilon": 1e-3, "momentum": 0.99}, {"layer": "relu"}]


def recipe(first, second, hidden, epochs, rate, **augment):
    layers = [*conv5(first), *conv5(second), {"layer": "flatten"}, {"layer": "dense", "units": hidden}, {"layer": "relu"},
              {"layer": "dense", "units": 10}, {"layer": "softmax"}]
    adam = {"optimizer": "adam", "learning_rate": rate, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-8}
    return {"architecture": {"input": [28, 28], "layers": layers},
            "settings": {"epochs": epochs, "batch_size": 128, "optimizer": adam, "schedule": {"one_cycle": {"warmup": 0.3}},
                         "label_smoothing": 0.05, "clip_norm": None, "average": None, "augment": NONE | augment,
                         "mix": {"strokes": 0}}}


RECIPES = {"fast": recipe(6, 16, 64, 1, 0.02), "three": recipe(16, 32, 128, 3, 0.01, shift=1)}
SEEDS = {"fast": (2, 8), "three": (1, 6)}  # of the sweep, and of the end
# Adam's rates and β₁, β₂; Muon's rates and momenta. The first memory is that of the sweep over rates.
SWEEPS = {"fast": ((0.005, 0.01, 0.02, 0.04), ((0.8, 0.95), (0.9, 0.95), (0.9, 0.999)),
                   (0.01, 0.03, 0.1, 0.3), (0.9, 0.6, 0.95)),
          "three": ((0.005, 0.01, 0.02), ((0.8, 0.95),), (0.02, 0.05, 0.1), (0.9,))}


def orthogonalised(gradient, steps=5):
    """Newton-Schulz: nearly the orthogonal factor of a matrix (Jordan et al. 2024)."""
    x = gradient / (gradient.norm() + 1e-7)
    if tall := x.shape[0] > x.shape[1]:
        x = x.T
    for _ in range(steps):
        a = x @ x.T
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return x.T if tall else x


class Muon:
    """Muon with Nesterov momentum on weights of convolutions, flattened, and of hidden dense layers; Adam on the rest."""

    def __init__(self, settings, parameters, rate, momentum):
        matrices = [p for p in parameters[:-2] if p.dim() > 1]
        chosen = {id(p) for p in matrices}
        self.adam = optimizer_of(settings, [p for p in parameters if id(p) not in chosen])
        base = settings["optimizer"]["learning_rate"]
        self.group = {"params": matrices, "lr": rate, "scale": rate / base}
        self.param_groups = [*self.adam.param_groups, self.group]
        self.momentum, self.means = momentum, [torch.zeros_like(p) for p in matrices]

    def zero_grad(self, set_to_none):
        for group in self.param_groups:
            for p in group["params"]:
                p.grad = None

    @torch.no_grad()
    def step(self):
        self.adam.step()
        for p, mean in zip(self.group["params"], self.means):
            mean.lerp_(p.grad, 1 - self.momentum)
            ahead = p.grad.lerp(mean, self.momentum)
            rows = ahead.reshape(len(ahead), -1)
            update = orthogonalised(rows)
            p.add_(update.view_as(p), alpha=-self.group["lr"] * max(1, rows.shape[0] / rows.shape[1]) ** 0.5)


def training(name, how, images, labels):
    """`how` is ("adam", rate, β₁, β₂) or ("muon", rate, momentum)."""
    chosen, make = json.loads(json.dumps(RECIPES[name])), optimizer_of
    if how[0] == "adam":
        chosen["settings"]["optimizer"] |= dict(zip(("learning_rate", "beta_1", "beta_2"), how[1:]))
    else:
        def make(settings, parameters):
            return Muon(settings, parameters, *how[1:])
    run = Training(chosen, images, labels, make_optimizer=make)
    for module in run.model.modules():
        if isinstance(module, (torch.nn.Conv2d, torch.nn.Linear)):
            # Drawn row by row, then laid channels-last.
            module.weight.data.copy_(torch.nn.init.xavier_uniform_(torch.empty(module.weight.shape)))
            if module.bias is not None:
                torch.nn.init.zeros_(module.bias)
    return run


def accuracy(name, how, seed, data):
    images, labels = data
    torch.manual_seed(seed)
    start = time.process_time()
    run = training(name, how, images[:50_000], labels[:50_000])
    for rows, rate in run.batches():
        run.step(rows, rate)
    figure = run.accuracy(images[50_000:], labels[50_000:])
    print(json.dumps({"network": name, "how": how, "seed": seed, "validation": figure,
                      "processor_seconds": round(time.process_time() - start, 2)}), flush=True)
    return figure


def compare(name):
    data, (sweep, end) = images_and_labels("train"), SEEDS[name]

    def best(ways):
        return max(ways, key=lambda how: statistics.mean(accuracy(name, how, seed, data) for seed in range(sweep)))

    rates, betas, muon_rates, momenta = SWEEPS[name]
    adam = best([("adam", rate, *betas[0]) for rate in rates])
    adam = best([("adam", adam[1], *each) for each in betas]) if len(betas) > 1 else adam
    muon = best([("muon", rate, momenta[0]) for rate in muon_rates])
    muon = best([("muon", muon[1], each) for each in momenta]) if len(momenta) > 1 else muon
    for how in (adam, muon):
        figures = [accuracy(name, how, 100 + seed, data) for seed in range(end)]
        print(json.dumps({"network": name, "how": how, "seeds": end, "mean": round(100 * statistics.mean(figures), 3),
                          "sd": round(100 * statistics.stdev(figures), 3)}), flush=True)


def cost():
    images, labels = images_and_labels("train")
    for name in RECIPES:
        for how in (("adam", 0.01, 0.8, 0.95), ("muon", 0.03, 0.9)):
            torch.manual_seed(0)
            run, whole, update = training(name, how, images, labels), [], []
            inner = run.optimizer.step

            def timed():
                start = time.perf_counter()
                inner()
                update.append(time.perf_counter() - start)

            run.optimizer.step = timed
            for (rows, rate), _ in zip(run.batches(), range(150)):
                start = time.perf_counter()
                run.step(rows, rate)
                whole.append(time.perf_counter() - start)
            print(json.dumps({"network": name, "how": how[0], "step_ms": round(1e3 * statistics.median(whole), 3),
                              "update_ms": round(1e3 * statistics.median(update), 3)}), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=[*RECIPES, "cost"])
    what = parser.parse_args().what
    torch.set_num_threads(1)
    cost() if what == "cost" else compare(what)


if __name__ == "__main__":
    main()
