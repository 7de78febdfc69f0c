"""Times the Swift encoder beside ONNX Runtime on the same weights, interleaved in one run, one thread each.

    compare.py BENCH MODEL.packed FOLDER [ROUNDS]

ONNX graphs are built from the safetensors file: float32, and int8 by dynamic quantisation, signed, per channel. Times are
CPU time of the thread (Swift) and of the process (ONNX Runtime, one thread), medians.
"""
import os
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from encoder import Model

bench, packed, folder = sys.argv[1:4]
rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 21
model = Model(folder)
width, heads = model.config["hidden_size"], model.heads
depth = width // heads
nodes, constants, count = [], {}, [0]


def constant(values):
    values = np.asarray(values)
    if values.dtype == np.float64:
        values = values.astype(np.float32)
    name = f"c{len(constants)}"
    constants[name] = numpy_helper.from_array(values, name)
    return name


def node(kind, *inputs, **attributes):
    count[0] += 1
    name = f"{kind}{count[0]}"
    nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
    return name


def linear(x, name):
    y = node("MatMul", x, constant(np.ascontiguousarray(model.get(name + ".weight").T)))
    return node("Add", y, constant(model.get(name + ".bias")))


def norm(x, name):
    return node("LayerNormalization", x, constant(model.get(name + ".weight")), constant(model.get(name + ".bias")),
                axis=-1, epsilon=float(model.config["layer_norm_eps"]))


def gelu(x):
    e = node("Erf", node("Mul", x, constant(np.float32(np.sqrt(0.5)))))
    return node("Mul", node("Mul", x, constant(np.float32(0.5))), node("Add", e, constant(np.float32(1))))


def split(x, order):
    return node("Transpose", node("Reshape", x, constant(np.array([0, 0, heads, depth]))), perm=order)


words = node("Gather", constant(model.get("embeddings.word_embeddings.weight")), "ids")
places = node("Gather", constant(model.get("embeddings.position_embeddings.weight")), "positions")
x = node("Add", node("Add", words, places), constant(model.get("embeddings.token_type_embeddings.weight")[0]))
x = norm(x, "embeddings.LayerNorm")
for layer in range(model.layers):
    p = f"encoder.layer.{layer}."
    q, k, v = (linear(x, p + f"attention.self.{n}") for n in ("query", "key", "value"))
    scores = node("MatMul", split(q, [0, 2, 1, 3]), split(k, [0, 2, 3, 1]))
    weights = node("Softmax", node("Mul", scores, constant(np.float32(depth**-0.5))), axis=-1)
    a = node("Transpose", node("MatMul", weights, split(v, [0, 2, 1, 3])), perm=[0, 2, 1, 3])
    a = linear(node("Reshape", a, constant(np.array([0, 0, width]))), p + "attention.output.dense")
    x = norm(node("Add", x, a), p + "attention.output.LayerNorm")
    h = linear(gelu(linear(x, p + "intermediate.dense")), p + "output.dense")
    x = norm(node("Add", x, h), p + "output.LayerNorm")
mean = node("ReduceMean", x, constant(np.array([1])), keepdims=0)
graph = helper.make_graph(
    nodes, "bert",
    [helper.make_tensor_value_info("ids", TensorProto.INT64, [1, "s"]), helper.make_tensor_value_info("positions", TensorProto.INT64, [1, "s"])],
    [helper.make_tensor_value_info(mean, TensorProto.FLOAT, [1, width])], list(constants.values()))
work = tempfile.mkdtemp()
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), work + "/f.onnx")
quantize_dynamic(work + "/f.onnx", work + "/q.onnx", per_channel=True, weight_type=QuantType.QInt8)
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
sessions = {n: onnxruntime.InferenceSession(f"{work}/{n}.onnx", options, providers=["CPUExecutionProvider"]) for n in "fq"}
server = subprocess.Popen([bench, "serve", packed], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
random = np.random.default_rng(3)
lowest_ratio = float("inf")
for length in (16, 32, 64, 128, 256):
    ids = np.concatenate([[101], random.integers(2000, 20000, length - 2), [102]])
    feed = {"ids": ids[None].astype(np.int64), "positions": np.arange(length)[None].astype(np.int64)}
    times = {"swift": [], "f": [], "q": []}
    for _ in range(rounds):
        server.stdin.write("ids " + " ".join(map(str, ids)) + "\n")
        server.stdin.flush()
        times["swift"].append(float(server.stdout.readline().split()[0]) / 1000)
        for name, session in sessions.items():
            start = time.process_time()
            session.run(None, feed)
            times[name].append((time.process_time() - start) * 1000)
    m = {n: (np.median(t[2:]), min(t[2:])) for n, t in times.items()}
    ratio = m["q"][0] / m["swift"][0]
    lowest_ratio = min(lowest_ratio, ratio)
    print(f"{length} tokens: swift {m['swift'][0]:.2f} ({m['swift'][1]:.2f}), onnxruntime fp32 {m['f'][0]:.2f} ({m['f'][1]:.2f}), "
          f"int8 {m['q'][0]:.2f} ({m['q'][1]:.2f}) ms; {ratio:.2f} times faster than int8")
    print(f"figure encoder_ms_{length} {m['swift'][0]:.3f} ms", flush=True)
print(f"figure encoder_vs_onnx_int8 {lowest_ratio:.2f} x")
