/// `lora-affinity`: a replica that has the request's adapter loaded; of those the soonest, as by `least-ttft`.
///
/// When none has, the slot rule chooses where it is loaded: the replica with the most free slots for adapters, among equals
/// the soonest. Slots are what the engine says (`max_loras`) less those that are known to be taken; an engine that does not
/// say comes after those that do, and has the fewer free the more it has loaded.
enum LoRAAffinityStrategy {
  static let documentation = StrategyDocumentation(
    "A replica that has the adapter loaded; when none has, the one with the most free slots.",
    inputs: "adapters that engines have loaded, slots from metrics", substitute: .leastTTFT, isCombinable: false)

  @inline(__always) static func cost(_ candidate: Candidate, _ request: BalancingRequest) -> Double {
    let seconds = min(LeastTTFTStrategy.cost(candidate, request), 1e5)
    if candidate.replica.adapters.contains(request.adapterKey) { return seconds - 1e9 }
    let loaded = Double(candidate.replica.adapters.count)
    guard let slots = candidate.metric(.maxAdapters) else { return seconds + (1_000 + loaded) * 1e6 }
    return seconds + (1_000 - min(1_000, slots - loaded)) * 1e6
  }
}
