import Balancing
import Fleet
import Reliability

/// What the engines, the probes and the outlier check do.
extension World {
  /// A request reached its connection.
  func engineReceives(_ copy: Copy) {
    guard !isDead(copy) else {
      return schedule(.copyFails(serial: copy.serial, .connectionClosed), in: random.span(50, 500))
    }
    let serial = copy.serial
    switch faults[copy.replica] {
    case .none, .breaksOff, .refuses: schedule(.firstByte(serial: serial), in: random.span(1_000, 30_000))
    case .slow: schedule(.firstByte(serial: serial), in: random.span(20_000, 600_000))
    case .hangs: break
    case .resets: schedule(.copyFails(serial: serial, .connectionClosed), in: random.span(100, 5_000))
    case .garbage: schedule(.copyFails(serial: serial, .garbage), in: random.span(100, 5_000))
    case .fails:
      if random.chance(percent: 50) {
        schedule(.firstByte(serial: serial), in: random.span(1_000, 30_000))
      } else {
        let status = [500, 502, 503, 504, 501][random.below(5)]
        schedule(.copyFails(serial: serial, .status(status)), in: random.span(100, 5_000))
      }
    }
  }

  func changeFault(_ replica: Int) {
    let fault = random.chance(percent: 55) ? Fault.none : Fault.allCases[random.below(Fault.allCases.count)]
    faults[replica] = fault
    if fault == .refuses { engineDies(replica) }
  }

  func probe(_ replica: Int) {
    let isAlive = faults[replica] != .refuses && (faults[replica] != .hangs || random.chance(percent: 70))
    let health = placements[replica].replica.health
    health.handle(isAlive ? .probeSucceeded : .probeFailed(reason: "refused"), now: now)
    checkEjection(replica)
    expect(health.state == health.state(at: now), "the verdict that was told is not the one that is chosen by")
  }

  func findOutliers() {
    let samples = placements.indices.map { index in
      let replica = placements[index].replica
      let taken = replica.load.takeOutcomes()
      expect(taken == outcomes[index], "replica \(index) counted \(taken), it was \(outcomes[index])")
      outcomes[index] = .init()
      let state = replica.health.state(at: now)
      return SuccessRateOutliers.Sample(
        successes: taken.successes, failures: taken.failures, isOut: state == .ejected || state == .failing)
    }
    let outliers = settings.outliers.outliers(among: samples)
    for index in outliers {
      tally.outliers += 1
      expect(!samples[index].isOut, "replica \(index) is out and was found an outlier")
      placements[index].replica.health.handle(.foundOutlier(reason: "outlier"), now: now)
      checkEjection(index)
    }
    guard !outliers.isEmpty else { return }
    let out = placements.count { placement in
      let state = placement.replica.health.state(at: now)
      return state == .ejected || state == .failing
    }
    expect(out < placements.count, "the outlier check ejected the last replica")
    expect(
      out == 1 && settings.outliers.maximumEjectionPercent > 0
        || out * 100 <= placements.count * settings.outliers.maximumEjectionPercent,
      "\(out) of \(placements.count) replicas are out, allowed are \(settings.outliers.maximumEjectionPercent) %")
  }
}
