"""Cosines of the Swift encoder's vectors to the float64 reference's, over real questions.

    accuracy.py BENCH MODEL.packed FOLDER QUESTIONS.jsonl.gz [COUNT] [--set INSTRUCTIONS]
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
server = subprocess.Popen([bench, "serve", packed] + sys.argv[6:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
cosines = []
for text in texts[:count]:
    ids = tokenizer.encode(text).ids[:256]
    server.stdin.write("ids " + " ".join(map(str, ids)) + "\n")
    server.stdin.flush()
    got = np.array([float(x) for x in server.stdout.readline().split()[1:]])
    want = model.embedding(np.array(ids))
    cosines.append(float(got @ want / np.linalg.norm(got)))
print(f"{len(cosines)} texts: cosine mean {np.mean(cosines):.5f}, lowest {np.min(cosines):.5f}, "
      f"1st percentile {np.percentile(cosines, 1):.5f}")
