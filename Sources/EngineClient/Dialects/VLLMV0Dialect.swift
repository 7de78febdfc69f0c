extension EngineDialect {
  /// vLLM's V0 engine: swapping, the cache of the CPU, throughput and hit rate as gauges.
  ///
  /// A hit rate of -1 means that prefixes are not cached, so that it is unknown.
  public static let vllmV0 = EngineDialect(
    name: "vllm-v0",
    rows: [
      Row(name: "vllm:num_requests_running", meaning: .gauges([.running])),
      Row(name: "vllm:num_requests_waiting", meaning: .gauges([.waiting])),
      Row(name: "vllm:num_requests_swapped", meaning: .gauges([.swapped])),
      Row(name: "vllm:gpu_cache_usage_perc", meaning: .gauges([.kvCacheUsage, .gpuCacheUsage])),
      Row(name: "vllm:cpu_cache_usage_perc", meaning: .gauges([.cpuCacheUsage])),
      Row(name: "vllm:gpu_prefix_cache_hit_rate", meaning: .gauges([.prefixCacheHitRatio])),
      Row(name: "vllm:avg_prompt_throughput_toks_per_s", meaning: .gauges([.promptThroughput])),
      Row(name: "vllm:avg_generation_throughput_toks_per_s", meaning: .gauges([.generationThroughput])),
      Row(name: "vllm:lora_requests_info", meaning: .adapters),
      Row(name: "vllm:cache_config_info", meaning: .cacheConfiguration),
      Row(name: "vllm:prompt_tokens_total", meaning: .counter(.promptTokens)),
      Row(name: "vllm:generation_tokens_total", meaning: .counter(.generationTokens)),
      Row(name: "vllm:request_success_total", meaning: .counter(.requests)),
      Row(name: "vllm:num_preemptions_total", meaning: .counter(.preemptions)),
      Row(name: "vllm:request_queue_time_seconds", meaning: .histogram(.queueTime)),
      Row(name: "vllm:request_prefill_time_seconds", meaning: .histogram(.prefillTime)),
      Row(name: "vllm:request_decode_time_seconds", meaning: .histogram(.decodeTime)),
      Row(name: "vllm:time_to_first_token_seconds", meaning: .histogram(.timeToFirstToken)),
      Row(name: "vllm:time_per_output_token_seconds", meaning: .histogram(.timePerOutputToken)),
      Row(name: "vllm:e2e_request_latency_seconds", meaning: .histogram(.latency)),
      Row(name: "vllm:request_prompt_tokens", meaning: .histogram(.promptTokens)),
      Row(name: "vllm:request_generation_tokens", meaning: .histogram(.generationTokens)),
    ])
}
