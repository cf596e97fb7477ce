"""ONNX Runtime: the same network, one image and batches of 256, one thread. `infer` takes the tutorial's network, `shipped`
a trained model (`--model`).

Times `run` with a NumPy array and `run_with_iobinding` with bound buffers; where the Rust peer beside this file is
built, also the same library called through its C API, without Python. Takes the best of each figure.
"""
import json
import pathlib
import subprocess
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

import exported
from common import arguments, emit, glorot, median_seconds, mnist


def network(hidden):
    """The tutorial's network as an ONNX model, input [batch, 784], output [batch, 10]."""
    generator, nodes, weights, x = np.random.default_rng(0), [], [], "image"
    sizes = ((784, hidden), (hidden, hidden), (hidden, 10))
    for number, (inputs, outputs) in enumerate(sizes, 1):
        weights += [numpy_helper.from_array(glorot(generator, inputs, outputs), f"w{number}"),
                    numpy_helper.from_array(np.zeros(outputs, np.float32), f"b{number}")]
        nodes.append(helper.make_node("Gemm", [x, f"w{number}", f"b{number}"], [f"h{number}"]))
        x = "probabilities" if number == 3 else f"a{number}"
        nodes.append(helper.make_node("Softmax" if number == 3 else "Relu", [f"h{number}"], [x]))
    graph = helper.make_graph(
        nodes, "tutorial",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 784])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 10])], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def without_python(options, network, classes):
    """The figures of the Rust peer; empty where it isn't built."""
    here = pathlib.Path(__file__).parent
    peer = here / "onnxruntime/target/release/onnxruntime-peer"
    library = next(pathlib.Path(onnxruntime.__file__).parent.glob("capi/libonnxruntime.so.*"), None)
    if not peer.exists() or library is None:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        model = pathlib.Path(folder) / "model.onnx"
        model.write_bytes(network)
        call = [peer, library, model, str(classes), str(options.seconds)]
        answer = subprocess.run(call, capture_output=True, text=True, check=True)
    return {f"C API, {way}": seconds for way, seconds in json.loads(answer.stdout).items()}


def main():
    options = arguments("infer", "shipped")
    model = exported.network(options.model) if options.task == "shipped" else network(options.hidden)
    model = model.SerializeToString()
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    settings.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = onnxruntime.InferenceSession(
        model, settings, providers=["CPUExecutionProvider"])
    classes = session.get_outputs()[0].shape[1]
    images, labels = mnist("t10k")
    images = images.reshape(-1, 784)
    figures = {}
    for rows, block in ((1, 200), (256, 5)):
        x = np.ascontiguousarray(images[:rows])
        value = onnxruntime.OrtValue.ortvalue_from_numpy(x)
        answer = onnxruntime.OrtValue.ortvalue_from_numpy(np.empty((rows, classes), np.float32))
        binding = session.io_binding()
        binding.bind_ortvalue_input("image", value)
        binding.bind_ortvalue_output("probabilities", answer)
        raw = session._sess  # the object under the Python wrapper: less overhead per call
        ways = {
            "run": lambda: session.run(["probabilities"], {"image": x}),
            "binding": lambda: session.run_with_iobinding(binding),
            "raw binding": lambda: raw.run_with_iobinding(binding._iobinding, None),
        }
        for name, call in ways.items():
            figures[name, rows] = median_seconds(call, options.seconds, block)
    figures = {f"{name} {rows}": seconds for (name, rows), seconds in figures.items()}
    figures |= without_python(options, model, classes)
    single, batch = (min((figures[way], way.removesuffix(f" {rows}")) for way in figures if way.endswith(f" {rows}"))
                     for rows in (1, 256))
    known = {}
    if options.task == "shipped":
        answers = np.concatenate([session.run(None, {"image": part})[0] for part in np.split(images, 40)])
        known["test_accuracy"] = float((answers[:, :10].argmax(1) == labels).mean())
    emit(single_us=single[0] * 1e6, single_way=single[1], batch256_images_per_s=256 / batch[0], batch_way=batch[1],
         all=figures, **known,
         versions={"onnxruntime": onnxruntime.__version__, "onnx": onnx.__version__})


main()
