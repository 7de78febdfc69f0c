/// `least-kv-cache`: the replica whose KV cache is emptiest, on the GPU and, where the engine has one, on the CPU.
///
/// cost = share of the KV cache in use + share of the CPU cache in use. An engine that tells nothing of a CPU cache has
/// none: that part is then 0, which is what it holds.
enum LeastKVCacheStrategy {
  static let documentation = StrategyDocumentation(
    "The replica whose KV cache is emptiest, that on the CPU included.", inputs: "KV cache usage, from metrics",
    substitute: .leastRequest)

  @inline(__always) static func cost(_ candidate: Candidate) -> Double? {
    candidate.placement.read { $0.vitals.cacheUse(now: candidate.now) }
  }

  /// Tells from what a replica's engine says of its caches that it would not be chosen.
  struct Bound: CostBound {
    let now: UInt64
    private var allowed = Double.infinity

    @inline(__always) init(now: UInt64) { self.now = now }

    @inline(__always) mutating func lower(to cost: Double) { allowed = cost }

    @inline(__always) func isExceeded(by placement: BorrowedPlacement, _ matches: PrefixMatches?) -> Bool {
      // One that is unknown may be chosen.
      guard let use = placement.read({ $0.vitals.cacheUse(now: now) }) else { return false }
      return use > allowed
    }
  }
}
