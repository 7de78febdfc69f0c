"""Cosines of the Swift encoder's vectors to the float64 reference's, over real questions.

    accuracy.py BENCH MODEL.packed FOLDER QUESTIONS.jsonl.gz [COUNT [INSTRUCTIONS ...]]

Without instructions: the fastest set of this processor.
"""
import gzip
import json
import random
import subprocess
import sys

import numpy as np
from tokenizers import Tokenizer

from encoder import Model

bench, packed, folder, questions = sys.argv[1:5]
count = int(sys.argv[5]) if len(sys.argv) > 5 else 1000
texts = [json.loads(line) for line in gzip.open(questions, "rt")]
texts = [t.get("question") or t.get("text") or t.get("prompt") for t in texts]
random.Random(7).shuffle(texts)
tokenizer = Tokenizer.from_file(folder + "/tokenizer.json")
tokenizer.no_truncation()
tokenizer.no_padding()
model = Model(folder)
servers = {
    name: subprocess.Popen(
        [bench, "serve", packed] + (["--set", name] if name else []), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    for name in sys.argv[6:] or [""]
}
cosines = {name: [] for name in servers}
for text in texts[:count]:
    ids = tokenizer.encode(text).ids[:256]
    want = model.embedding(np.array(ids))
    for name, server in servers.items():
        server.stdin.write("ids " + " ".join(map(str, ids)) + "\n")
        server.stdin.flush()
        got = np.array([float(x) for x in server.stdout.readline().split()[1:]])
        cosines[name].append(float(got @ want / np.linalg.norm(got)))
for name, values in cosines.items():
    print(f"{name} {len(values)} texts: cosine mean {np.mean(values):.5f}, lowest {np.min(values):.5f}, "
          f"1st percentile {np.percentile(values, 1):.5f}".strip())
