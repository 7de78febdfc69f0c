import EngineClient
import Fleet
import NIOCore
import NIOPosix
import Reliability

/// One loop's connections to one replica: carries out what its ``ConnectionPool`` says. Used from that loop.
final class EnginePool {
  let replica: Replica
  private unowned let loop: GatewayLoop
  private var machine: ConnectionPool
  private var connectTimeout: TimeAmount
  private var connections: [Int: UpstreamConnection] = [:]
  private var waiters: [Int: Attempt] = [:]
  /// What this pool adds to the counts that the loops share.
  private var reported = CircuitLimits.Use()

  init(_ replica: Replica, policy: ModelPolicy, loop: GatewayLoop) {
    self.replica = replica
    self.loop = loop
    machine = ConnectionPool(settings: policy.pool)
    connectTimeout = Self.connectTimeout(policy)
  }

  /// Nothing is lost when the pool is forgotten.
  var isForgettable: Bool {
    machine.open == 0 && machine.waiting == 0 && (machine.isDraining || machine.settings.minimumIdle == 0)
  }

  /// The configuration was read anew.
  func apply(_ policy: ModelPolicy) {
    machine.apply(policy.pool)
    connectTimeout = Self.connectTimeout(policy)
  }

  /// No longer than a request waits for a connection: that a replica cannot be reached is to count against it.
  private static func connectTimeout(_ policy: ModelPolicy) -> TimeAmount {
    TimeAmount(min(policy.connectTimeout, policy.firstByteTimeout))
  }

  /// Finds or opens a connection. The attempt's exchange is told at once or later.
  func lease(_ attempt: Attempt) {
    switch machine.lease(waiter: attempt.id, others: others) {
    case .use(let id):
      if let connection = connections[id] { attempt.exchange.connected(attempt, connection) }
    case .open(let id):
      waiters[attempt.id] = attempt
      attempt.hasOpened = true
      report()
      connect(id)
    case .wait:
      waiters[attempt.id] = attempt
      report()
    case .overflow: attempt.exchange.engineFailed(attempt, .overflow)
    }
  }

  /// The connection that was leased for this attempt had been closed by the engine; another is opened in its place.
  func replaceDead(_ connection: UpstreamConnection, for attempt: Attempt) {
    connections[connection.poolID] = nil
    guard let fresh = machine.foundDead(connection.poolID, waiter: attempt.id) else { return lease(attempt) }
    waiters[attempt.id] = attempt
    attempt.hasOpened = true
    report()
    connect(fresh)
  }

  /// The attempt was given up before it had a connection. Harmless when it has one.
  func waiterGone(_ attempt: Attempt) {
    guard waiters.removeValue(forKey: attempt.id) != nil else { return }
    machine.waiterGone(attempt.id)
    report()
  }

  /// The attempt has waited for as long as it may, and is given up.
  ///
  /// - Returns: why it has no connection: one that was opened for it may be about to fail at this very moment.
  func waitedTooLong(_ attempt: Attempt) -> UpstreamFailure {
    let isBeingOpened = attempt.hasOpened && machine.connecting > 0
    waiterGone(attempt)
    return isBeingOpened ? .cannotConnect(ChannelError.connectTimeout(connectTimeout)) : .noConnectionInTime
  }

  /// The head of an answer said how long the engine keeps idle connections; nil when it did not.
  func engineSaid(idleSeconds: Int?) { machine.engineSaid(idleTimeout: idleSeconds.map { .seconds(UInt64($0)) }) }

  /// The connection has carried an answer and can carry another.
  func released(_ connection: UpstreamConnection) {
    settle(connection, machine.released(connection.poolID, now: loop.now, others: others))
    report()
  }

  /// The connection has ended, or is about to.
  func closed(_ connection: UpstreamConnection) {
    guard connections[connection.poolID] === connection else { return }
    connections[connection.poolID] = nil
    if let fresh = machine.closed(connection.poolID, others: others) { connect(fresh) }
    report()
  }

  /// Does what time has brought up. Called several times a second, so that connections end before their engine ends them.
  func sweep() {
    while let chore = machine.nextChore(now: loop.now, others: others) {
      switch chore {
      case .close(let id): connections.removeValue(forKey: id)?.close()
      case .open(let id): connect(id)
      }
    }
    report()
  }

  func drain() {
    machine.drain()
    sweep()
  }

  // MARK: Opening

  private func connect(_ id: Int) {
    loop.connect(replica, timeout: connectTimeout) { [self] result in
      loop.refreshTime()
      switch result {
      case .success(let connection):
        connection.join(self, as: id)
        connections[id] = connection
        settle(connection, machine.connected(id, now: loop.now))
      case .failure(let error):
        let failure = machine.connectFailed(id, now: loop.now, others: others)
        if let fresh = failure.open { connect(fresh) }
        if let refused = failure.refusedWaiter, let attempt = waiters.removeValue(forKey: refused) {
          attempt.exchange.engineFailed(
            attempt, ConnectionFailure.isOurs(error) ? .exhausted(error) : .cannotConnect(error))
        }
      }
      report()
    }
  }

  private func settle(_ connection: UpstreamConnection, _ assignment: ConnectionPool.Assignment) {
    switch assignment {
    case .keep: connection.stands()
    case .give(let waiter):
      report()
      guard let attempt = waiters.removeValue(forKey: waiter) else { return released(connection) }
      attempt.exchange.connected(attempt, connection)
    case .close:
      connections[connection.poolID] = nil
      connection.close()
    }
  }

  // MARK: Shared counts

  private var others: CircuitLimits.Use {
    CircuitLimits.Use(
      connections: replica.load.connections - reported.connections, pending: replica.load.pending - reported.pending)
  }

  private func report() {
    let use = machine.use
    guard use != reported else { return }
    replica.load.count(
      connections: use.connections - reported.connections, pending: use.pending - reported.pending)
    reported = use
  }
}
