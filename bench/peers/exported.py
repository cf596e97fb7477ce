"""A trained Tenfold model as an ONNX graph: the layers of its safetensors file, each norm folded into the convolution or
dense layer just before it, as exporters do.

It knows the layers of the model that ships (convolutions, norms after them, ReLU, maximum pools, a global average, flatten,
dense layers, softmax) and refuses others.
"""
import json
import pathlib
import struct

import numpy as np
from onnx import TensorProto, helper, numpy_helper


def read(path):
    """The list of layers, the input's [height, width], and the tensors by name."""
    raw = pathlib.Path(path).read_bytes()
    length = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8:8 + length])
    architecture = json.loads(header.pop("__metadata__")["tenfold"])["header"]["architecture"]
    tensors = {}
    for name, about in header.items():
        begin, end = about["data_offsets"]
        tensors[name] = np.frombuffer(raw[8 + length + begin:8 + length + end], "<f4").reshape(about["shape"])
    return architecture["layers"], architecture["input"], tensors


def folded(weights, bias, norm, tensors, epsilon):
    """Weights `[..., outputs]` and bias that do what the layer and the norm after it do."""
    scale, offset, mean, variance = (tensors[f"{norm}.{part}"].astype(np.float64)
                                     for part in ("scale", "offset", "mean", "variance"))
    factor = scale / np.sqrt(variance + epsilon)
    return (weights * factor).astype(np.float32), ((bias - mean) * factor + offset).astype(np.float32)


def pads(layer):
    """Padding of a convolution of stride 1: rows above, columns before, rows below, columns after."""
    if layer.get("padding", "valid") == "valid":
        return [0, 0, 0, 0]
    over = layer["kernel"] - 1
    return [over // 2, over // 2, over - over // 2, over - over // 2]


def network(path):
    """The ONNX model: input "image" [batch, height · width] in 0..1, output "probabilities" [batch, classes]."""
    layers, (height, width), tensors = read(path)
    nodes, constants, counts = [], [], {}

    def add(kind, *inputs, **attributes):
        out = f"value_{len(nodes)}"
        nodes.append(helper.make_node(kind, [value, *inputs], [out], **attributes))
        return out

    def constant(array, name):
        constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    value = "image"
    value = add("Reshape", constant(np.array([-1, 1, height, width], np.int64), "planes"))
    for number, layer in enumerate(layers):
        kind = layer["layer"]
        count = counts[kind] = counts.get(kind, -1) + 1
        name = f"{kind}_{count}" if count else kind
        if kind in ("conv2d", "dense"):
            weights = tensors[f"{name}.weights"]
            bias = tensors.get(f"{name}.bias", np.zeros(weights.shape[-1], np.float32))
            after = layers[number + 1] if number + 1 < len(layers) else {}
            if after.get("layer") == "batch_norm":
                norms = counts.get("batch_norm", -1) + 1
                norm = f"batch_norm_{norms}" if norms else "batch_norm"
                weights, bias = folded(weights, bias, norm, tensors, after.get("epsilon", 1e-3))
            bias = constant(bias, f"{name}.bias")
            if kind == "dense":
                value = add("Gemm", constant(weights, f"{name}.weights"), bias)
                continue
            if layer.get("stride", 1) not in (1, [1, 1]) or not isinstance(layer["kernel"], int):
                raise ValueError(f"{name}: only square kernels of stride 1")
            weights = constant(weights.transpose(3, 2, 0, 1), f"{name}.weights")
            value = add("Conv", weights, bias, kernel_shape=[layer["kernel"]] * 2, pads=pads(layer))
        elif kind == "batch_norm":
            before = layers[number - 1]["layer"] if number else "nothing"
            if before == "max_pool":
                # Across a maximum a norm folds nowhere: its scale may be negative.
                parts = [constant(tensors[f"{name}.{part}"], f"{name}.{part}")
                         for part in ("scale", "offset", "mean", "variance")]
                value = add("BatchNormalization", *parts, epsilon=layer.get("epsilon", 1e-3))
            elif before not in ("conv2d", "dense"):
                raise ValueError(f"{name}: only after a convolution, a dense layer or a maximum pool")
        elif kind == "relu":
            value = add("Relu")
        elif kind == "max_pool":
            value = add("MaxPool", kernel_shape=[layer["size"]] * 2, strides=[layer["size"]] * 2)
        elif kind == "global_average_pool":
            value = add("GlobalAveragePool")
            value = add("Flatten")
        elif kind == "flatten":
            # Tenfold's order is pixel by pixel, the channels of a pixel side by side.
            value = add("Transpose", perm=[0, 2, 3, 1])
            value = add("Flatten")
        elif kind == "softmax":
            value = add("Softmax")
        else:
            raise ValueError(f"{name}: no ONNX for it here")
    nodes[-1].output[0] = "probabilities"
    classes = len(constants) and next(len(a) for n, a in reversed(tensors.items()) if n.endswith("dense.bias"))
    graph = helper.make_graph(
        nodes, "exported",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", height * width])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", classes])], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
