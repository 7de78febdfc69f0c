#!/usr/bin/env bash
# Measures the gateway beside nginx, haproxy and (where it is on PATH) Envoy, interleaved in one run, on loopback.
#   Benchmarks/gateway/run.sh BINARY [ROUNDS]
# The full pipeline is on: facts, signals, decision, system prompt, replica choice, counters, access log. The prompt is
# the same each time, so it was read before.
set -euo pipefail
cd "$(dirname "$0")/../.."
switchyard=$1
rounds=${2:-5}
work=$(mktemp -d)
pids=()
cleanup() { for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; rm -rf "$work"; }
trap cleanup EXIT
configuration() { # PORT…: a configuration with the stubs at these ports
  cat <<YAML
version: v0.3
providers:
  defaults: {default_model: stub, reasoning_families: {qwen3: {type: chat_template_kwargs, parameter: enable_thinking}}}
  models:
    - name: stub
      reasoning_family: qwen3
      backend_refs:
        - {name: a, endpoint: "127.0.0.1:$1"}
        - {name: b, endpoint: "127.0.0.1:$2"}
routing:
  modelCards: [{name: stub}]
  signals:
    keywords: [{name: urgent, operator: OR, keywords: [urgent, immediate, asap]}]
  decisions:
    - name: urgent_decision
      priority: 15
      rules: {operator: OR, conditions: [{type: keyword, name: urgent}]}
      modelRefs: [{model: stub, use_reasoning: true}]
YAML
  for domain in biology business chemistry economics engineering health history law math other philosophy physics psychology "computer science"; do
    cat <<YAML
    - name: "${domain// /_}_decision"
      priority: 10
      rules: {operator: OR, conditions: [{type: domain, name: "$domain"}]}
      modelRefs: [{model: stub, use_reasoning: false}]
      plugins: [{type: system_prompt, configuration: {mode: replace, system_prompt: "You are an expert of $domain. Answer precisely."}}]
YAML
  done
  echo 'global: {router: {auto_model_names: [MoM]}}'
}
configuration 19001 19003 >"$work/fast.yaml"
configuration 19002 19004 >"$work/paced.yaml"
"$switchyard" serve -c "$work/fast.yaml" --listen 127.0.0.1:18020 --management 127.0.0.1:0 >"$work/access.log" 2>"$work/log" & fast=$!
"$switchyard" serve -c "$work/paced.yaml" --listen 127.0.0.1:18120 --management 127.0.0.1:0 >/dev/null 2>&1 & paced=$!
pids+=("$fast" "$paced")
# The body asks for MoM, so that the whole pipeline runs; the peers pass it on as it is.
peer=$work/peer
cp -r Benchmarks/gateway/peer "$peer"
sed -i 's/"model": "stub"/"model": "MoM"/' "$peer"/body*.json
PEER_BENCH_DIR=$work/run bash "$peer/run.sh" "$rounds" "switchyard=18020:18120:$fast" | tee "$work/report"
python3 - "$work/run/bench_out.json" <<'PY'
import json, sys
runs = json.load(open(sys.argv[1]))["res"]
def lowest(name, mode, key): return min(r[key] for r in runs[name][mode] if r.get("ok"))
def middle(name, mode, key):
    values = sorted(r[key] for r in runs[name][mode] if r.get("ok")); return values[len(values) // 2]
ratio = lowest("switchyard", "json_c32", "cpu_us") / lowest("nginx", "json_c32", "cpu_us")
print(f"figure gateway_cpu_ratio_nginx {ratio:.2f} x")
print(f"figure gateway_added_p50_ms {(middle('switchyard','json_c1','p50') - middle('direct','json_c1','p50')) / 1000:.3f} ms")
print(f"figure gateway_sse_event_us {lowest('switchyard','sse_c8','cpu_us') / 64:.2f} us")
print(f"figure gateway_added_ttfb_ms {(middle('switchyard','sse_paced20','ttfb50') - middle('direct','sse_paced20','ttfb50')) / 1000:.2f} ms")
PY
