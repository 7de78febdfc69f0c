/// What a strategy must know of all candidates before it can tell the cost of one. Gathered in one pass, without allocation.
struct Survey {
  var candidates = 0
  var fewestInFlight = Int.max
  private var sumInFlight = 0.0
  private var squaresInFlight = 0.0
  /// In blocks, useful ones.
  var longestMatch = 0

  mutating func add(_ candidate: Candidate, _ request: BalancingRequest) {
    candidates += 1
    let inFlight = candidate.state.inFlight
    fewestInFlight = min(fewestInFlight, inFlight)
    sumInFlight += Double(inFlight)
    squaresInFlight += Double(inFlight) * Double(inFlight)
    longestMatch = max(longestMatch, candidate.usefulBlocks(request))
  }

  var meanInFlight: Double { candidates > 0 ? sumInFlight / Double(candidates) : 0 }

  /// The sample's standard deviation; 0 for one candidate.
  var deviationInFlight: Double {
    guard candidates > 1 else { return 0 }
    let count = Double(candidates)
    return (max(0, squaresInFlight - sumInFlight * sumInFlight / count) / (count - 1)).squareRoot()
  }
}
