import Reliability

extension FleetSnapshot {
  /// Every replica once, and the policy that holds for it: that of the first model it serves.
  public var replicaPolicies: [(replica: Replica, policy: ModelPolicy)] {
    var policies: [Int: ModelPolicy] = [:]
    for model in models {
      for placement in model.placements where policies[placement.replica.id] == nil {
        policies[placement.replica.id] = model.policy
      }
    }
    return replicas.map { ($0, policies[$0.id] ?? ModelPolicy()) }
  }

  /// Tells the replicas what their policies say of ejection and limits. To be called when the snapshot comes into force.
  public func applyPolicies() {
    for (replica, policy) in replicaPolicies {
      replica.health.apply(policy.ejection)
      replica.requestLimit = policy.pool.limits.requests
      replica.connectionLimit = policy.pool.limits.connections
    }
  }

  /// Compares how requests ended on each model's replicas since the last call, and ejects those that fail far more often
  /// than their siblings (``SuccessRateOutliers``). Also lets time pass for the others, so that the end of an ejection
  /// shows.
  ///
  /// - Returns: the replicas of which something else is thought now.
  public func ejectOutliers(now: UInt64) -> [Replica] {
    FleetModel.ejections.withLock { _ in ejectOutliersAlone(now: now) }
  }

  private func ejectOutliersAlone(now: UInt64) -> [Replica] {
    var outcomes: [Int: ReplicaLoad.Outcomes] = [:]
    for replica in replicas { outcomes[replica.id] = replica.load.takeOutcomes() }
    var changed: [Replica] = []
    for model in models where model.policy.ejectsOutliers {
      let samples = model.placements.map { placement in
        let outcome = outcomes[placement.replica.id] ?? .init()
        let state = placement.replica.health.state(at: now)
        return SuccessRateOutliers.Sample(
          successes: outcome.successes, failures: outcome.failures, isOut: state == .ejected || state == .failing)
      }
      for index in model.policy.outliers.outliers(among: samples) {
        let sample = samples[index]
        let replica = model.placements[index].replica
        let reason =
          "\(sample.failures) of \(sample.failures + sample.successes) requests failed, more than on its siblings"
        if replica.health.handle(.foundOutlier(reason: reason), now: now) != nil { changed.append(replica) }
      }
    }
    for replica in replicas where replica.health.handle(.tick, now: now) != nil { changed.append(replica) }
    return changed
  }
}
