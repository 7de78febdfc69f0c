"""Writes the small random models of the tests, with what the float64 reference makes of them.

    small_models.py FIXTURES      (Tests/TextEncoderTests/Fixtures; wordpiece.tsv there must exist: tokens.py)

Weights are seeded. The trainers of `tokenizers` break ties by chance, so a run writes other vocabularies than the last: the
files of one run belong together.
"""
import json
import os
import sys

import numpy as np
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from encoder import Model, write_safetensors

fixtures = sys.argv[1]
texts = [line.rstrip("\n").split("\t", 1)[1] for line in open(f"{fixtures}/wordpiece.tsv")]
random = np.random.default_rng(5)


def matrix(rows, columns, scale=1.0):
    return random.normal(0, scale / np.sqrt(columns), (rows, columns)).astype(np.float32)


def vector(count, mean=0.0, spread=0.1):
    return random.normal(mean, spread, count).astype(np.float32)


def word_piece(size):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(texts[:200], trainers.WordPieceTrainer(vocab_size=size, special_tokens=special, limit_alphabet=60, show_progress=False))
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return tokenizer


def byte_level(size):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=["[CLS]", "[SEP]", "[PAD]"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_tokens([AddedToken("  ", normalized=True), AddedToken("    ", normalized=True), AddedToken("\n\n", normalized=False)])
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 0), ("[SEP]", 1)])
    return tokenizer


def marked(size, style):
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    special = ["<pad>", "<eos>", "<bos>", "<unk>"]
    pieces = [f"<0x{byte:02X}>" for byte in range(256)]
    if style == "metaspace":
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    else:
        tokenizer.normalizer = normalizers.Replace(" ", "▁")
        tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=special + pieces, limit_alphabet=150, max_token_length=12, show_progress=False)
    tokenizer.train_from_iterator(texts[:400], trainer)
    state = json.loads(tokenizer.to_str())
    state["added_tokens"] = [t for t in state["added_tokens"] if t["content"] in special]
    tokenizer = Tokenizer.from_str(json.dumps(state))
    tokenizer.add_tokens([AddedToken("\n\n", normalized=False)])
    tokenizer.post_processor = processors.TemplateProcessing(single="<bos> $A <eos>", special_tokens=[("<bos>", 2), ("<eos>", 1)])
    return tokenizer


def bert(size, labels, kind, prefix):
    width, inner, layers = 32, 64, 2
    config = {"model_type": "bert", "architectures": [f"BertFor{kind}Classification"], "vocab_size": size, "hidden_size": width,
              "num_hidden_layers": layers, "num_attention_heads": 2, "intermediate_size": inner, "max_position_embeddings": 64,
              "type_vocab_size": 2, "layer_norm_eps": 1e-12, "hidden_act": "gelu", "id2label": {str(i): l for i, l in enumerate(labels)}}
    t = {"embeddings.word_embeddings.weight": matrix(size, width, 5), "embeddings.position_embeddings.weight": matrix(64, width, 2),
         "embeddings.token_type_embeddings.weight": matrix(2, width)}

    def linear(name, rows, columns, scale=1.0):
        t[name + ".weight"], t[name + ".bias"] = matrix(rows, columns, scale), vector(rows)

    def norm(name):
        t[name + ".weight"], t[name + ".bias"] = vector(width, 1), vector(width)

    norm("embeddings.LayerNorm")
    for i in range(layers):
        p = f"encoder.layer.{i}."
        for name in ("query", "key", "value"):
            linear(p + f"attention.self.{name}", width, width, 1.5)
        linear(p + "attention.output.dense", width, width)
        norm(p + "attention.output.LayerNorm")
        linear(p + "intermediate.dense", inner, width)
        linear(p + "output.dense", width, inner)
        norm(p + "output.LayerNorm")
    if kind == "Sequence":
        linear("pooler.dense", width, width)
    t = {prefix + name: values for name, values in t.items()}
    t["classifier.weight"], t["classifier.bias"] = matrix(len(labels), width, 2), vector(len(labels))
    return config, t


def modern(size, labels, kind, **more):
    width, inner, layers = 32, 48, 4
    config = {"model_type": "modernbert", "architectures": [f"ModernBertFor{kind}Classification"], "vocab_size": size, "hidden_size": width,
              "num_hidden_layers": layers, "num_attention_heads": 2, "intermediate_size": inner, "max_position_embeddings": 128,
              "norm_eps": 1e-5, "hidden_activation": "gelu", "global_attn_every_n_layers": 3, "local_attention": 8,
              "global_rope_theta": 160000.0, "local_rope_theta": 10000.0, "classifier_pooling": "mean",
              "id2label": {str(i): l for i, l in enumerate(labels)}, **more}
    t = {"model.embeddings.tok_embeddings.weight": matrix(size, width, 5), "model.embeddings.norm.weight": vector(width, 1)}
    for i in range(layers):
        p = f"model.layers.{i}."
        if i:
            t[p + "attn_norm.weight"] = vector(width, 1)
        t[p + "attn.Wqkv.weight"], t[p + "attn.Wo.weight"] = matrix(3 * width, width, 1.5), matrix(width, width)
        t[p + "mlp_norm.weight"] = vector(width, 1)
        t[p + "mlp.Wi.weight"], t[p + "mlp.Wo.weight"] = matrix(2 * inner, width), matrix(width, inner)
    t["model.final_norm.weight"] = vector(width, 1)
    t["head.dense.weight"], t["head.norm.weight"] = matrix(width, width), vector(width, 1)
    t["classifier.weight"], t["classifier.bias"] = matrix(len(labels), width, 2), vector(len(labels))
    return config, t


def adapter(config, tensors):
    width, rank = config["hidden_size"], 4
    t = {}
    for i in range(config["num_hidden_layers"]):
        for name in ("query", "value"):
            p = f"base_model.model.bert.encoder.layer.{i}.attention.self.{name}."
            t[p + "lora_A.weight"], t[p + "lora_B.weight"] = matrix(rank, width), matrix(width, rank)
    t["base_model.model.classifier.weight"], t["base_model.model.classifier.bias"] = matrix(3, width, 2), vector(3)
    return {"peft_type": "LORA", "r": rank, "lora_alpha": 8, "bias": "none", "target_modules": ["query", "value"]}, t


def numbers(values):
    return " ".join(f"{x:.5g}" for x in np.ravel(values))


def pooled(config, vectors):
    return vectors[0] if config.get("classifier_pooling") == "cls" else vectors.mean(0)


def write(name, tokenizer, config, tensors, lora=None):
    folder = f"{fixtures}/{name}"
    os.makedirs(folder, exist_ok=True)
    json.dump(config, open(f"{folder}/config.json", "w"), indent=1)
    tokenizer.save(f"{folder}/tokenizer.json", pretty=False)
    write_safetensors(f"{folder}/model.safetensors", tensors)
    if lora:
        json.dump(lora[0], open(f"{folder}/adapter_config.json", "w"), indent=1)
        write_safetensors(f"{folder}/adapter_model.safetensors", lora[1])
    model = Model(folder)
    limit = config["max_position_embeddings"]
    with open(f"{folder}/expected.tsv", "w") as file:
        for text in texts[:12]:
            ids = tokenizer.encode(text).ids[:limit]
            states = model.hidden(np.array(ids))
            file.write("\t".join([" ".join(map(str, ids)), numbers(pooled(config, states[-1])), numbers(states[1]),
                                  numbers(model.probabilities(np.array(ids)))]) + "\n")


def write_tokens(name, tokenizer):
    more = ["", " ", "  two  spaces   three", "a\n\nb\n\n\nc", "tab\tand\r\nline", "it's we'll they've I'm", "naïve nai\u0308ve Å A\u030a", "日本語 テスト",
            "🙂🙂 emoji 👩‍👩‍👧", "x" * 300, "12345 6.78", "   leading", "trailing   ", "¿qué?", "\u00a0nbsp\u3000wide", "한국어 \u1112\u1161\u11ab"]
    with open(f"{fixtures}/{name}.tsv", "w") as file:
        for text in more + texts[:500]:
            file.write(" ".join(map(str, tokenizer.encode(text, add_special_tokens=False).ids)) + "\t" + json.dumps(text) + "\n")
    tokenizer.save(f"{fixtures}/{name}.json", pretty=False)


pieces, bytes_ = word_piece(240), byte_level(420)
write("bert-sequence", pieces, *bert(pieces.get_vocab_size(), ["one", "two", "three"], "Sequence", "bert."))
write("bert-token", pieces, *bert(pieces.get_vocab_size(), ["O", "B-PERSON", "I-PERSON"], "Token", "bert."))
base = bert(pieces.get_vocab_size(), ["one", "two", "three"], "Sequence", "bert.")
write("bert-adapter", pieces, *base, adapter(*base))
write("modernbert-sequence", bytes_, *modern(bytes_.get_vocab_size(), ["no", "yes"], "Sequence"))
write("modernbert-token", bytes_, *modern(bytes_.get_vocab_size(), ["O", "B-AGE", "I-AGE"], "Token", classifier_pooling="cls",
      rope_scaling={"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32}))
write_tokens("byte-level", byte_level(900))
write_tokens("metaspace", marked(900, "metaspace"))
write_tokens("marked-spaces", marked(900, "replace"))
