/// The costs of all candidates by each part of a strategy, as far as they are known.
struct KnownCosts {
  /// By one part.
  struct Part {
    var known = 0
    var least = Double.infinity
    var most = -Double.infinity
    var sum = 0.0

    /// Of those that are known.
    var mean: Double { known > 0 ? sum / Double(known) : 0 }

    mutating func add(_ cost: Double) {
      known += 1
      least = min(least, cost)
      most = max(most, cost)
      sum += cost
    }

    /// 1 for the best cost, 0 for the worst, 1 for all when they are equal.
    func score(_ cost: Double) -> Double { most > least ? (most - cost) / (most - least) : 1 }
  }

  var candidates = 0
  var parts = InlineArray<8, Part>(repeating: Part())

  mutating func add(
    _ candidate: Candidate, _ request: BalancingRequest, _ parts: ReplicaPicker.Parts, _ survey: Survey
  ) {
    candidates += 1
    for part in 0..<parts.count {
      if let cost = parts.kinds[part].cost(candidate, request, survey) { self.parts[part].add(cost) }
    }
  }
}
