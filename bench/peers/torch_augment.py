"""Tenfold's augmentation in PyTorch, a whole batch at a time: the same amounts, not the same draws.

Whole-pixel shifts are copies out of padded images; everything else is one `affine_grid` and one `grid_sample`. Stroke
thickness is a blend with a maximum or minimum over neighbours. What is not here (erasing, noise, …) is refused by name.
"""
import math

import torch
from torch.nn import functional

# The last four only say how.
KNOWN = ("rotate", "scale", "shear", "shift", "translate", "elastic", "thickness", "focus", "smoothness", "erase_area",
         "erase_fill")


def even(amount, *shape, focus=1):
    """Drawn evenly between -amount and amount; a larger focus gathers them about 0."""
    part = torch.empty(shape).uniform_(-1, 1)
    return amount * (part if focus == 1 else part * part.abs() ** (focus - 1))


def shifted(x, most):
    """Each image moved by whole pixels: one gather out of the batch with a black border."""
    count, _, height, width = x.shape
    padded = functional.pad(x[:, 0], (most, most, most, most))
    down, across = torch.randint(0, 2 * most + 1, (2, count, 1))
    rows = (down + torch.arange(height)).unsqueeze(2)
    columns = (across + torch.arange(width)).unsqueeze(1)
    return padded[torch.arange(count).view(-1, 1, 1), rows, columns].unsqueeze(1)


def warped(x, a):
    """Scale, slant, turn and move, and bending, as one map from the result to the source."""
    count, _, height, width = x.shape
    focus = a.get("focus", 1)
    angle, slant = (even(math.radians(a[name]), count, focus=focus) for name in ("rotate", "shear"))
    across, down = 1 + even(a["scale"], 2, count, focus=focus)
    sin, cos, lean = angle.sin(), angle.cos(), slant.tan()
    inverse = torch.stack([torch.stack([(cos + sin * lean) / across, (sin - cos * lean) / across], 1),
                           torch.stack([-sin / down, cos / down], 1)], 1)
    move = even(a["translate"], count, 2, focus=focus)
    if a["shift"]:
        move = move + torch.randint(-a["shift"], a["shift"] + 1, (count, 2))
    move = -(inverse @ (move * torch.tensor([2 / width, 2 / height])).unsqueeze(2))
    grid = functional.affine_grid(torch.cat([inverse, move], 2), list(x.shape), align_corners=False)
    if a["elastic"]:
        # A pull on a coarse grid, smooth between: bicubic interpolation stands for Tenfold's B-spline.
        points = [math.ceil(side / a["smoothness"]) + 1 for side in (height, width)]
        pulls = functional.interpolate(even(a["elastic"], count, 2, *points), (height, width), mode="bicubic")
        grid = grid + pulls.permute(0, 2, 3, 1) * torch.tensor([2 / width, 2 / height])
    return functional.grid_sample(x, grid, align_corners=False)


def thicker(x, most):
    """Strokes grow by up to `most` pixels on each side, or shrink by up to half of it."""
    by = even(most, x.shape[0], 1, 1, 1)
    grown = functional.max_pool2d(x, 3, 1, 1)
    shrunk = -functional.max_pool2d(-x, 3, 1, 1)
    return torch.where(by > 0, x.lerp(grown, by.clamp(min=0)), x.lerp(shrunk, (-by / 2).clamp(min=0)))


def augmenter(a):
    """A function on batches `[batch, 1, height, width]` of floats; `None` where nothing is varied."""
    missing = [name for name, amount in a.items() if amount and name not in KNOWN]
    if missing:
        raise NotImplementedError(f"augmentation {missing}")
    warps = any(a[name] for name in ("rotate", "scale", "shear", "translate", "elastic"))
    steps = []
    if a["thickness"]:
        steps.append(lambda x: thicker(x, a["thickness"]))
    if warps:
        steps.append(lambda x: warped(x, a))
    elif a["shift"]:
        steps.append(lambda x: shifted(x, a["shift"]))
    if not steps:
        return None

    def vary(x):
        for step in steps:
            x = step(x)
        return x

    return vary
