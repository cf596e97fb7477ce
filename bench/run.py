#!/usr/bin/env python3
"""Runs the peers and Tenfold in turns and prints one table of medians and ratios. See README.md.

This file measures and prints; the peers live in `peers/`, and sections of their own in `conv.py`,
`records.py` and `shipped.py`.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import time

import table
from conv import conv
from harness import (BURN, RESULTS, ROOT, TENFOLD, THREADS, UNWANTED_IN_BUILDS, environment, median, python_peer, run,
                     say, tenfold_example, tenfold_train, without)
from records import RECIPES, records
from shipped import shipped

SECTIONS = ("train", "process", "infer", "shipped", "predict", "sweep", "seeds", "conv", "records")
UNASKED = SECTIONS[:-1]  # records takes hours; it is measured where it is named


# --- seconds per epoch -------------------------------------------------------------------------------------------

# Each tool with its ordinary settings; the fastest of a short trial takes part in the rounds.
TRAINERS = {
    "Keras": {"model.fit": ("keras", [])},
    "Keras, best setting": {
        "25 steps per execution": ("keras", ["--variant", "steps"]),
        "no XLA": ("keras", ["--variant", "nojit"]),
        "no XLA, 25 steps per execution": ("keras", ["--variant", "nojit,steps"]),
    },
    "PyTorch": {
        "2 threads": ("torch", ["--threads", 2]),
        "1 thread": ("torch", ["--threads", 1]),
        "torch.compile": ("torch", ["--variant", "compile"]),
    },
    "JAX": {
        "2 threads": ("jax", []),
        "epoch gathered first": ("jax", ["--variant", "gather"]),
        "1 thread": ("jax", ["--threads", 1]),
    },
    "Burn flex": {"2 threads": ("burn", ["flex", 2]), "1 thread": ("burn", ["flex", 1])},
    "Burn ndarray": {"2 threads": ("burn", ["ndarray", 2]), "1 thread": ("burn", ["ndarray", 1])},
}
TRAIN_TARGETS = {"Keras": 30, "Keras, best setting": 30, "PyTorch": 10, "JAX": 4, "Burn flex": 7}


def train_peer(setting, epochs):
    peer, words = setting
    if peer == "burn":
        backend, threads = words
        return run([BURN, "--backend", backend, "--epochs", epochs], RAYON_NUM_THREADS=str(threads))
    flags = {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false"} if peer == "jax" and 1 in words else {}
    return run(python_peer(peer, "train", "--epochs", epochs, *words), **flags)


def epoch_median(answer):
    """The median epoch of one run. The first is left out for everyone: compilation, page faults, first touches."""
    return median(answer["epoch_seconds"][1:]) if answer else None


def train(options):
    chosen, trials = {}, {}
    for name, settings in TRAINERS.items():
        if options.quick or len(settings) == 1:
            chosen[name] = next(iter(settings))
            continue
        trials[name] = {}
        for setting, how in settings.items():
            say(f"train: trial, {name}, {setting}")
            trials[name][setting] = epoch_median(train_peer(how, 3))
        known = {setting: seconds for setting, seconds in trials[name].items() if seconds is not None}
        chosen[name] = min(known, key=known.get) if known else next(iter(settings))
    epochs = 3 if options.quick else 10
    answers = {name: [] for name in (*TRAINERS, "Tenfold")}
    for number in range(options.rounds):
        for name, settings in TRAINERS.items():
            say(f"train: round {number + 1}, {name}")
            answers[name].append(train_peer(settings[chosen[name]], epochs))
        say(f"train: round {number + 1}, Tenfold")
        answers["Tenfold"].append(tenfold_train("--epochs", 10, "--threads", THREADS, "--seed", number))
    return {
        "unit": "s/epoch", "targets": TRAIN_TARGETS, "chosen": chosen, "trials": trials,
        "median": {name: median(map(epoch_median, each)) for name, each in answers.items()},
        "compile_seconds": median(a and a.get("compile_seconds") for a in answers["JAX"]),
        "simd": next((a["simd"] for a in answers["Tenfold"] if a and "simd" in a), None),
        "versions": {k: v for each in answers.values() for a in each if a for k, v in a.get("versions", {}).items()},
        "all": {name: [a and a["epoch_seconds"] for a in each] for name, each in answers.items()},
    }


# --- whole process -----------------------------------------------------------------------------------------------

def process(options):
    """Start to end: Keras imports, loads, trains 10 epochs, evaluates and saves; Tenfold also draws its report."""
    ways = {
        "Keras": python_peer("keras", "process"),
        "Keras, best setting": python_peer("keras", "process", "--variant", "steps"),
    }
    answers = {name: [] for name in (*ways, "Tenfold")}
    for number in range(1 if options.quick else options.rounds):
        for name, command in ways.items():
            say(f"process: round {number + 1}, {name}")
            answers[name].append(run(command))
        answers["Tenfold"].append(tenfold_train("--epochs", 10, "--threads", THREADS, "--seed", number))
    return {
        "unit": "s", "targets": {"Keras": 20, "Keras, best setting": 20},
        "median": {name: median(a and a["wall_seconds"] for a in each) for name, each in answers.items()},
        "peak_mb": {name: median(a and a["peak_mb"] for a in each) for name, each in answers.items()},
    }


# --- inference ---------------------------------------------------------------------------------------------------

def infer(options):
    seconds = 0.3 if options.quick else 1
    ways = {
        "ONNX Runtime": lambda: run(python_peer("onnxruntime", "infer", "--seconds", seconds)),
        "PyTorch": lambda: run(python_peer("torch", "infer", "--threads", 1, "--seconds", seconds)),
        "Tenfold": lambda: tenfold_example("inference_speed"),
    }
    answers = {name: [] for name in ways}
    for number in range(options.rounds):
        for name, call in ways.items():
            say(f"infer: round {number + 1}, {name}")
            answers[name].append(call())
    return {
        "single_us": {name: median(a and a["single_us"] for a in each) for name, each in answers.items()},
        "batch256": {name: median(a and a["batch256_images_per_s"] for a in each) for name, each in answers.items()},
        "ways": {name: {k: a[k] for k in ("single_way", "batch_way", "simd") if k in a}
                 for name, each in answers.items() for a in each if a},
        "versions": {k: v for each in answers.values() for a in each if a for k, v in a.get("versions", {}).items()},
        "all": answers,
    }


# --- one picture, whole process ----------------------------------------------------------------------------------

def predict(options):
    """`tenfold predict` on one PNG of a test image: the whole process, the model read from its file."""
    import mnist_png
    with tempfile.TemporaryDirectory() as folder:
        trained = run([TENFOLD, "train", "--json", "--epochs", 1], cwd=folder)
        picture = pathlib.Path(folder) / "digit.png"
        mnist_png.write(picture, environment()["TENFOLD_DATA"])
        if not trained or "model" not in trained:
            return {"milliseconds": None}
        model = pathlib.Path(folder) / trained["model"]
        answers = [run([TENFOLD, "predict", "--json", "--model", model, picture], cwd=folder) for _ in range(20)]
    return {"milliseconds": median(a and a["wall_seconds"] * 1e3 for a in answers),
            "digit": answers[0] and answers[0].get("digit")}


# --- sizes -------------------------------------------------------------------------------------------------------

def sweep(options):
    """Images trained per second for each batch size, width and number of threads."""
    batches, widths, seconds = (1, 8, 32, 128, 512, 4096), (32, 128, 512, 1024), 1.5
    if options.quick:
        batches, widths, seconds = (1, 32, 4096), (32, 1024), 0.5
    cells, versions = [], {}
    for threads in (1, 2):
        for hidden in widths:
            say(f"sweep: {threads} threads, {hidden} hidden")
            for batch in batches:
                size = ("--batch", batch, "--hidden", hidden, "--threads", threads)
                peer = run(python_peer("torch", "sweep", *size, "--seconds", seconds))
                versions |= peer["versions"] if peer else {}
                # Three epochs over about as many images as PyTorch got through; whole batches, at least eight.
                steps = int(max(8, (peer["images_per_s"] if peer else 20_000) * seconds / batch))
                images = batch * min(steps, 60_000 // batch)
                ours = tenfold_example("training_speed", *size, "--epochs", 3, "--images", images)
                cells.append({"batch": batch, "hidden": hidden, "threads": threads,
                              "PyTorch": peer and peer["images_per_s"], "Tenfold": ours and ours["images_per_s"]})
    return {"cells": cells, "versions": versions}


# --- seeds -------------------------------------------------------------------------------------------------------

def seeds(options):
    """Test accuracy over ten seeds of the recipe. Keras's are kept in results/, since they take minutes."""
    kept = RESULTS / "keras_seeds.json"
    versions, keras = {}, []
    if kept.exists():
        before = json.loads(kept.read_text())
        versions, keras = before["versions"], before["test_accuracy"]
    for seed in range(len(keras), len(keras) if options.quick else 10):
        say(f"seeds: Keras, seed {seed}")
        answer = run(python_peer("keras", "train", "--seed", seed, "--variant", "steps"))
        if answer is None:
            break
        versions = answer["versions"]
        keras.append(answer["test_accuracy"])
        RESULTS.mkdir(exist_ok=True)
        kept.write_text(json.dumps({"versions": versions, "test_accuracy": keras}, indent=1) + "\n")
    count = 2 if options.quick else 10
    say(f"seeds: Tenfold, {count} seeds")
    answer = tenfold_train("--runs", count, "--threads", THREADS) or {}
    return {"Keras": keras, "versions": versions, "Tenfold": [each["test_accuracy"] for each in answer.get("runs", [])]}


# --- the machine and the whole -----------------------------------------------------------------------------------

def processor_seconds():
    """Processor time since the machine started, and the part of it that this program and its children took."""
    ticks = [int(word) for word in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    user, nice, system, _, _, interrupts, soft, _ = ticks
    return (user + nice + system + interrupts + soft) / os.sysconf("SC_CLK_TCK"), sum(os.times()[:4])


class OtherWork:
    """The share of this machine's processors that work other than ours took while the block ran."""

    def __enter__(self):
        self.before, self.start = processor_seconds(), time.perf_counter()
        return self

    def __exit__(self, *_):
        (everyone, ours), (everyone_before, ours_before) = processor_seconds(), self.before
        elapsed = max(time.perf_counter() - self.start, 1e-3) * os.cpu_count()
        self.share = max(0.0, (everyone - everyone_before - (ours - ours_before)) / elapsed)


def siblings(cpu):
    """What names the core of a processor: the processors on it. Where the system does not say, itself."""
    path = pathlib.Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
    return path.read_text().strip() if path.exists() else str(cpu)


def hold_to_cores():
    """Holds this process and its children to `THREADS` processors: tools that count the cores themselves see as many.

    Each is on a core of its own where there are enough, since two threads of one core share what they compute with.
    """
    known, first, further = set(), [], []
    for cpu in sorted(os.sched_getaffinity(0)):
        (further if siblings(cpu) in known else first).append(cpu)
        known.add(siblings(cpu))
    if len(first) < THREADS:
        say(f"{len(first)} core where {THREADS} are meant: what runs side by side shares it.")
    os.sched_setaffinity(0, (first + further)[:THREADS])


def machine():
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    of = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    model = f"{of.get('model name', platform.machine())} (family {of.get('cpu family')}, model {of.get('model')})"
    widest = [flag for flag in ("avx512f", "avx2", "fma") if flag in of.get("flags", "").split()]
    used = sorted(os.sched_getaffinity(0))
    return {"cpu": model, "simd": " ".join(widest), "cores": os.cpu_count(), "used": len(used),
            "cpus": used, "cores_used": len({siblings(cpu) for cpu in used})}


def kind(machine):
    """What is the same of two machines whose figures may stand in one table."""
    return [machine[key] for key in ("cpu", "simd", "cores", "used")] + [machine.get("cores_used", machine["used"])]


def build():
    """Tenfold and its two examples, as anyone builds them: release, no RUSTFLAGS."""
    commands = (["cargo", "build", "--release"],
                ["cargo", "build", "--release", "-p", "tenfold", "--example", "inference_speed",
                 "--example", "training_speed"])
    for command in commands:
        if subprocess.run(command, cwd=ROOT, env=without(UNWANTED_IN_BUILDS)).returncode != 0:
            # An older build may lie there, whose figures would pass for this one's.
            sys.exit(f"failed: {' '.join(command)}: nothing was measured")


def main():
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one round, few epochs; printed but not kept in results/")
    parser.add_argument("--only", default=",".join(UNASKED),
                        help=f"some of {','.join(SECTIONS)}; records is left out unless named")
    parser.add_argument("--rounds", type=int, help="rounds of peers in turns (3; 1 with --quick)")
    parser.add_argument("--recipe", choices=[recipe.preset for recipe in RECIPES], help="records: only this recipe")
    parser.add_argument("--seeds", type=int, help="records: seeds of each recipe")
    parser.add_argument("--no-build", action="store_true", help="measure the Tenfold that is already built")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 3)
    wanted = options.only.split(",")
    if set(wanted) - set(SECTIONS):
        parser.error(f"--only takes {','.join(SECTIONS)}")
    if not options.no_build:
        build()
    hold_to_cores()

    latest = RESULTS / "latest.json"
    kept = json.loads(latest.read_text()) if latest.exists() else {}
    same_machine = kept and kind(kept["machine"]) == kind(machine()) and not options.quick
    results = {"machine": machine(), "sections": kept["sections"] if same_machine else {}}
    options.kept = results["sections"]
    for name in wanted:
        with OtherWork() as others:
            section = globals()[name](options)
        section |= {"at": datetime.datetime.now().isoformat(" ", "minutes"), "other_work": round(others.share, 3)}
        results["sections"][name] = section
    text = table.markdown(results)
    print(text)
    if not options.quick:
        RESULTS.mkdir(exist_ok=True)
        latest.write_text(json.dumps(results, indent=1) + "\n")
        (RESULTS / "latest.md").write_text(text + "\n")


if __name__ == "__main__":
    main()
