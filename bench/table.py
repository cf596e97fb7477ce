"""Turns the figures of `run.py` into Markdown: the machine, one table of medians and ratios, and the sweep's cells."""
import statistics

MISSING = "not installed"


def number(value):
    if value is None:
        return MISSING
    if value >= 10_000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def ratio_row(what, peer, theirs, ours, target, higher_is_better=False):
    """One line: their figure, ours, how many times better ours is, and whether the target is met."""
    if theirs is None or ours is None:
        return (what, peer, number(theirs), number(ours), "", f"≥ {target}" if target else "", "")
    ratio = ours / theirs if higher_is_better else theirs / ours
    met = "" if not target else "yes" if ratio >= target else "**no**"
    return (what, peer, number(theirs), number(ours), f"{ratio:.2f}", f"≥ {target}" if target else "", met)


def limit_row(what, ours, limit, unit):
    met = "" if ours is None else "yes" if ours <= limit else "**no**"
    return (what, "", "", number(ours), "", f"≤ {limit} {unit}", met)


def spread(accuracies):
    if not accuracies:
        return MISSING
    sd = statistics.stdev(accuracies) if len(accuracies) > 1 else 0
    return f"{100 * statistics.mean(accuracies):.2f} ± {100 * sd:.2f} % (n={len(accuracies)})"


def train_rows(s):
    ours = s["median"]["Tenfold"]
    for peer, theirs in s["median"].items():
        if peer != "Tenfold":
            name = f"{peer} ({s['chosen'][peer]})"
            yield ratio_row("training, s per epoch", name, theirs, ours, s["targets"].get(peer))


def process_rows(s):
    for peer, theirs in s["median"].items():
        if peer != "Tenfold":
            yield ratio_row("whole process, 10 epochs, s", peer, theirs, s["median"]["Tenfold"], s["targets"].get(peer))
    yield ratio_row("peak memory, MB", "Keras", s["peak_mb"]["Keras"], s["peak_mb"]["Tenfold"], None)
    yield limit_row("peak memory, MB", s["peak_mb"]["Tenfold"], 150, "MB")


def answer_rows(s, model, batch_target):
    for figure, what, target, higher in (("single_us", f"{model}one image, 1 thread, µs", 1, False),
                                         ("batch256", f"{model}batches of 256, 1 thread, images/s", batch_target, True)):
        ours = s[figure]["Tenfold"]
        for peer, theirs in s[figure].items():
            if peer != "Tenfold":
                way = s["ways"].get(peer, {}).get("single_way" if figure == "single_us" else "batch_way", "")
                name = f"{peer} ({way})" if way else peer
                yield ratio_row(what, name, theirs, ours, target if peer == "ONNX Runtime" else None, higher)


def infer_rows(s):
    yield from answer_rows(s, "", 2)
    yield limit_row("one image, 1 thread, µs", s["single_us"]["Tenfold"], 3, "µs")


def shipped_rows(s):
    yield from answer_rows(s, "shipped model: ", 1)
    yield limit_row("shipped model: `tenfold predict`, whole process, ms", s["process_ms"], 10, "ms")


def predict_rows(s):
    yield limit_row("`tenfold predict`, whole process, ms", s["milliseconds"], 10, "ms")


def with_ratio(cells):
    return [c | {"ratio": c["Tenfold"] / c["PyTorch"]} for c in cells if c["Tenfold"] and c["PyTorch"]]


def sweep_rows(s):
    cells = with_ratio(s["cells"])
    if not cells:
        yield ("training, sizes, images/s", "PyTorch", MISSING, "", "", "≥ 1", "")
        return
    cells.sort(key=lambda c: c["ratio"])
    for what, cell in (("slowest", cells[0]), ("fastest", cells[-1])):
        where = f"batch {cell['batch']}, {cell['hidden']} hidden, {cell['threads']} thr."
        yield ratio_row(f"training, {what} ratio of {len(cells)} sizes, images/s", f"PyTorch ({where})",
                        cell["PyTorch"], cell["Tenfold"], 1 if what == "slowest" else None, True)


def seeds_rows(s):
    ours = s["Tenfold"]
    met = "" if not ours else "yes" if statistics.mean(ours) >= 0.977 else "**no**"
    yield ("test accuracy, mean ± sd", "Keras", spread(s["Keras"]), spread(ours), "", "≥ 97.7 %", met)


def conv_rows(s):
    for network, both in s["median"].items():
        peer = f"PyTorch ({s['chosen'][network]})"
        yield ratio_row(f"`{network}`, training, images/s", peer, both["PyTorch"], both["Tenfold"], s["target"], True)


def floor_row(what, theirs, ours, floor):
    mean = statistics.mean(ours) if ours else None
    met = "" if mean is None else "yes" if mean >= floor else "**no**"
    peer = ("PyTorch", spread(theirs)) if theirs else ("", "")
    return (what, *peer, spread(ours), "", f"≥ {100 * floor:.4g} %", met)


def records_rows(s):
    for preset, r in s["recipes"].items():
        accuracy = r["accuracy"]
        yield floor_row(f"`{preset}`, test accuracy, mean ± sd", accuracy["PyTorch"], accuracy["Tenfold"], r["floor"])
        if r["limit"]:
            yield limit_row(f"`{preset}`, start to saved model, s", r["saved"]["Tenfold"], r["limit"], "s")
        for figure, what, target in (("saved", "start to saved model, s", r["target"]),
                                     ("process", "whole process with test, s", None),
                                     ("training", "training alone, s", None)):
            theirs, ours = r[figure]["PyTorch"], r[figure]["Tenfold"]
            if r["chosen"]:
                yield ratio_row(f"`{preset}`, {what}", f"PyTorch ({r['chosen']})", theirs, ours, target)
            elif figure != "saved" or not r["limit"]:
                yield (f"`{preset}`, {what}", "", "", number(ours), "", "", "")
        if r["together"]:
            yield floor_row(f"`{preset}`, all seeds' models together", [], [r["together"]], r["together_floor"])


ROWS = {"train": train_rows, "process": process_rows, "infer": infer_rows, "shipped": shipped_rows, "predict": predict_rows,
        "sweep": sweep_rows, "seeds": seeds_rows, "conv": conv_rows, "records": records_rows}


def lines_of(header, rows):
    yield "| " + " | ".join(header) + " |"
    yield "|" + "---|" * len(header)
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def sweep_table(s):
    cells = {(c["threads"], c["batch"], c["hidden"]): c for c in with_ratio(s["cells"])}
    widths = sorted({hidden for _, _, hidden in cells})
    yield "Images trained per second, Tenfold / PyTorch = ratio:"
    yield ""
    rows = []
    for threads, batch in sorted({(t, b) for t, b, _ in cells}):
        row = [str(threads), str(batch)]
        for hidden in widths:
            c = cells.get((threads, batch, hidden))
            row.append(f"{c['Tenfold']:,.0f} / {c['PyTorch']:,.0f} = {c['ratio']:.1f}" if c else "")
        rows.append(row)
    yield from lines_of(["threads", "batch"] + [f"{hidden} hidden" for hidden in widths], rows)


def markdown(results):
    sections, machine = results["sections"], results["machine"]
    versions = {}
    for section in sections.values():
        versions |= section.get("versions", {})
    simd = sections.get("train", {}).get("simd")
    used = f"{machine['used']} of them used ({', '.join(map(str, machine['cpus']))})"
    if machine["cores_used"] < machine["used"]:
        used += ", **which share a core**"
    out = [
        f"Machine: {machine['cpu']}, {machine['cores']} processors, {used}, {machine['simd']}. "
        "Two threads, but one for inference. float32, but where a recipe or PyTorch's best setting says bfloat16.",
        "Versions: " + (", ".join(f"{k} {v}" for k, v in sorted(versions.items())) or "no peer installed")
        + (f". Tenfold's kernels: {simd}." if simd else "."),
        "",
    ]
    rows = [row for name, rows_of in ROWS.items() if name in sections for row in rows_of(sections[name])]
    out += lines_of(["what", "peer", "its figure", "Tenfold", "times better", "target", "met"], rows)
    compile_seconds = sections.get("train", {}).get("compile_seconds")
    if compile_seconds is not None:
        out += ["", f"JAX's compilation, {number(compile_seconds)} s once, is not in its epochs."]
    if with_ratio(sections.get("sweep", {"cells": []})["cells"]):
        out += ["", *sweep_table(sections["sweep"])]
    out += ["", "Measured: " + "; ".join(f"{name} {s['at']}" for name, s in sections.items()) + "."]
    loud = [f"{name} {s['other_work']:.0%}" for name, s in sections.items() if s["other_work"] > 0.05]
    if loud:
        out += ["", f"**Other work took part of this machine's processors meanwhile: {', '.join(loud)}.** "
                    "Run again when it is quiet."]
    return "\n".join(out)
