"""A PyTorch network from Tenfold's JSON list of layers, as it stands in a model file.

So both tools train the same network, whatever it is. First values and the averages and epsilon of a norm are
PyTorch's own where the file names none: with Tenfold's, PyTorch's accuracy was a tenth of a percent lower in one epoch.
The softmax at the end is left to the loss. What is not built here is refused by name.
"""
import torch
from torch import nn


class ChannelsLastRows(nn.Flatten):
    """Flattens `[batch, channels, height, width]` without a copy where it lies channels-last, in Tenfold's order."""

    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1) if x.dim() == 4 else x)


class Residual(nn.Module):
    def __init__(self, layers, shortcut):
        super().__init__()
        self.layers, self.shortcut = layers, shortcut

    def forward(self, x):
        return self.layers(x) + self.shortcut(x)


def pair(value):
    return tuple(value) if isinstance(value, list) else (value, value)


def same(layer, size, stride):
    """Padding of a window: 0, or half its size where the image keeps its own."""
    if layer.get("padding", "valid") == "valid":
        return (0, 0)
    if stride != (1, 1) or any(side % 2 == 0 for side in size):
        raise NotImplementedError(f"same padding of {layer}")
    return tuple(side // 2 for side in size)


def after(shape, size, stride, padding):
    """Channels, height and width after a window has passed."""
    sides = [(n + 2 * p - k) // s + 1 for n, k, s, p in zip(shape[1:], size, stride, padding)]
    return [shape[0], *sides]


def build(layers, shape):
    """The layers as one module, and the shape that leaves it: `[channels, height, width]` or `[units]`."""
    modules = []
    for layer in layers:
        kind = layer["layer"]
        if kind == "conv2d":
            size, stride = pair(layer["kernel"]), pair(layer.get("stride", 1))
            padding, bias = same(layer, size, stride), layer.get("bias", True)
            modules.append(nn.Conv2d(shape[0], layer["channels"], size, stride, padding, bias=bias))
            shape = after([layer["channels"], *shape[1:]], size, stride, padding)
        elif kind in ("max_pool", "average_pool"):
            size = pair(layer["size"])
            stride = pair(layer.get("stride", layer["size"]))
            padding = same(layer, size, stride)
            modules.append(nn.MaxPool2d(size, stride, padding) if kind == "max_pool"
                           else nn.AvgPool2d(size, stride, padding, count_include_pad=False))
            shape = after(shape, size, stride, padding)
        elif kind in ("global_average_pool", "global_max_pool"):
            pool = nn.AdaptiveAvgPool2d if kind == "global_average_pool" else nn.AdaptiveMaxPool2d
            modules += [pool(1), nn.Flatten()]
            shape = [shape[0]]
        elif kind == "flatten":
            modules.append(ChannelsLastRows())
            shape = [torch.Size(shape).numel()]
        elif kind == "dense":
            modules.append(nn.Linear(shape[0], layer["units"]))
            shape = [layer["units"]]
        elif kind == "batch_norm":
            norm = nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d
            modules.append(norm(shape[0], layer.get("epsilon", 1e-5), 1 - layer.get("momentum", 0.9)))
        elif kind == "dropout":
            modules.append(nn.Dropout(layer["rate"]))
        elif kind == "residual":
            inner, shape_after = build(layer["layers"], shape)
            shortcut, _ = build(layer.get("shortcut", []), shape)
            modules.append(Residual(inner, shortcut))
            shape = shape_after
        elif kind in ("relu", "leaky_relu", "gelu", "silu"):
            modules.append({"relu": lambda: nn.ReLU(inplace=True), "gelu": nn.GELU, "silu": nn.SiLU,
                            "leaky_relu": lambda: nn.LeakyReLU(layer["slope"])}[kind]())
        elif kind == "softmax" and layer is layers[-1]:
            pass
        else:
            raise NotImplementedError(f"layer {kind}")
    return nn.Sequential(*modules), shape


def network(architecture, channels_last=True):
    """The network of a model file's `architecture`, for images `[batch, 1, height, width]`; gives logits."""
    model, _ = build(architecture["layers"], [1, *architecture["input"]])
    return model.to(memory_format=torch.channels_last) if channels_last else model
