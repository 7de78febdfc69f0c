import NIOCore
import ZeroMQ

/// Publishes the simulated cache's events over ZeroMQ and answers those who ask for past ones.
///
/// It lives on the engine's event loop, like its sockets, which never wait: messages for subscribers that are too slow or
/// not there are dropped, as publishers do. What waits goes out after a second at the latest; replays are looked for every
/// 10 ms, 8 at a time.
final class CacheEventPublisher {
  private static let flushInterval = TimeAmount.seconds(1)
  private static let replayInterval = TimeAmount.milliseconds(10)

  private let loop: any EventLoop
  private let publisher: ZeroMQSocket
  private let replays: ZeroMQSocket?
  private let topic: [UInt8]
  private let wallClock: () -> Double
  private var log: CacheEventLog
  private var timers: [RepeatedTask] = []

  /// - Parameters:
  ///   - port: the engine's own; a part of the topic.
  ///   - identity: the engine's address as others know it, and the rank that its messages bear.
  ///   - rank: its place among the ranks of this process, by which its ports are higher.
  /// - Throws: when an endpoint cannot be used.
  init(
    _ options: EngineSimulatorOptions, identity: EngineIdentity, port: Int, rank: Int, eventLoop: any EventLoop,
    wallClock: @escaping () -> Double
  ) throws(OptionError) {
    loop = eventLoop
    self.wallClock = wallClock
    // v0.5.0 writes the dollar sign of a template that nobody fills in.
    let host = options.compatibility == .v050 ? "$localhost" : identity.host
    topic = Array("kv@\(host):\(port)@\(options.model)".utf8)
    log = CacheEventLog(options, rank: identity.rank)
    do {
      let context = try ZeroMQContext()
      publisher = try ZeroMQSocket(.publisher, context: context)
      guard let endpoint = options.eventEndpoint(rank: rank) else {
        throw ZeroMQFailure(what: options.events.endpoint, reason: "no port for data-parallel rank \(rank)")
      }
      if endpoint.hasPrefix("tcp://*:") { try publisher.bind(endpoint) } else { try publisher.connect(endpoint) }
      if options.events.replayEndpoint.isEmpty {
        replays = nil
      } else {
        guard let endpoint = CacheEventSettings.endpoint(options.events.replayEndpoint, rank: rank) else {
          throw ZeroMQFailure(what: options.events.replayEndpoint, reason: "no port for data-parallel rank \(rank)")
        }
        let socket = try ZeroMQSocket(
          .router, context: context, queueLimit: Int32(2 * options.events.replayQueueSize + 16))
        try socket.bind(endpoint)
        replays = socket
      }
    } catch {
      throw OptionError("--zmq-endpoint or --kv-events-replay-endpoint cannot be used: \(error)")
    }
  }

  /// Starts the timers. To be called on the event loop, like everything here.
  func start() {
    let bound = NIOLoopBound(self, eventLoop: loop)
    timers.append(
      loop.scheduleRepeatedTask(initialDelay: Self.flushInterval, delay: Self.flushInterval) { _ in
        bound.value.flush()
      })
    guard replays != nil else { return }
    timers.append(
      loop.scheduleRepeatedTask(initialDelay: Self.replayInterval, delay: Self.replayInterval) { _ in
        bound.value.answerReplays()
      })
  }

  /// What waits is handed to the socket, and the timers end. Whether it goes out depends on how long the process lives.
  func stop() {
    flush()
    for timer in timers { timer.cancel() }
    timers = []
  }

  func publish(_ events: [CacheEvent]) {
    for message in log.add(events, now: wallClock()) { send(message) }
  }

  private func flush() {
    if let message = log.flush(now: wallClock()) { send(message) }
  }

  /// A publisher that cannot send drops; who listens sees the gap.
  private func send(_ message: CacheEventLog.Message) {
    _ = try? publisher.send([topic, message.numberBytes, message.payload])
  }

  /// Requests are `[peer, "", number]`; answered with messages in the form in which they were published, the last one
  /// with the number -1.
  private func answerReplays() {
    guard let replays else { return }
    for _ in 0..<8 {
      guard let request = try? replays.receive() else { return }
      guard request.count == 3, request[2].count == 8 else { continue }
      let number = request[2].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      for message in log.messages(from: number) {
        _ = try? replays.send([request[0], [], topic, message.numberBytes, message.payload])
      }
      _ = try? replays.send([request[0], [], [], CacheEventLog.bytes(.max), []])
    }
  }
}
