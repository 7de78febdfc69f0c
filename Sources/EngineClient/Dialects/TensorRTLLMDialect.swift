extension EngineDialect {
  /// TensorRT-LLM, which serves its page elsewhere than all others and tells no queue.
  public static let tensorRTLLM = EngineDialect(
    name: "trtllm", metricsPath: "/prometheus/metrics",
    rows: [
      Row(name: "trtllm_kv_cache_utilization", meaning: .gauges([.kvCacheUsage, .gpuCacheUsage])),
      Row(name: "trtllm_kv_cache_hit_rate", meaning: .gauges([.prefixCacheHitRatio])),
      Row(name: "trtllm_request_success_total", meaning: .counter(.requests)),
      Row(name: "trtllm_request_queue_time_seconds", meaning: .histogram(.queueTime)),
      Row(name: "trtllm_time_to_first_token_seconds", meaning: .histogram(.timeToFirstToken)),
      Row(name: "trtllm_time_per_output_token_seconds", meaning: .histogram(.timePerOutputToken)),
      Row(name: "trtllm_e2e_request_latency_seconds", meaning: .histogram(.latency)),
    ])
}
