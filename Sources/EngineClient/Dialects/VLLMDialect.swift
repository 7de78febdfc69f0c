extension EngineDialect {
  /// vLLM since its V1 engine, and the simulated engine, which prints the same names.
  ///
  /// The first releases of V1 still called the cache's use `gpu_cache_usage_perc` and counted `gpu_prefix_cache_…`; both
  /// are read. The KV cache is that of the GPU, so its use stands for both.
  public static let vllm = EngineDialect(
    name: "vllm",
    rows: [
      Row(name: "vllm:num_requests_running", meaning: .gauges([.running])),
      Row(name: "vllm:num_requests_waiting", meaning: .gauges([.waiting])),
      Row(name: "vllm:kv_cache_usage_perc", meaning: .gauges([.kvCacheUsage, .gpuCacheUsage])),
      Row(name: "vllm:gpu_cache_usage_perc", meaning: .gauges([.kvCacheUsage, .gpuCacheUsage])),
      Row(name: "vllm:engine_sleep_state", meaning: .sleepState),
      Row(name: "vllm:lora_requests_info", meaning: .adapters),
      Row(name: "vllm:cache_config_info", meaning: .cacheConfiguration),
      Row(name: "vllm:prompt_tokens_total", meaning: .counter(.promptTokens)),
      Row(name: "vllm:generation_tokens_total", meaning: .counter(.generationTokens)),
      Row(name: "vllm:request_success_total", meaning: .counter(.requests)),
      Row(name: "vllm:num_preemptions_total", meaning: .counter(.preemptions)),
      Row(name: "vllm:prefix_cache_queries_total", meaning: .counter(.prefixCacheQueries)),
      Row(name: "vllm:prefix_cache_hits_total", meaning: .counter(.prefixCacheHits)),
      Row(name: "vllm:gpu_prefix_cache_queries_total", meaning: .counter(.prefixCacheQueries)),
      Row(name: "vllm:gpu_prefix_cache_hits_total", meaning: .counter(.prefixCacheHits)),
      Row(name: "vllm:request_queue_time_seconds", meaning: .histogram(.queueTime)),
      Row(name: "vllm:request_prefill_time_seconds", meaning: .histogram(.prefillTime)),
      Row(name: "vllm:request_decode_time_seconds", meaning: .histogram(.decodeTime)),
      Row(name: "vllm:time_to_first_token_seconds", meaning: .histogram(.timeToFirstToken)),
      Row(name: "vllm:inter_token_latency_seconds", meaning: .histogram(.timePerOutputToken)),
      Row(name: "vllm:time_per_output_token_seconds", meaning: .histogram(.timePerOutputToken)),
      Row(name: "vllm:e2e_request_latency_seconds", meaning: .histogram(.latency)),
      Row(name: "vllm:request_prompt_tokens", meaning: .histogram(.promptTokens)),
      Row(name: "vllm:request_generation_tokens", meaning: .histogram(.generationTokens)),
    ])
}
