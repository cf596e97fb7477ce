"""The section `conv`: images trained per second of convolutional networks, Tenfold beside PyTorch.

Both train the network that Tenfold's preset names, with its recipe; PyTorch reads it from what Tenfold wrote.
"""
import json
import pathlib
import struct
import tempfile

from harness import HERE, PYTHON, TENFOLD, THREADS, median, run, say

NETWORKS = ("lenet", "vgg")
TARGET = 1.5
# PyTorch's ordinary settings: words of the peer's command line and its environment. Channels-last unless said.
SETTINGS = {
    "channels-last": ([], {}),
    "channels-last, 1 thread": (["--threads", 1], {}),
    "channels-last, huge pages": ([], {"THP_MEM_ALLOC_ENABLE": "1"}),
    "channels-last, waiting threads spin": ([], {"OMP_WAIT_POLICY": "active"}),
    "channels-last, torch.compile": (["--variant", "compile"], {}),
    "channels-first": (["--variant", "nchw"], {}),
}
# For `records` alone, where accuracy decides and not the arithmetic; the table of `conv` is about float32.
ANY_PRECISION = SETTINGS | {
    "bfloat16 where autocast allows": (["--variant", "bf16"], {}),
    "bfloat16, torch.compile": (["--variant", "bf16,compile"], {}),
}


def torch_peer(setting, recipe, task, *words, **how):
    """PyTorch on a recipe of Tenfold's."""
    more, flags = ANY_PRECISION[setting]
    command = [PYTHON, HERE / "peers/torch_records.py", task, "--threads", THREADS, *more, *words]
    return run(command, text=json.dumps(recipe), **how, **flags)


def recipe_of(folder):
    """What a finished run of Tenfold's was: the architecture in its model file, and its settings."""
    raw = (folder / "model.safetensors").read_bytes()
    size, = struct.unpack("<Q", raw[:8])
    header = json.loads(json.loads(raw[8:8 + size])["__metadata__"]["tenfold"])["header"]
    return {"architecture": header["architecture"], "settings": json.loads((folder / "run.json").read_text())["settings"]}


def tenfold_run(*words, **how):
    """`tenfold train` in a folder of its own, which goes when it is done: its figures, with the `recipe` it followed."""
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place) / "run"
        answer = run([TENFOLD, "train", "--json", "--threads", THREADS, "--out", folder, *words],
                     watch=folder / "model.safetensors", **how)
        return answer and answer | {"recipe": recipe_of(folder)}


def trial(recipe, settings, seconds, figure, better):
    """`figure` of a short run in each of the settings, and the best of them. The first where none could run."""
    figures = {}
    for setting in settings:
        answer = torch_peer(setting, recipe, "speed", "--seconds", seconds)
        figures[setting] = answer and figure(answer)
    known = {setting: value for setting, value in figures.items() if value is not None}
    return figures, better(known, key=known.get) if known else next(iter(settings))


def speed_of(answer):
    """Images trained per second: the median epoch. The first is left out, as for everyone."""
    return answer and answer["training_images"] / median(answer["epoch_seconds"][1:])


def conv(options):
    images, seconds = (3_200, 2) if options.quick else (12_800, 8)
    chosen, trials, all_, versions = {}, {}, {}, {}
    for name in NETWORKS:
        def ours():
            return tenfold_run("--model", name, "--limit", images, "--epochs", 4)

        first = ours()  # what PyTorch is to train, too
        if first is None:
            continue
        recipe, chosen[name] = first["recipe"], next(iter(SETTINGS))
        if not options.quick:
            say(f"conv: trial, {name}")
            trials[name], chosen[name] = trial(recipe, SETTINGS, 4, lambda answer: answer["images_per_s"], max)
        all_[name] = {"PyTorch": [], "Tenfold": []}
        for number in range(options.rounds):
            say(f"conv: round {number + 1}, {name}")
            peer = torch_peer(chosen[name], recipe, "speed", "--seconds", seconds, "--seed", number)
            versions |= peer["versions"] if peer else {}
            all_[name]["PyTorch"].append(peer and peer["images_per_s"])
            all_[name]["Tenfold"].append(speed_of(ours()))
    return {"unit": "images/s", "target": TARGET, "chosen": chosen, "trials": trials, "versions": versions, "all": all_,
            "median": {name: {tool: median(each) for tool, each in both.items()} for name, both in all_.items()}}
