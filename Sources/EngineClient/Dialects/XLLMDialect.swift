extension EngineDialect {
  /// xLLM, whose names have no prefix.
  public static let xllm = EngineDialect(
    name: "xllm",
    rows: [
      Row(name: "kv_cache_utilization", meaning: .gauges([.kvCacheUsage, .gpuCacheUsage])),
      Row(name: "engine_utilization", meaning: .gauges([.engineUtilization])),
    ])
}
