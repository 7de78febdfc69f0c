import Fleet
import HTTPWire
import NIOCore
import NIOPosix
import Pipeline
import Reliability
import Telemetry

/// What one event loop owns: the snapshot in force, the connections to engines, its random source, its
/// accounts. Used from that loop alone, so nothing here is locked.
final class GatewayLoop {
  let eventLoop: any EventLoop
  let context: GatewayContext
  private(set) var snapshot: RoutingSnapshot
  var random = LoopRandom()
  var chooser: ReplicaChooser
  private(set) var isDraining = false

  private var pools: [Int: EnginePool] = [:]
  /// By replica, of the snapshot in force.
  private var policies: [Int: ModelPolicy]
  private var states: [String: ModelState] = [:]
  private var lastAttemptID = 0
  private var upstreams: [ObjectIdentifier: UpstreamConnection] = [:]
  private var clients: [ObjectIdentifier: any ClientConnection] = [:]
  var accounts: LoopAccounts
  /// Where heads are put together, one at a time.
  let text = TextWriter(capacity: 4096)
  var date = DateLine()
  private var sweep: RepeatedTask?
  private var ticks = 0
  private static let ticksPerSecond = 10

  init(eventLoop: any EventLoop, context: GatewayContext, snapshot: RoutingSnapshot) {
    self.eventLoop = eventLoop
    self.context = context
    self.snapshot = snapshot
    accounts = LoopAccounts(context)
    chooser = ReplicaChooser(index: snapshot.index)
    policies = Self.policies(snapshot)
  }

  private static func policies(_ snapshot: RoutingSnapshot) -> [Int: ModelPolicy] {
    Dictionary(uniqueKeysWithValues: snapshot.fleet.replicaPolicies.map { ($0.replica.id, $0.policy) })
  }

  /// Starts the periodic work. Call on the loop.
  func start() {
    warm()
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    sweep = eventLoop.scheduleRepeatedTask(initialDelay: .milliseconds(100), delay: .milliseconds(100)) { _ in
      bound.value.sweepNow(bound.value.refreshTime())
    }
  }

  /// Takes a new snapshot into force. Budgets and connections of what is still there are kept.
  func publish(_ snapshot: RoutingSnapshot) {
    self.snapshot = snapshot
    var kept: [String: ModelState] = [:]
    for (model, balancing) in zip(snapshot.fleet.models, snapshot.balancing) {
      guard let state = states[model.name] else { continue }
      state.update(model, balancing)
      kept[model.name] = state
    }
    states = kept
    policies = Self.policies(snapshot)
    for (id, pool) in pools {
      if let policy = policies[id] { pool.apply(policy) } else { pool.drain() }
    }
    warm()
  }

  /// The loop's state of a model; nil if the fleet has none of that name.
  func model(named name: String) -> ModelState? {
    if let known = states[name] { return known }
    guard let index = snapshot.fleet.index(ofModel: name) else { return nil }
    let new = ModelState(snapshot.fleet.models[index], snapshot.balancing[index])
    states[name] = new
    return new
  }

  func pool(_ replica: Replica) -> EnginePool {
    if let known = pools[replica.id] { return known }
    let policy = policies[replica.id]
    let new = EnginePool(replica, policy: policy ?? ModelPolicy(), loop: self)
    // A request from before a reload may still go to a replica that is no longer there.
    if policy == nil { new.drain() }
    pools[replica.id] = new
    return new
  }

  func nextAttemptID() -> Int {
    lastAttemptID += 1
    return lastAttemptID
  }

  /// The moment, as the machines take it: monotonic nanoseconds.
  var now: UInt64 { time.uptimeNanoseconds }

  /// When the event began that is being handled: a clock read for each would cost more than most of what is measured.
  private(set) var time = NIODeadline.now()

  /// To be called where an event comes in: bytes, a timer, a connection.
  @discardableResult
  func refreshTime() -> NIODeadline {
    time = .now()
    return time
  }

  /// To be called before anything else of an event is handled: refreshes the time and flushes those connections that have
  /// waited long enough. That may end connections and their requests, so it is not for the midst of a request.
  @discardableResult
  func eventBegins() -> NIODeadline {
    refreshTime()
    if flushes.isDue(at: time) { flushAll() }
    return time
  }

  private var flushes = LoopFlushes()

  /// Flushes a connection at the end of the loop's turn, or sooner.
  func flushLater(_ connection: any DeferredFlush) {
    if flushes.isEmpty { eventLoop.execute(endOfTurn ?? makeEndOfTurn()) }
    flushes.add(connection, at: time)
  }

  /// What flushes at the end of a turn, made once; let go of in the end, since it refers to this.
  private var endOfTurn: (@Sendable () -> Void)?

  private func makeEndOfTurn() -> @Sendable () -> Void {
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    let task: @Sendable () -> Void = { bound.value.flushAll() }
    endOfTurn = task
    return task
  }

  private func flushAll() {
    let taken = flushes.take()
    for connection in taken { connection.flushDeferred() }
    flushes.giveBack(taken)
  }

  /// Connections whose engines send in bursts: they are read again together.
  private var paused: [UpstreamConnection] = []

  /// Reads a connection again once the pause that is under way is over, or else one that begins now.
  func readLater(_ connection: UpstreamConnection) {
    if paused.isEmpty {
      let bound = NIOLoopBound(self, eventLoop: eventLoop)
      eventLoop.scheduleTask(in: ReadPacing.pause) { bound.value.readPaused() }
    }
    paused.append(connection)
  }

  private func readPaused() {
    let now = refreshTime()
    let taken = paused
    paused = []
    for connection in taken { connection.readAfterPause(now) }
  }

  /// Opens connections ahead where policies want some.
  private func warm() {
    guard !isDraining else { return }
    for (replica, policy) in snapshot.fleet.replicaPolicies where policy.pool.minimumIdle > 0 { pool(replica).sweep() }
  }

  func stop() {
    sweep?.cancel()
    for client in clients.values { client.stop() }
    for upstream in upstreams.values { upstream.close() }
    accounts.flushLog()
    endOfTurn = nil
  }

  /// No new requests on kept connections from now on.
  func drain() {
    isDraining = true
    for client in clients.values { client.drain() }
    for pool in pools.values { pool.drain() }
  }

  var clientCount: Int { clients.count }

  // MARK: Connections

  /// Takes a client's connection in, until ``remove(_:)``.
  ///
  /// - Returns: false when there are too many: it is to be closed.
  func add(_ client: any ClientConnection) -> Bool {
    guard context.connections.add(upTo: context.settings.connectionLimit) else {
      context.metrics.connectionsRefused.increment()
      return false
    }
    clients[ObjectIdentifier(client)] = client
    return true
  }

  /// The connection has ended. Harmless when it was not taken in.
  func remove(_ client: any ClientConnection) {
    if clients.removeValue(forKey: ObjectIdentifier(client)) != nil { context.connections.remove() }
  }

  /// Opens a connection. The completion runs on this loop.
  func connect(
    _ replica: Replica, timeout: TimeAmount, _ completion: @escaping (Result<UpstreamConnection, any Error>) -> Void
  ) {
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    let completion = NIOLoopBound(completion, eventLoop: eventLoop)
    ClientBootstrap(group: eventLoop)
      .connectTimeout(timeout)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelOption(.socketOption(.so_keepalive), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if replica.usesTLS {
            try channel.pipeline.syncOperations.addHandler(bound.value.context.tls.handler(host: replica.host))
          }
          let connection = UpstreamConnection(loop: bound.value, replica: replica)
          try channel.pipeline.syncOperations.addHandler(connection)
        }
      }
      .connect(host: replica.host, port: replica.port, on: eventLoop)
      .flatMapThrowing { channel in
        NIOLoopBound(
          try channel.pipeline.syncOperations.handler(type: UpstreamConnection.self), eventLoop: channel.eventLoop)
      }
      .whenComplete { result in
        switch result {
        case .success(let connection) where replica.usesTLS:
          connection.value.whenSecured(within: timeout) { completion.value($0.map { connection.value }) }
        case .success(let connection): completion.value(.success(connection.value))
        case .failure(let error): completion.value(.failure(error))
        }
      }
  }

  func opened(_ upstream: UpstreamConnection) { upstreams[ObjectIdentifier(upstream)] = upstream }
  func closed(_ upstream: UpstreamConnection) { upstreams[ObjectIdentifier(upstream)] = nil }

  private func sweepNow(_ now: NIODeadline) {
    for upstream in upstreams.values { upstream.expire(now) }
    for client in clients.values { client.expire(now) }
    for pool in pools.values { pool.sweep() }
    ticks += 1
    guard ticks % Self.ticksPerSecond == 0 else { return }
    for (id, pool) in pools where pool.isForgettable { pools[id] = nil }
    accounts.flushLog()
  }
}
