/// What a run did, to see that it reached what it is there for.
public struct SimulationTally: Sendable, CustomStringConvertible {
  public var steps = 0
  public var worlds = 0
  public var requests = 0
  public var served = 0
  public var refused = 0
  public var shed = 0
  public var broken = 0
  public var left = 0
  public var retries = 0
  public var freshConnections = 0
  public var hedges = 0
  public var overflows = 0
  public var allFull = 0
  public var noneReady = 0
  public var budgetDenied = 0
  public var ejections = 0
  public var outliers = 0
  public var lastResorts = 0
  public var slowStarts = 0
  public var waiterTimeouts = 0
  public var abandoned = 0

  public init() {}

  public var description: String {
    """
    \(steps) steps in \(worlds) worlds, \(requests) requests: \(served) served, \(refused) answered with an error, \
    \(shed) shed, \(broken) broke off, \(left) left by their client, \(abandoned) cut at the end
    \(retries) retries, \(budgetDenied) denied by the budget, \(freshConnections) sent again on a fresh connection, \
    \(hedges) hedges
    \(overflows) overflows, \(waiterTimeouts) waited too long, \(allFull) found all replicas full, \(noneReady) none ready
    \(ejections) ejections, \(outliers) of them outliers, \(lastResorts) requests on an ejected replica for want of \
    others, \(slowStarts) in a slow start
    """
  }

  /// Whether every kind of thing happened: else the simulation tests less than it says.
  public var reachedEverything: Bool {
    [
      served, refused, shed, broken, left, retries, freshConnections, hedges, overflows, allFull, noneReady,
      budgetDenied, ejections, outliers, lastResorts, slowStarts, waiterTimeouts, abandoned,
    ].allSatisfy { $0 > 0 }
  }
}
