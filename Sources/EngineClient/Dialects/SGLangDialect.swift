extension EngineDialect {
  /// SGLang. Requests that it took back for want of cache are what vLLM calls swapped; `token_usage` is the cache's use.
  public static let sglang = EngineDialect(
    name: "sglang",
    rows: [
      Row(name: "sglang:num_running_reqs", meaning: .gauges([.running])),
      Row(name: "sglang:num_queue_reqs", meaning: .gauges([.waiting])),
      Row(name: "sglang:num_retracted_reqs", meaning: .gauges([.swapped])),
      Row(name: "sglang:token_usage", meaning: .gauges([.kvCacheUsage, .gpuCacheUsage])),
      Row(name: "sglang:cache_hit_rate", meaning: .gauges([.prefixCacheHitRatio])),
      Row(name: "sglang:gen_throughput", meaning: .gauges([.generationThroughput])),
      Row(name: "sglang:num_requests_total", meaning: .counter(.requests)),
      Row(name: "sglang:prompt_tokens_total", meaning: .counter(.promptTokens)),
      Row(name: "sglang:generation_tokens_total", meaning: .counter(.generationTokens)),
      Row(name: "sglang:time_to_first_token_seconds", meaning: .histogram(.timeToFirstToken)),
      Row(name: "sglang:inter_token_latency_seconds", meaning: .histogram(.timePerOutputToken)),
      Row(name: "sglang:e2e_request_latency_seconds", meaning: .histogram(.latency)),
    ])
}
