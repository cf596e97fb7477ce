"""The section `records`: what each recipe reaches over seeds, and in what time, beside PyTorch on the same recipe.

A run of either tool is a process of its own, from its start to the model on disk, data already there. Both name the
model's file only when it is whole, so it is there when the file is. The test set is read once a seed: by Tenfold before it
saves, since its file holds the figures, by PyTorch after.
"""
import datetime
import pathlib
import tempfile
from typing import NamedTuple

from conv import ANY_PRECISION, SETTINGS, recipe_of, torch_peer, trial
from harness import TENFOLD, THREADS, median, run, say

PEER_TARGET = 3  # times as fast to the saved model
LONGEST = 3 * 3600  # seconds of one run


class Recipe(NamedTuple):
    """A preset and what is expected of it."""

    preset: str
    seeds: int
    floor: float  # mean test accuracy
    seconds: float | None  # to the saved model
    peer_seeds: int  # PyTorch's; 0: it is not asked
    together: float | None = None  # test accuracy of all seeds' models answering together


RECIPES = (
    Recipe("fast", 10, 0.990, 0.75, 10),
    Recipe("good", 10, 0.995, 6, 3),
    Recipe("better", 5, 0.997, 75, 2),
    Recipe("tiny", 5, 0.994, None, 0),
    Recipe("accurate", 5, 0.9975, 600, 0, 0.9982),
)


def choose(recipe, quick):
    """The setting in which PyTorch would be done first, its set-up (import, data, compilation) counted."""
    if quick:
        return {}, next(iter(SETTINGS))
    images = 60_000 * recipe["settings"]["epochs"]
    done = lambda answer: answer["setup_seconds"] + images / answer["images_per_s"]
    return trial(recipe, ANY_PRECISION, 4, done, min)


def tenfold(recipe, seed, folder):
    return run([TENFOLD, "train", "--json", "--threads", THREADS, "--model", recipe.preset, "--seed", seed, "--out", folder],
               watch=folder / "model.safetensors", longest=LONGEST)


def pytorch(setting, text, seed, folder):
    folder.mkdir()
    return torch_peer(setting, text, "train", "--seed", seed, "--out", folder, watch=folder / "model.pt", longest=LONGEST)


def measure(recipe, options):
    """One recipe: Tenfold and PyTorch in turns, a seed at a time."""
    count = options.seeds or (2 if options.quick else recipe.seeds)
    answers, trials, chosen, runs = {"Tenfold": [], "PyTorch": []}, {}, None, []
    with tempfile.TemporaryDirectory() as place:
        for seed in range(count):
            say(f"records: {recipe.preset}, seed {seed}")
            folder = pathlib.Path(place) / f"ours-{seed}"
            ours = tenfold(recipe, seed, folder)
            if ours is None:
                break
            answers["Tenfold"].append(ours)
            runs.append(folder)
            if seed < recipe.peer_seeds:
                if chosen is None:
                    trials, chosen = choose(recipe_of(folder), options.quick)
                theirs = pytorch(chosen, recipe_of(folder), seed, pathlib.Path(place) / f"theirs-{seed}")
                answers["PyTorch"] += [theirs] if theirs else []
        together = None
        if recipe.together and len(runs) > 1:
            answer = run([TENFOLD, "evaluate", "--json", *runs], longest=LONGEST)
            together = answer and answer["test_accuracy"]
    seconds = {"Tenfold": "fit_seconds", "PyTorch": "train_seconds"}
    return {
        "floor": recipe.floor, "limit": recipe.seconds, "target": PEER_TARGET, "chosen": chosen, "trials": trials,
        "accuracy": {tool: [a["test_accuracy"] for a in each] for tool, each in answers.items()},
        "saved": {tool: median(a["saved_seconds"] for a in each) for tool, each in answers.items()},
        "process": {tool: median(a["wall_seconds"] for a in each) for tool, each in answers.items()},
        "training": {tool: median(a[seconds[tool]] for a in each) for tool, each in answers.items()},
        "peak_mb": {tool: median(a["peak_mb"] for a in each) for tool, each in answers.items()},
        "together": together, "together_floor": recipe.together,
        "at": datetime.datetime.now().isoformat(" ", "minutes"),
        "versions": {k: v for a in answers["PyTorch"] for k, v in a["versions"].items()},
        "all": {tool: [{key: a[key] for key in ("saved_seconds", "wall_seconds", seconds[tool])} for a in each]
                for tool, each in answers.items()},
    }


def records(options):
    """Every recipe, or the one that is named; the others' figures are kept."""
    wanted = [recipe for recipe in RECIPES if options.recipe in (None, recipe.preset)]
    kept = options.kept.get("records", {}).get("recipes", {})
    recipes = kept | {recipe.preset: measure(recipe, options) for recipe in wanted}
    # In the order of the list; what is on it no more is dropped.
    recipes = {recipe.preset: recipes[recipe.preset] for recipe in RECIPES if recipe.preset in recipes}
    return {"recipes": recipes, "versions": {k: v for r in recipes.values() for k, v in r["versions"].items()}}
