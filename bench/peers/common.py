"""What the peers share: reading the IDX files, the command line, and the one JSON line each prints.

It imports nothing but NumPy, so it adds nothing to a peer's start-up.
"""
import argparse
import gzip
import json
import os
import pathlib
import time

import numpy as np


def read_idx(name):
    """The array in one IDX file of the folder TENFOLD_DATA, gzipped or not."""
    folder = pathlib.Path(os.environ["TENFOLD_DATA"])
    plain = folder / name
    raw = plain.read_bytes() if plain.exists() else gzip.decompress((folder / f"{name}.gz").read_bytes())
    dimensions = raw[3]
    shape = np.frombuffer(raw, ">u4", dimensions, 4).astype(int)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def mnist(part):
    """Images [n, 28, 28] float32 in 0..1 and labels [n] int64; `part` is "train" or "t10k"."""
    images = read_idx(f"{part}-images-idx3-ubyte").astype(np.float32) / np.float32(255)
    return images, read_idx(f"{part}-labels-idx1-ubyte").astype(np.int64)


def glorot(generator, inputs, outputs):
    """Glorot uniform weights [inputs, outputs], float32."""
    limit = np.sqrt(6 / (inputs + outputs))
    return generator.uniform(-limit, limit, (inputs, outputs)).astype(np.float32)


def arguments(*tasks):
    parser = argparse.ArgumentParser()
    parser.add_argument("task", choices=tasks)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=1.5, help="time spent on one figure")
    parser.add_argument("--model", help="a trained model's file")
    parser.add_argument("--variant", default="", help="another ordinary setting of the same peer")
    parser.add_argument("--out", default=".", help="folder for what is saved")
    return parser.parse_args()


def emit(**figures):
    print(json.dumps(figures), flush=True)


def median_seconds(call, seconds, block):
    """Seconds per call: the median over blocks of `block` calls, after a warm-up of a fifth of the time."""
    for limit in (seconds / 5, seconds):
        times, start = [], time.perf_counter()
        while time.perf_counter() - start < limit or not times:
            before = time.perf_counter()
            for _ in range(block):
                call()
            times.append((time.perf_counter() - before) / block)
    return float(np.median(times))
