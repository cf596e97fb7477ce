"""What every section of `run.py` needs: where things are, and how a child process is run and measured.

It uses the standard library only and imports nothing large: Linux counts the memory of a child from the size its
parent had when it was started.
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
RESULTS = HERE / "results"
PYTHON = HERE / ".venv/bin/python"
BURN = HERE / "peers/burn/target/release/burn-peer"
# Paths in the environment count from the root, where cargo builds.
BINARIES = ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "release"
TENFOLD = ROOT / os.environ.get("TENFOLD_BIN", BINARIES / "tenfold")
THREADS = 2
LONGEST = 900  # seconds; a child still running then is ended
# What would slow or hurry one of the tools: whoever measures may have any of them set.
UNWANTED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "TENFOLD_SIMD", "OMP_NUM_THREADS", "OMP_WAIT_POLICY",
            "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS", "XLA_FLAGS", "THP_MEM_ALLOC_ENABLE")
# The same of a build.
UNWANTED_IN_BUILDS = ("RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS")


def without(names):
    """This process's environment without the variables `names`."""
    return {name: value for name, value in os.environ.items() if name not in names}


def environment(**more):
    """The environment of every child: nothing forced on a tool but `more`, no GPU, MNIST's folder."""
    env = without(UNWANTED)
    folder = (ROOT / env.get("TENFOLD_DATA", "../shared/mnist")).resolve()
    if not folder.is_dir():
        sys.exit(f"No MNIST at {folder}. Set TENFOLD_DATA to the folder with its four IDX files.")
    return env | {"TENFOLD_DATA": str(folder), "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"} | more


def wait(child, watch, start):
    """Status and usage of a child at its end, and how many seconds after `start` the file `watch` was there, looked for
    every millisecond."""
    seen = None
    while watch is not None and seen is None:
        if watch.exists():
            seen = time.perf_counter() - start
            break
        pid, status, usage = os.wait4(child.pid, os.WNOHANG)
        if pid:
            return status, usage, None
        time.sleep(0.001)
    _, status, usage = os.wait4(child.pid, 0)
    return status, usage, seen


def run(command, cwd=None, text="", watch=None, longest=LONGEST, **more):
    """Runs one child with `text` on its standard input. Its last line of JSON with `wall_seconds` and `peak_mb` added,
    and with `saved_seconds`, when the file `watch` was there; or None where there is no such line.

    A child that fails says so on standard error and counts as None.
    """
    command = [str(word) for word in command]
    if not pathlib.Path(command[0]).exists():
        return None
    with tempfile.TemporaryFile("w+") as given, tempfile.TemporaryFile("w+") as out, \
            tempfile.TemporaryFile("w+") as errors:
        given.write(text)
        given.seek(0)
        start = time.perf_counter()
        child = subprocess.Popen(command, stdin=given, stdout=out, stderr=errors, cwd=cwd, env=environment(**more))
        limit = threading.Timer(longest, child.kill)
        limit.start()
        status, usage, saved = wait(child, watch, start)
        limit.cancel()
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        errors.seek(0)
        lines = [line for line in out.read().splitlines() if line.startswith("{")]
        if child.returncode != 0 or not lines:
            said = errors.read().strip().splitlines()[-1:]
            if "ModuleNotFoundError" not in "".join(said):
                print(f"failed: {' '.join(command)}: {said}", file=sys.stderr)
            return None
    # ru_maxrss is in KiB on Linux.
    measured = {"wall_seconds": wall, "peak_mb": usage.ru_maxrss / 1024}
    return json.loads(lines[-1]) | measured | ({"saved_seconds": saved} if watch else {})


def python_peer(name, *words):
    return [PYTHON, HERE / f"peers/{name}_peer.py", *words]


def tenfold_train(*words):
    """`tenfold train` in a folder of its own, which goes when it is done."""
    with tempfile.TemporaryDirectory() as folder:
        return run([TENFOLD, "train", "--json", *words], cwd=folder)


def tenfold_example(name, *words):
    return run([BINARIES / "examples" / name, *words, "--json"])


def median(values):
    values = [value for value in values if value is not None]
    return statistics.median(values) if values else None


def say(text):
    print(text, file=sys.stderr, flush=True)
