#!/usr/bin/env bash
# Builds Switchyard, fetches the text encoder where it can (84 MB, once), starts a gateway and three simulated engines, asks the guide's question and shows the answer.
#   PORT=9080 scripts/demo.sh    another port than 8080
# In a terminal it stays up until Ctrl-C; without one it stops by itself, with exit code 0 if the answer was as promised.
set -euo pipefail
cd "$(dirname "$0")/.."
port=${PORT:-8080}
management=${MANAGEMENT_PORT:-8081}
run=.run/demo
mkdir -p "$run"

if [ -t 1 ]; then bold=$'\e[1m'; dim=$'\e[2m'; plain=$'\e[0m'; else bold=; dim=; plain=; fi
say() { printf '\n%s%s%s\n' "$bold" "$1" "$plain"; }

pids=()
finish() {
  trap - EXIT INT TERM
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
}
trap finish EXIT
trap 'finish; echo; echo "stopped"; exit 0' INT TERM

is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
for taken in "$port" "$management"; do
  if is_taken "$taken"; then
    echo "port $taken is taken. See by what: ss -ltnp 'sport = :$taken'. Stop it, or choose others:" >&2
    echo "  make demo PORT=9080 MANAGEMENT_PORT=9081" >&2
    exit 1
  fi
done

say "1/4  Set-up"
scripts/setup.sh

say "2/4  Building in release mode (the first time takes a few minutes)"
switchyard=$(scripts/release.sh switchyard)
"$switchyard" models fetch --optional

say "3/4  Starting three simulated engines and the gateway"
loras=('{"name":"math-expert"}' '{"name":"science-expert"}' '{"name":"social-expert"}' '{"name":"humanities-expert"}'
  '{"name":"law-expert"}' '{"name":"general-expert"}')
await() { # FILE PATTERN PID: waits until the file holds the pattern, as long as the process lives
  for _ in $(seq 1 200); do
    if grep -q "$2" "$1" 2>/dev/null; then return 0; fi
    if ! kill -0 "$3" 2>/dev/null; then cat "$1" >&2; return 1; fi
    sleep 0.05
  done
  cat "$1" >&2
  return 1
}
cp deploy/samples/aibrix.yaml "$run/aibrix.yaml"
for index in 1 2 3; do
  "$switchyard" engine-sim --model vllm-llama3-8b-instruct --port 0 --host 127.0.0.1 --max-loras 6 \
    --lora-modules "${loras[@]}" --time-to-first-token 40ms --inter-token-latency 15ms >"$run/engine-$index.log" 2>&1 &
  pid=$!
  pids+=("$pid")
  await "$run/engine-$index.log" "engine-sim listening on" "$pid"
  engine=$(sed -n 's/^engine-sim listening on .*:\([0-9]*\) model.*/\1/p' "$run/engine-$index.log")
  sed -i "s/127\.0\.0\.1:800$index\b/127.0.0.1:$engine/" "$run/aibrix.yaml"
  echo "engine $index: http://127.0.0.1:$engine"
done
"$switchyard" serve -c "$run/aibrix.yaml" --listen "0.0.0.0:$port" --management "127.0.0.1:$management" \
  >"$run/access.log" 2>"$run/gateway.log" &
gateway=$!
pids+=("$gateway")
await "$run/gateway.log" "^ready in" "$gateway"
cat "$run/gateway.log"

say "4/4  Asking"
prompt='What is the derivative of f(x) = x^3?'
body='{"model":"MoM","messages":[{"role":"user","content":"'$prompt'"}]}'
cat <<TEXT
curl -i -X POST http://localhost:$port/v1/chat/completions -H "Content-Type: application/json" \\
  -d '$body'

TEXT
curl -sS -i -X POST "http://localhost:$port/v1/chat/completions" -H "Content-Type: application/json" -d "$body" |
  tee "$run/answer.txt"
echo

say "Why it went there"
"$switchyard" explain -c "$run/aibrix.yaml" "$prompt"

failures=0
expect() {
  if ! grep -qi "$1" "$run/answer.txt"; then
    echo "the answer lacks: $1" >&2
    failures=$((failures + 1))
  fi
}
expect '^HTTP/1.1 200'
expect '^x-vsr-selected-category: math'
expect '^x-vsr-selected-reasoning: on'
expect '^x-vsr-selected-model: vllm-llama3-8b-instruct'
expect '^x-vsr-injected-system-prompt: true'
expect '^x-vsr-selected-decision: math_decision'
expect '^request-id: '
expect '^x-request-id: '
expect '^x-went-into-req-headers: true'
expect '^x-inference-pod: '
expect '"object":"chat.completion"'
expect '"model":"vllm-llama3-8b-instruct"'
# The engine must have got the prompt and the reasoning switch, not only the client the headers.
pod=$(sed -n 's/^x-inference-pod: .*-\([0-9]*\)\r$/\1/p' "$run/answer.txt")
curl -sS "http://127.0.0.1:$pod/sim/requests/last/body" >"$run/engine-body.json"
for part in '"role":"system","content":"You are a mathematics expert' '"enable_thinking":true' "$prompt"; do
  if ! grep -qF "$part" "$run/engine-body.json"; then
    echo "the engine did not get: $part" >&2
    failures=$((failures + 1))
  fi
done
if [ "$failures" -gt 0 ]; then
  echo "the answer is not as promised" >&2
  exit 1
fi
echo "${dim}the answer is as promised${plain}"

if [ ! -t 0 ] || [ ! -t 1 ]; then exit 0; fi
say "It stays up. Try next (Ctrl-C stops everything):"
cat <<TEXT
  curl -si localhost:$port/v1/chat/completions -d '{"model":"MoM","messages":[{"role":"user","content":"Can a landlord keep my deposit?"}]}'
  curl -sN localhost:$port/v1/chat/completions -d '{"model":"MoM","stream":true,"messages":[{"role":"user","content":"urgent: why is the sky blue?"}]}'
  curl -s localhost:$port/v1/models
  curl -s localhost:$port/metrics
  $switchyard explain -c $run/aibrix.yaml 'your own prompt'
TEXT
wait "$gateway"
