/// What the engine has counted, and its `/metrics` page in the names of either generation.
struct EngineMetrics {
  /// The state at the moment of a scrape.
  struct Gauges {
    let running: Int
    let waiting: Int
    let cacheUsage: Double
    let runningAdapters: [String]
    let waitingAdapters: [String]
    /// Unix seconds.
    let now: Double
  }

  /// The times and sizes of a finished request; times in seconds.
  struct FinishedRequest {
    /// Of each choice.
    let reasons: [GenerationPlan.FinishReason]
    let promptTokens: Int
    /// Of each choice.
    let completionTokens: [Int]
    let maxTokens: Int?
    let queued: Double
    /// From the start of processing to the first token.
    let prefill: Double
    /// From the first token to the last.
    let decode: Double
  }

  private var firstToken = Histogram(bounds: Histogram.firstTokenBounds)
  private var interToken = Histogram(bounds: Histogram.tokenBounds)
  private var requestPerToken = Histogram(bounds: Histogram.tokenBounds)
  private var endToEnd = Histogram(bounds: Histogram.requestBounds)
  private var queue = Histogram(bounds: Histogram.requestBounds)
  private var inference = Histogram(bounds: Histogram.requestBounds)
  private var prefill = Histogram(bounds: Histogram.requestBounds)
  private var decode = Histogram(bounds: Histogram.requestBounds)
  private var promptTokens: Histogram
  private var generationTokens: Histogram
  private var maxGenerationTokens: Histogram
  private var requestedMaxTokens: Histogram
  private var successes: [String: Int] = [:]
  private(set) var cacheQueries = 0
  private(set) var cacheHits = 0
  private let tokenCountBounds: [Double]

  init(maxModelLength: Int) {
    tokenCountBounds = Histogram.tokenCountBounds(upTo: maxModelLength)
    promptTokens = Histogram(bounds: tokenCountBounds)
    generationTokens = promptTokens
    maxGenerationTokens = promptTokens
    requestedMaxTokens = promptTokens
  }

  /// The first token came `seconds` after the request.
  mutating func sawFirstToken(after seconds: Double) {
    firstToken.observe(seconds)
  }

  /// `times` tokens came, each `seconds` after the one before.
  mutating func sawToken(after seconds: Double, times: Int = 1) {
    if times > 0 { interToken.add(seconds, times: times) }
  }

  /// A prompt was looked up in the cache; both in tokens.
  mutating func lookedUp(tokens: Int, cached: Int) {
    cacheQueries += tokens
    cacheHits += cached
  }

  mutating func finished(_ request: FinishedRequest) {
    for reason in request.reasons { successes[reason.rawValue, default: 0] += 1 }
    let longest = request.completionTokens.max() ?? 0
    queue.observe(request.queued)
    prefill.observe(request.prefill)
    decode.observe(request.decode)
    inference.observe(request.prefill + request.decode)
    endToEnd.observe(request.queued + request.prefill + request.decode)
    if longest > 1 { requestPerToken.observe(request.decode / Double(longest - 1)) }
    promptTokens.observe(Double(request.promptTokens))
    generationTokens.observe(Double(request.completionTokens.reduce(0, +)))
    maxGenerationTokens.observe(Double(longest))
    if let maxTokens = request.maxTokens { requestedMaxTokens.observe(Double(maxTokens)) }
  }

  /// The page. `elapsedMilliseconds` since the engine's start drives the functions of fake metrics.
  func page(_ gauges: Gauges, options: EngineSimulatorOptions, elapsedMilliseconds: Double) -> String {
    var page = PrometheusText()
    let model = [("model_name", options.displayName)]
    let isOld = options.compatibility == .v050
    let cacheName = isOld ? "vllm:gpu_cache_usage_perc" : "vllm:kv_cache_usage_perc"
    if let fake = options.fakeMetrics {
      EngineMetrics.write(
        fake, into: &page, model: model, cacheName: cacheName, options: options, bounds: tokenCountBounds,
        elapsedMilliseconds: elapsedMilliseconds)
      return page.text
    }
    page.family("vllm:num_requests_running", "gauge", "Requests in processing.")
    page.sample("vllm:num_requests_running", model, Double(gauges.running))
    page.family("vllm:num_requests_waiting", "gauge", "Requests in the queue.")
    page.sample("vllm:num_requests_waiting", model, Double(gauges.waiting))
    page.family(cacheName, "gauge", "Share of the KV cache's blocks in use, 0 to 1.")
    page.sample(cacheName, model, gauges.cacheUsage)
    EngineMetrics.writeAdapters(
      [(gauges.runningAdapters.joined(separator: ","), gauges.waitingAdapters.joined(separator: ","), gauges.now)],
      maxLoRAs: options.maxLoRAs, into: &page)
    guard !isOld else { return page.text }

    for (name, help, histogram) in [
      ("time_to_first_token_seconds", "Time to the first token.", firstToken),
      ("inter_token_latency_seconds", "Time between two tokens.", interToken),
      ("time_per_output_token_seconds", "Time between two tokens, by its older name.", interToken),
      ("request_time_per_output_token_seconds", "A request's mean time between tokens.", requestPerToken),
      ("e2e_request_latency_seconds", "From arrival to the last token.", endToEnd),
      ("request_queue_time_seconds", "Time in the queue.", queue),
      ("request_inference_time_seconds", "Time in processing.", inference),
      ("request_prefill_time_seconds", "From the start of processing to the first token.", prefill),
      ("request_decode_time_seconds", "From the first token to the last.", decode),
      ("request_prompt_tokens", "Prompt tokens of a request.", promptTokens),
      ("request_generation_tokens", "Generated tokens of a request.", generationTokens),
      ("max_num_generation_tokens", "Most tokens generated for one choice of a request.", maxGenerationTokens),
      ("request_params_max_tokens", "The limit that requests set.", requestedMaxTokens),
    ] {
      page.family("vllm:" + name, "histogram", help)
      page.histogram("vllm:" + name, model, histogram)
    }
    for (name, help, value) in [
      ("prompt_tokens_total", "Prompt tokens processed.", promptTokens.sum),
      ("generation_tokens_total", "Tokens generated.", generationTokens.sum),
      ("prefix_cache_queries_total", "Prompt tokens looked up in the cache.", Double(cacheQueries)),
      ("prefix_cache_hits_total", "Prompt tokens found in the cache.", Double(cacheHits)),
    ] {
      page.family("vllm:" + name, "counter", help)
      page.sample("vllm:" + name, model, value)
    }
    EngineMetrics.writeSuccesses(successes, model: model, into: &page)
    EngineMetrics.writeCacheConfiguration(options, into: &page)
    return page.text
  }

  private static func writeAdapters(
    _ rows: [(running: String, waiting: String, timestamp: Double)], maxLoRAs: Int, into page: inout PrometheusText
  ) {
    let name = "vllm:lora_requests_info"
    page.family(name, "gauge", "Adapters with running and waiting requests; the value is the time of the change.")
    for row in rows {
      page.sample(
        name,
        [
          ("max_lora", String(maxLoRAs)), ("running_lora_adapters", row.running),
          ("waiting_lora_adapters", row.waiting),
        ], row.timestamp)
    }
  }

  private static func writeSuccesses(
    _ counts: [String: Int], model: [(String, String)], into page: inout PrometheusText
  ) {
    let name = "vllm:request_success_total"
    page.family(name, "counter", "Choices that ended well, by finish reason.")
    for (reason, count) in counts.sorted(by: { $0.key < $1.key }) {
      page.sample(name, model + [("finish_reason", reason)], Double(count))
    }
  }

  private static func writeCacheConfiguration(_ options: EngineSimulatorOptions, into page: inout PrometheusText) {
    let name = "vllm:cache_config_info"
    page.family(name, "gauge", "The cache's shape; the value is always 1.")
    page.sample(
      name, [("block_size", String(options.blockSize)), ("num_gpu_blocks", String(options.kvCacheSize))], 1)
  }

  private static func write(
    _ fake: FakeMetrics, into page: inout PrometheusText, model: [(String, String)], cacheName: String,
    options: EngineSimulatorOptions, bounds: [Double], elapsedMilliseconds: Double
  ) {
    let step = max(options.fakeMetricsRefreshMilliseconds, 1)
    let time = (elapsedMilliseconds / step).rounded(.down) * step
    for (name, gauge, isCount) in [
      ("vllm:num_requests_running", fake.running, true), ("vllm:num_requests_waiting", fake.waiting, true),
      (cacheName, fake.cacheUsage, false),
    ] {
      let value = gauge?.value(atMilliseconds: time) ?? 0
      page.family(name, "gauge", "A fake value.")
      page.sample(name, model, isCount ? value.rounded() : value)
    }
    writeAdapters(fake.adapters.map { ($0.running, $0.waiting, $0.timestamp) }, maxLoRAs: options.maxLoRAs, into: &page)
    guard options.compatibility == .latest else { return }
    for (key, name, bounds) in [
      ("ttft-buckets-values", "time_to_first_token_seconds", Histogram.firstTokenBounds),
      ("itl-buckets-values", "inter_token_latency_seconds", Histogram.tokenBounds),
      ("tpot-buckets-values", "time_per_output_token_seconds", Histogram.tokenBounds),
      ("req-tpot-buckets-values", "request_time_per_output_token_seconds", Histogram.tokenBounds),
      ("e2erl-buckets-values", "e2e_request_latency_seconds", Histogram.requestBounds),
      ("req-queue-time-buckets-values", "request_queue_time_seconds", Histogram.requestBounds),
      ("req-inf-time-buckets-values", "request_inference_time_seconds", Histogram.requestBounds),
      ("req-prefill-time-buckets-values", "request_prefill_time_seconds", Histogram.requestBounds),
      ("req-decode-time-buckets-values", "request_decode_time_seconds", Histogram.requestBounds),
      ("request-prompt-tokens", "request_prompt_tokens", bounds),
      ("request-generation-tokens", "request_generation_tokens", bounds),
      ("request-max-generation-tokens", "max_num_generation_tokens", bounds),
      ("request-params-max-tokens", "request_params_max_tokens", bounds),
    ] {
      guard let counts = fake.histograms[key] else { continue }
      var histogram = Histogram(bounds: bounds)
      histogram.fill(counts)
      page.family("vllm:" + name, "histogram", "Fake values.")
      page.histogram("vllm:" + name, model, histogram)
    }
    for (key, name) in [
      ("total-prompt-tokens", "prompt_tokens_total"), ("total-generation-tokens", "generation_tokens_total"),
      ("prefix-cache-queries", "prefix_cache_queries_total"), ("prefix-cache-hits", "prefix_cache_hits_total"),
    ] {
      guard let value = fake.counters[key] else { continue }
      page.family("vllm:" + name, "counter", "A fake value.")
      page.sample("vllm:" + name, model, Double(value))
    }
    if !fake.successes.isEmpty { writeSuccesses(fake.successes, model: model, into: &page) }
    writeCacheConfiguration(options, into: &page)
  }
}
