import EngineClient
import Gateway
import NIOCore
import NIOPosix
import Pipeline

/// What one event loop of the external processor owns: its scope and its connections. Used from that loop alone.
package final class ProcessorLoop {
  let eventLoop: any EventLoop
  let scope: ProcessorScope
  private(set) var isDraining = false
  private var connections: [ObjectIdentifier: ProcessorConnection] = [:]
  private var sweep: RepeatedTask?
  private let loopCount: Int

  package init(
    eventLoop: any EventLoop, of loopCount: Int, settings: ExtProcSettings, context: GatewayContext,
    snapshot: RoutingSnapshot
  ) {
    self.eventLoop = eventLoop
    self.loopCount = loopCount
    scope = ProcessorScope(
      settings: settings, context: context, snapshot: snapshot, clock: { NIODeadline.now().uptimeNanoseconds },
      random: LoopRandom())
  }

  /// Starts the periodic work. Call on the loop.
  func start() {
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    let eventLoop = eventLoop
    /// Has what other threads find come to this loop.
    func onLoop<Value: Sendable>(_ take: @escaping (Value) -> Void) -> @Sendable (Value) -> Void {
      let take = NIOLoopBound(take, eventLoop: eventLoop)
      return { value in
        eventLoop.execute {
          bound.value.refreshTime()
          take.value(value)
        }
      }
    }
    scope.read = { reading, answer in reading.read(answer: onLoop(answer)) }
    scope.tokenize = scope.context.tokenizer.map { tokenizer in
      { question, answer in
        switch tokenizer.ask(question, answer: onLoop(answer)) {
        case .known(let chains): .known(chains)
        case .later(let wait): .later(abandon: { tokenizer.abandon(wait) })
        case .declined: .declined
        }
      }
    }
    scope.prefill = { [tls = scope.context.tls] call, onSent, onEnd in
      let longest = UInt64(365 * 86_400) * 1_000_000_000
      let replica = call.placement.replica
      let running = EngineCall(
        EngineCall.Request(
          host: replica.host, port: replica.port, usesTLS: replica.usesTLS, path: call.target, headers: call.fields,
          body: call.body, connectTimeout: .nanoseconds(Int64(min(call.connectTimeout, longest))),
          timeout: .nanoseconds(Int64(min(call.timeout, longest))), answer: call.answer),
        on: eventLoop, tls: tls,
        onSent: {
          bound.value.refreshTime()
          onSent()
        },
        onEnd: { result in
          bound.value.refreshTime()
          onEnd(PrefillCall.Result(result))
        })
      return { running.cancel() }
    }
    if let loader = scope.context.adapterLoader {
      scope.loadAdapter = { order, done in
        switch loader.load(order, done: onLoop(done)) {
        case .loaded: .loaded
        case .failed(let failure): .failed(failure)
        case .waiting(let ticket): .waiting { loader.leave(ticket) }
        }
      }
    }
    sweep = eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
      bound.value.sweepNow()
    }
  }

  private func sweepNow() {
    let now = refreshTime()
    for connection in connections.values { connection.expire(now) }
    scope.accounts.flushLog()
  }

  /// The handlers of a new connection, from the socket or TLS to the connection itself.
  package func connectionHandlers() -> [any ChannelHandler] {
    scope.settings.handlers(of: ProcessorConnection(loop: self))
  }

  /// To be called where an event comes in.
  @discardableResult
  func refreshTime() -> NIODeadline {
    .uptimeNanoseconds(scope.refreshTime())
  }

  /// Takes a connection in, until ``remove(_:)``.
  ///
  /// - Returns: false when there are too many: it is to be closed.
  func add(_ connection: ProcessorConnection) -> Bool {
    guard connections.count < max(1, scope.settings.connectionLimit / loopCount) else {
      scope.metrics.connectionsRefused.increment()
      return false
    }
    connections[ObjectIdentifier(connection)] = connection
    return true
  }

  /// The connection has ended. Harmless when it was not taken in.
  func remove(_ connection: ProcessorConnection) { connections[ObjectIdentifier(connection)] = nil }

  package var connectionCount: Int { connections.count }

  /// No new streams from now on.
  func drain() {
    isDraining = true
    for connection in connections.values { connection.drain() }
  }

  func stop() {
    sweep?.cancel()
    for connection in connections.values { connection.close() }
    scope.accounts.flushLog()
  }
}
