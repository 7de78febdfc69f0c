// Times the reading of a metrics page as vLLM prints it, with all its histograms, and the numbers made of it.
//   swift run -c release bench-metrics
import EngineClient
import Foundation

/// A page of vLLM's V1 engine: 25 histograms of 22 buckets, counters and gauges, and what Python's client adds.
func makePage(ranks: Int) -> [UInt8] {
  let histograms =
    [
      "time_to_first_token_seconds", "inter_token_latency_seconds", "request_time_per_output_token_seconds",
      "e2e_request_latency_seconds", "request_queue_time_seconds", "request_inference_time_seconds",
      "request_prefill_time_seconds", "request_decode_time_seconds", "request_prompt_tokens",
      "request_generation_tokens", "request_max_num_generation_tokens", "request_params_n",
      "request_params_max_tokens", "iteration_tokens_total",
    ] + (0..<11).map { "nixl_histogram_\($0)" }
  let gauges = ["num_requests_running", "num_requests_waiting", "kv_cache_usage_perc"]
  let counters = [
    "prompt_tokens_total", "generation_tokens_total", "num_preemptions_total", "prefix_cache_queries_total",
    "prefix_cache_hits_total",
  ]
  var page = ""
  func family(_ name: String, _ type: String) {
    page += "# HELP vllm:\(name) What this is, in a sentence of usual length.\n# TYPE vllm:\(name) \(type)\n"
  }
  let labels = { (rank: Int) in "engine=\"\(rank)\",model_name=\"meta-llama/Llama-3.1-8B-Instruct\"" }
  for name in gauges + counters {
    family(name, "gauge")
    for rank in 0..<ranks { page += "vllm:\(name){\(labels(rank))} \(Double(rank) + 0.25)\n" }
  }
  for name in histograms {
    family(name, "histogram")
    for rank in 0..<ranks {
      for bucket in 0..<22 {
        page += "vllm:\(name)_bucket{engine=\"\(rank)\",le=\"\(Double(bucket) * 0.05)\","
        page += "model_name=\"meta-llama/Llama-3.1-8B-Instruct\"} \(Double(bucket * 17))\n"
      }
      page += "vllm:\(name)_count{\(labels(rank))} 374.0\nvllm:\(name)_sum{\(labels(rank))} 123.45678901234567\n"
      page += "vllm:\(name)_created{\(labels(rank))} 1.7643216001234567e+09\n"
    }
  }
  for place in 0..<40 { page += "python_gc_objects_collected_total{generation=\"\(place)\"} 12345.0\n" }
  return Array(page.utf8)
}

/// Processor time of this thread, in nanoseconds: what other processes do disturbs it least.
func now() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// The lowest mean of 20 rounds, in nanoseconds.
func best(of count: Int, _ work: () -> Void) -> Double {
  var best = Double.infinity
  for _ in 0..<20 {
    let start = now()
    for _ in 0..<count { work() }
    best = min(best, Double(now() - start) / Double(count))
  }
  return best
}

let page = makePage(ranks: 1)
var sink = 0
let reading = best(of: 200) { sink &+= EngineScrape(page, dialect: .vllm).knownSamples }
let recognising = best(of: 200) { sink &+= EngineDialect.recognise(page)?.name.utf8.count ?? 0 }
let foreign = best(of: 200) { sink &+= EngineScrape(page, dialect: .sglang).knownSamples }
var window = MetricsWindow()
for second in 0..<20 { window.add(EngineScrape(page, dialect: .vllm), at: UInt64(second + 1) * 1_000_000_000) }
let deriving = best(of: 2_000) { sink &+= window.metrics(now: 20_000_000_000).runningRequests == nil ? 0 : 1 }
print("page: \(page.count) bytes, \(EngineScrape(page, dialect: .vllm).knownSamples) known samples")
print("read: \(reading / 1000) us; recognise the dialect: \(recognising / 1000) us")
print("the numbers of the window: \(deriving / 1000) us")
print("figure metrics_page_mb_per_s \(Double(page.count) / reading * 1000) MB/s")
print("figure metrics_names_mb_per_s \(Double(page.count) / foreign * 1000) MB/s")
if sink == 42 { print("") }
