import Balancing
import Fleet
import Reliability
import Seeded

/// One run in virtual time: event loops that do what a gateway's do, with the real machines, picker, counters and health,
/// against engines that misbehave. After every event the machines touched are held against ``Truth``; every some hundred
/// events everything is counted anew.
final class World {
  static let waitTimeout: UInt64 = .milliseconds(200)

  let seed: UInt64
  let settings: SimulationSettings
  var random: SeededGenerator
  var now: UInt64 = .seconds(1)
  var queue = EventQueue()
  var tally: SimulationTally
  var failure: SimulationFailure?
  var step = 0

  // What a gateway has
  let placements: [Placement]
  let model: FleetModel
  let load: GatewayLoad
  var pools: [[ConnectionPool]]
  var budgets: [RetryBudget]
  var hedging: [HedgePolicy]
  var drain: DrainMachine

  // The world around it
  var faults: [Fault]
  var requests: [Int: SimulatedRequest] = [:]
  var copies: [Int: Copy] = [:]
  var truth: Truth
  var truthPools: [[Truth.Pool]]
  var outcomes: [ReplicaLoad.Outcomes]
  var nextSerial = 0
  var isStopping = false
  var isStopped = false

  init(seed: UInt64, tally: SimulationTally) {
    self.seed = seed
    self.tally = tally
    var random = SeededGenerator(seed: seed)
    let settings = SimulationSettings(random: &random)
    self.settings = settings
    placements = (0..<settings.replicas).map { id in
      let replica = Replica(
        id: id, name: "r\(id)", host: "h", port: id + 1, health: ReplicaHealth(ejection: settings.ejection),
        requestLimit: settings.limits.requests)
      return Placement(replica: replica, weight: random.between(1, 3), upstreamModel: "m")
    }
    model = FleetModel(
      name: "m", placements: placements,
      policy: ModelPolicy(outliers: settings.outliers, ejection: settings.ejection))
    load = GatewayLoad(shedder: settings.shedder)
    pools = Array(
      repeating: Array(repeating: ConnectionPool(settings: settings.pool), count: settings.replicas),
      count: settings.loops)
    truthPools = Array(repeating: Array(repeating: Truth.Pool(), count: settings.replicas), count: settings.loops)
    budgets = Array(
      repeating: RetryBudget(
        ratio: settings.budgetRatio, reserve: settings.budgetReserve, window: settings.budgetWindow),
      count: settings.loops)
    hedging = Array(repeating: HedgePolicy(delay: settings.hedge, share: settings.hedgeShare), count: settings.loops)
    drain = DrainMachine(limit: .milliseconds(UInt64(random.between(0, 600))))
    faults = Array(repeating: .none, count: settings.replicas)
    truth = Truth(loops: settings.loops, replicas: settings.replicas)
    outcomes = Array(repeating: .init(), count: settings.replicas)
    self.random = random
  }

  func run(steps: Int) throws(SimulationFailure) {
    for loop in 0..<settings.loops {
      schedule(.clientArrives(loop: loop), in: random.span(0, 5_000))
      schedule(.chores(loop: loop), in: random.span(0, 20_000))
    }
    for replica in 0..<settings.replicas {
      schedule(.probe(replica: replica), in: random.span(0, 100_000))
      schedule(.faultChanges(replica: replica), in: random.span(50_000, 2_000_000))
    }
    schedule(.outliers, in: settings.outliers.interval)
    while step < steps {
      try advance()
      if step % 512 == 0 { checkEverything() }
    }
    try stop()
    if let failure { throw failure }
  }

  private func advance() throws(SimulationFailure) {
    guard let entry = queue.popFirst() else { return }
    expect(entry.time >= now, "time went back")
    now = entry.time
    step += 1
    tally.steps += 1
    handle(entry.event)
    if let failure { throw failure }
  }

  /// As after SIGTERM; ends with nothing left.
  private func stop() throws(SimulationFailure) {
    isStopping = true
    guard case .stopAccepting(let until) = drain.stopRequested(now: now) else {
      return expect(false, "the first request to stop does not begin a drain")
    }
    for loop in pools.indices { for replica in pools[loop].indices { pools[loop][replica].drain() } }
    var action = drain.connectionsLeft(truth.live)
    while action == .none {
      try advance()
      action = drain.state == .stopped ? .exit : drain.tick(now: now)
      if case .abandon(let count) = action {
        expect(now >= until, "the drain was cut short")
        expect(count == truth.live && count > 0, "the drain abandons \(count) of \(truth.live) requests")
        for id in requests.keys.sorted() {
          if let request = requests[id] { abandon(request) }
        }
      }
    }
    expect(drain.state == .stopped && truth.live == 0, "the drain ended with \(truth.live) requests")
    for loop in pools.indices { doChores(loop) }
    isStopped = true
    while !queue.isEmpty { try advance() }
    checkEverything()
    checkNothingIsLeft()
  }

  private func handle(_ event: Event) {
    switch event {
    case .clientArrives(let loop): arrive(loop)
    case .clientLeaves(let id): if let request = requests[id] { leave(request) }
    case .hedgeDue(let id): if let request = requests[id] { hedge(request) }
    case .copyTimesOut(let serial): if let copy = copies[serial] { timeOut(copy) }
    case .firstByte(let serial): if let copy = copies[serial] { firstByte(copy) }
    case .answerEnds(let serial): if let copy = copies[serial] { endAnswer(copy) }
    case .copyFails(let serial, let failure): if let copy = copies[serial] { engineFailed(copy, failure) }
    case .connectEnds(let loop, let replica, let connection, let succeeds):
      connectEnded(loop, replica, connection, succeeds)
    case .engineCloses(let loop, let replica, let connection): engineCloses(loop, replica, connection)
    case .closeArrives(let loop, let replica, let connection): closeArrives(loop, replica, connection)
    case .chores(let loop):
      doChores(loop)
      if !isStopped { schedule(event, in: .milliseconds(20)) }
    case .probe(let replica):
      probe(replica)
      if !isStopped { schedule(event, in: .milliseconds(100)) }
    case .outliers:
      findOutliers()
      if !isStopped { schedule(event, in: settings.outliers.interval) }
    case .faultChanges(let replica):
      changeFault(replica)
      if !isStopped { schedule(event, in: random.span(50_000, 2_000_000)) }
    }
  }

  func schedule(_ event: Event, in span: UInt64) { queue.insert(event, at: now + span) }

  /// Keeps the first promise that is broken; the run ends after the event.
  func expect(_ holds: Bool, _ message: @autoclosure () -> String) {
    if !holds, failure == nil { failure = SimulationFailure(seed: seed, step: step, message: message()) }
  }
}
