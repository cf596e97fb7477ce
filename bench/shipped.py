"""The model inside the program against ONNX Runtime on the same arithmetic, one thread; and the whole process on one PNG."""
import pathlib
import tempfile

import mnist_png
from harness import ROOT, TENFOLD, environment, median, python_peer, run, say, tenfold_example

MODEL = ROOT / "models/digits.safetensors"


def shipped(options):
    """One image at a time and batches of 256, in turns; then `tenfold predict` twenty times."""
    seconds = 0.3 if options.quick else 1
    ways = {
        "ONNX Runtime": lambda: run(python_peer("onnxruntime", "shipped", "--model", MODEL, "--seconds", seconds)),
        "Tenfold": lambda: tenfold_example("inference_speed", MODEL),
    }
    answers = {name: [] for name in ways}
    for number in range(options.rounds):
        for name, call in ways.items():
            say(f"shipped: round {number + 1}, {name}")
            answers[name].append(call())
    with tempfile.TemporaryDirectory() as folder:
        picture = pathlib.Path(folder) / "digit.png"
        mnist_png.write(picture, environment()["TENFOLD_DATA"])
        processes = [run([TENFOLD, "predict", "--json", "--model", "shipped", picture], cwd=folder) for _ in range(20)]
    return {
        "single_us": {name: median(a and a["single_us"] for a in each) for name, each in answers.items()},
        "batch256": {name: median(a and a["batch256_images_per_s"] for a in each) for name, each in answers.items()},
        "ways": {name: {k: a[k] for k in ("single_way", "batch_way", "simd") if k in a}
                 for name, each in answers.items() for a in each if a},
        "process_ms": median(a and a["wall_seconds"] * 1e3 for a in processes),
        "versions": {k: v for each in answers.values() for a in each if a for k, v in a.get("versions", {}).items()},
        "all": answers,
    }
