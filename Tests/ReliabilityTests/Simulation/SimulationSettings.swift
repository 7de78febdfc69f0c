import Balancing
import Reliability
import Seeded

/// One world's sizes and limits, drawn from its seed: small, so that every limit is reached often.
struct SimulationSettings {
  let loops: Int
  let replicas: Int
  let ejection: EjectionMachine.Settings
  let outliers: SuccessRateOutliers
  let pool: ConnectionPool.Settings
  let limits: CircuitLimits
  let budgetRatio: Double
  let budgetReserve: Int
  let budgetWindow: UInt64
  let attemptLimit: Int
  let hedge: HedgePolicy.Delay
  let hedgeShare: Double
  let shedder: LoadShedder
  let firstByteTimeout: UInt64
  /// Mean microseconds between two requests of one loop.
  let meanGap: Int

  init(random: inout SeededGenerator) {
    loops = random.between(1, 4)
    replicas = random.between(1, 6)
    let base = UInt64.milliseconds(UInt64(random.between(20, 500)))
    ejection = EjectionMachine.Settings(
      consecutiveFailures: random.between(1, 4), base: base, longest: base * UInt64(random.between(1, 40)),
      slowStart: SlowStart(
        window: .milliseconds(UInt64(random.between(0, 2_000))), floor: Double(random.between(5, 100)) / 100))
    outliers = SuccessRateOutliers(
      minimumRequests: random.between(3, 20), maximumEjectionPercent: random.between(0, 100), interval: .seconds(1))
    limits = CircuitLimits(
      connections: random.between(1, 12),
      pending: random.chance(percent: 30) ? random.between(7, 40) : random.between(0, 6),
      requests: random.chance(percent: 50) ? .max : random.between(1, 12))
    let maximumIdle = random.between(0, 8)
    pool = ConnectionPool.Settings(
      limits: limits, maximumIdle: maximumIdle, minimumIdle: min(maximumIdle, random.between(0, 2)),
      idleTimeout: .milliseconds(UInt64(random.between(50, 1_000))), warmingPause: .milliseconds(50))
    budgetRatio = Double(random.between(5, 50)) / 100
    budgetReserve = random.between(0, 10)
    budgetWindow = .seconds(UInt64(random.between(1, 10)))
    attemptLimit = random.between(1, ReplicaSet.capacity)
    switch random.below(3) {
    case 0: hedge = .never
    case 1: hedge = .after(.milliseconds(UInt64(random.between(5, 80))))
    default: hedge = .quantile(0.95, atLeast: .milliseconds(5))
    }
    hedgeShare = Double(random.between(1, 20)) / 100
    shedder = LoadShedder(maximumRequests: random.between(4, 80), maximumBytes: random.between(20_000, 400_000))
    firstByteTimeout = .milliseconds(UInt64(random.between(100, 500)))
    meanGap = random.between(1_000, 20_000)
  }
}
