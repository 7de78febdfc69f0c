/// `least-kv-cache`: the replica whose KV cache is emptiest, on the GPU and, where the engine has one, on the CPU.
///
/// cost = share of the KV cache in use + share of the CPU cache in use. An engine that tells nothing of a CPU cache has
/// none: that part is then 0, which is what it holds.
enum LeastKVCacheStrategy {
  static let documentation = StrategyDocumentation(
    "The replica whose KV cache is emptiest, that on the CPU included.", inputs: "KV cache usage, from metrics",
    substitute: .leastRequest)

  @inline(__always) static func cost(_ candidate: Candidate) -> Double? {
    guard let usage = candidate.metric(.kvCacheUsage) ?? candidate.metric(.gpuCacheUsage) else { return nil }
    return usage + (candidate.metric(.cpuCacheUsage) ?? 0)
  }
}
