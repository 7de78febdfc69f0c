"""BERT and ModernBERT in float64, straight from the papers and the checkpoints' names: what the Swift encoder is held
against. Slow and plain on purpose; shares nothing with the kernels."""
import json
import math
import os
import struct

import numpy as np

ERF = np.vectorize(math.erf, otypes=[np.float64])


def read_safetensors(path):
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    kinds = {"F32": np.float32, "F16": np.float16, "I64": np.int64, "I32": np.int32}
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__" or entry["dtype"] not in kinds:
            continue
        start, end = entry["data_offsets"]
        raw = np.frombuffer(data[8 + length + start : 8 + length + end], kinds[entry["dtype"]])
        tensors[name] = raw.reshape(entry["shape"]).astype(np.float64)
    return tensors


def write_safetensors(path, tensors):
    header, blob = {}, b""
    for name, values in tensors.items():
        raw = np.ascontiguousarray(values, np.float32).tobytes()
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [len(blob), len(blob) + len(raw)]}
        blob += raw
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + blob)


def gelu(x):
    return 0.5 * x * (1 + ERF(x / math.sqrt(2)))


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def norm(x, gamma, beta, epsilon):
    mean = x.mean(-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(-1, keepdims=True)
    y = (x - mean) / np.sqrt(variance + epsilon) * gamma
    return y if beta is None else y + beta


class Model:
    def __init__(self, folder):
        self.folder = folder
        self.config = json.load(open(os.path.join(folder, "config.json")))
        self.tensors = read_safetensors(os.path.join(folder, "model.safetensors"))
        adapter = os.path.join(folder, "adapter_config.json")
        if os.path.exists(adapter):
            self.merge(json.load(open(adapter)), read_safetensors(os.path.join(folder, "adapter_model.safetensors")))
        self.heads = self.config["num_attention_heads"]
        self.layers = self.config["num_hidden_layers"]

    def merge(self, config, adapter):
        scale = config["lora_alpha"] / (math.sqrt(config["r"]) if config.get("use_rslora") else config["r"])
        for name, a in adapter.items():
            if name.endswith(".lora_A.weight"):
                b = adapter[name.replace("lora_A", "lora_B")]
                target = name.replace("base_model.model.", "").replace(".lora_A.weight", ".weight")
                self.tensors[self.key(target)] = self.tensors[self.key(target)] + scale * (b @ a)
            elif ".lora_" not in name:
                self.tensors[name.replace("base_model.model.", "")] = a

    def key(self, name):
        for prefix in ("", "bert.", "model."):
            if prefix + name in self.tensors:
                return prefix + name
        return None

    def get(self, name):
        key = self.key(name)
        return None if key is None else self.tensors[key]

    def linear(self, x, name):
        y = x @ self.get(name + ".weight").T
        bias = self.get(name + ".bias")
        return y if bias is None else y + bias

    def norm(self, x, name, epsilon):
        return norm(x, self.get(name + ".weight"), self.get(name + ".bias"), epsilon)

    def attention(self, q, k, v, reach=None):
        rows, width = q.shape
        depth = width // self.heads
        split = lambda x: x.reshape(rows, self.heads, depth).transpose(1, 0, 2)
        scores = split(q) @ split(k).transpose(0, 2, 1) / math.sqrt(depth)
        if reach is not None:
            at = np.arange(rows)
            scores = np.where(np.abs(at[:, None] - at[None, :]) <= reach, scores, -np.inf)
        return (softmax(scores) @ split(v)).transpose(1, 0, 2).reshape(rows, width)

    def hidden(self, ids):
        """The vectors behind each layer, the embeddings' first."""
        return self.bert(ids) if self.config["model_type"] == "bert" else self.modern(ids)

    def bert(self, ids):
        epsilon = self.config["layer_norm_eps"]
        x = (
            self.get("embeddings.word_embeddings.weight")[ids]
            + self.get("embeddings.position_embeddings.weight")[: len(ids)]
            + self.get("embeddings.token_type_embeddings.weight")[0]
        )
        x = self.norm(x, "embeddings.LayerNorm", epsilon)
        states = [x]
        for layer in range(self.layers):
            p = f"encoder.layer.{layer}."
            q, k, v = (self.linear(x, f"{p}attention.self.{name}") for name in ("query", "key", "value"))
            a = self.linear(self.attention(q, k, v), p + "attention.output.dense")
            x = self.norm(x + a, p + "attention.output.LayerNorm", epsilon)
            h = self.linear(gelu(self.linear(x, p + "intermediate.dense")), p + "output.dense")
            x = self.norm(x + h, p + "output.LayerNorm", epsilon)
            states.append(x)
        return states

    def rotation(self, kind):
        config = self.config
        base = config["global_rope_theta" if kind == "global" else "local_rope_theta"]
        depth = config["hidden_size"] // self.heads
        frequency = base ** (-np.arange(0, depth, 2) / depth)
        scaling = config.get("rope_scaling")
        if not scaling:
            return frequency, 1.0
        factor, original = scaling["factor"], scaling["original_max_position_embeddings"]
        turns = lambda n: depth * math.log(original / (n * 2 * math.pi)) / (2 * math.log(base))
        low = max(math.floor(turns(scaling.get("beta_fast", 32))), 0)
        high = min(math.ceil(turns(scaling.get("beta_slow", 1))), depth - 1)
        ramp = np.clip((np.arange(depth // 2) - low) / max(high - low, 0.001), 0, 1)
        return frequency / factor * ramp + frequency * (1 - ramp), 0.1 * math.log(factor) + 1

    def rotate(self, x, kind):
        rows, width = x.shape
        frequency, scale = self.rotation(kind)
        angle = np.arange(rows)[:, None] * frequency[None, :]
        c, s = np.cos(angle)[:, None, :] * scale, np.sin(angle)[:, None, :] * scale
        x = x.reshape(rows, self.heads, -1)
        half = x.shape[-1] // 2
        low, high = x[..., :half], x[..., half:]
        return np.concatenate([low * c - high * s, high * c + low * s], -1).reshape(rows, width)

    def modern(self, ids):
        config = self.config
        epsilon, width = config["norm_eps"], config["hidden_size"]
        x = self.norm(self.get("embeddings.tok_embeddings.weight")[ids], "embeddings.norm", epsilon)
        states = [x]
        for layer in range(self.layers):
            p = f"layers.{layer}."
            kind = "global" if layer % config["global_attn_every_n_layers"] == 0 else "local"
            y = x if layer == 0 else self.norm(x, p + "attn_norm", epsilon)
            qkv = self.linear(y, p + "attn.Wqkv")
            q, k, v = qkv[:, :width], qkv[:, width : 2 * width], qkv[:, 2 * width :]
            q, k = self.rotate(q, kind), self.rotate(k, kind)
            reach = None if kind == "global" else config["local_attention"] // 2
            x = x + self.linear(self.attention(q, k, v, reach), p + "attn.Wo")
            y = self.linear(self.norm(x, p + "mlp_norm", epsilon), p + "mlp.Wi")
            inner = config["intermediate_size"]
            x = x + self.linear(gelu(y[:, :inner]) * y[:, inner:], p + "mlp.Wo")
            states.append(x)
        states[-1] = self.norm(states[-1], "final_norm", epsilon)
        return states

    def embedding(self, ids, normalizes=True):
        x = self.hidden(ids)[-1].mean(0)
        return x / np.linalg.norm(x) if normalizes else x

    def probabilities(self, ids):
        x = self.hidden(ids)[-1]
        is_token = self.config["architectures"][0].endswith("ForTokenClassification")
        if self.config["model_type"] == "bert":
            if not is_token:
                x = np.tanh(self.linear(x[:1], "pooler.dense"))
        else:
            if not is_token:
                x = x[:1] if self.config["classifier_pooling"] == "cls" else x.mean(0, keepdims=True)
            x = self.norm(gelu(self.linear(x, "head.dense")), "head.norm", self.config["norm_eps"])
        return softmax(self.linear(x, "classifier"))
