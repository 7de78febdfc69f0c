import Fleet
import HTTPWire
import NIOCore
import NIOPosix
import Pipeline
import Telemetry

/// What one event loop owns: the snapshot in force, the connections to engines, its random source, its share of the
/// access log. Used from that loop alone, so nothing here is locked.
final class GatewayLoop {
  let eventLoop: any EventLoop
  let context: GatewayContext
  var snapshot: RoutingSnapshot
  var random = LoopRandom()
  private(set) var isDraining = false

  private var idle: [Int: [UpstreamConnection]] = [:]
  private var upstreams: [ObjectIdentifier: UpstreamConnection] = [:]
  private var clients: [ObjectIdentifier: any ClientConnection] = [:]
  private var models: [String: GatewayMetrics.Model] = [:]
  private var decisions: [String: GatewayMetrics.Decision] = [:]
  /// By status, of which engines have at most 900.
  private var answers: [Int: Counter] = [:]
  private var log = AccessLogBuffer()
  private var sweep: RepeatedTask?

  init(eventLoop: any EventLoop, context: GatewayContext, snapshot: RoutingSnapshot) {
    self.eventLoop = eventLoop
    self.context = context
    self.snapshot = snapshot
  }

  /// Starts the periodic work. Call on the loop.
  func start() {
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    sweep = eventLoop.scheduleRepeatedTask(initialDelay: .milliseconds(100), delay: .milliseconds(100)) { _ in
      bound.value.sweepNow(.now())
    }
  }

  func stop() {
    sweep?.cancel()
    for client in clients.values { client.close() }
    for upstream in upstreams.values { upstream.close() }
    flushLog()
  }

  /// No new requests on kept connections from now on.
  func drain() {
    isDraining = true
    for client in clients.values { client.drain() }
  }

  var isEmpty: Bool { clients.isEmpty }

  // MARK: Connections

  func add(_ client: any ClientConnection) { clients[ObjectIdentifier(client)] = client }
  func remove(_ client: any ClientConnection) { clients[ObjectIdentifier(client)] = nil }

  /// An idle connection to a replica, the most recently used first.
  func takeIdle(_ replica: Replica) -> UpstreamConnection? { idle[replica.id]?.popLast() }

  /// Opens a connection. The completion runs on this loop.
  func connect(_ replica: Replica, _ completion: @escaping (Result<UpstreamConnection, any Error>) -> Void) {
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    let completion = NIOLoopBound(completion, eventLoop: eventLoop)
    ClientBootstrap(group: eventLoop)
      .connectTimeout(context.settings.connectTimeout)
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
      .connect(host: replica.host, port: replica.port)
      .flatMapThrowing { channel in
        NIOLoopBound(
          try channel.pipeline.syncOperations.handler(type: UpstreamConnection.self), eventLoop: channel.eventLoop)
      }
      .whenComplete { result in completion.value(result.map { $0.value }) }
  }

  func opened(_ upstream: UpstreamConnection) { upstreams[ObjectIdentifier(upstream)] = upstream }

  func closed(_ upstream: UpstreamConnection) {
    upstreams[ObjectIdentifier(upstream)] = nil
    idle[upstream.replica.id]?.removeAll { $0 === upstream }
  }

  /// Keeps a connection for the next request, or closes it when enough are kept.
  func putBack(_ upstream: UpstreamConnection) {
    guard !isDraining, idle[upstream.replica.id, default: []].count < context.settings.idleConnectionsPerReplica else {
      upstream.close()
      return
    }
    idle[upstream.replica.id, default: []].append(upstream)
  }

  private func sweepNow(_ now: NIODeadline) {
    for upstream in upstreams.values { upstream.expire(now) }
    for client in clients.values { client.expire(now) }
    flushLog()
  }

  // MARK: Metrics and log

  func metrics(ofModel name: String) -> GatewayMetrics.Model {
    if let known = models[name] { return known }
    let new = context.metrics.model(name)
    models[name] = new
    return new
  }

  func metrics(ofDecision name: String) -> GatewayMetrics.Decision {
    if let known = decisions[name] { return known }
    let new = context.metrics.decision(name)
    decisions[name] = new
    return new
  }

  func countAnswer(_ status: Int) {
    if let known = answers[status] { return known.increment() }
    let new = context.metrics.answers(status: status)
    answers[status] = new
    new.increment()
  }

  func logged(_ append: (inout AccessLogBuffer) -> Void) {
    guard context.accessLog != nil else { return }
    append(&log)
    if log.isFull { flushLog() }
  }

  private func flushLog() {
    guard let accessLog = context.accessLog, let block = log.take() else { return }
    accessLog.write(block.bytes, lines: block.lines)
  }
}
