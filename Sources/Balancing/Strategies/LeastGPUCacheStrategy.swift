/// `least-gpu-cache`: the replica whose KV cache on the GPU is emptiest. Newer engines tell it as KV cache usage alone.
enum LeastGPUCacheStrategy {
  static let documentation = StrategyDocumentation(
    "The replica whose KV cache on the GPU is emptiest.", inputs: "GPU or KV cache usage, from metrics",
    substitute: .leastRequest)

  @inline(__always) static func cost(_ candidate: Candidate) -> Double? {
    candidate.metric(.gpuCacheUsage) ?? candidate.metric(.kvCacheUsage)
  }
}
