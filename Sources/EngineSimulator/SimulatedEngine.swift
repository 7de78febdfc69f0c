import Dispatch
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// A running engine simulator: one listening engine, or one for each data-parallel rank.
///
/// Each engine has an event loop of its own and nothing shared with the others.
public struct SimulatedEngine: Sendable {
  private struct Rank: Sendable {
    let group: MultiThreadedEventLoopGroup
    let loop: any EventLoop
    let server: any Channel
    let engine: NIOLoopBound<Engine>
  }

  /// Where it listens.
  public let host: String
  /// The ports, in the order of the ranks.
  public let ports: [Int]
  private let ranks: [Rank]

  /// Starts to listen; returns when requests are answered.
  ///
  /// - Throws: ``OptionError`` for a port that cannot be bound, for a certificate that cannot be used, and for options
  ///   that do not fit together.
  public static func start(_ options: EngineSimulatorOptions) async throws -> SimulatedEngine {
    let options = try options.validated()
    let host = options.host.isEmpty ? "0.0.0.0" : options.host
    let tls = try await ServerTLS.context(options.tls, host: host)
    var ranks: [Rank] = []
    var ports: [Int] = []
    do {
      for rank in 0..<(options.dataParallelRank >= 0 ? 1 : options.dataParallelSize) {
        let port = options.port == 0 ? 0 : options.port + rank
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
          let started = try await start(options, tls: tls, host: host, port: port, rank: rank, group: group)
          ranks.append(started.rank)
          ports.append(started.port)
        } catch {
          try? await group.shutdownGracefully()
          throw error
        }
      }
    } catch {
      await SimulatedEngine(host: host, ports: ports, ranks: ranks).stop(grace: .zero)
      throw error
    }
    return SimulatedEngine(host: host, ports: ports, ranks: ranks)
  }

  private static func start(
    _ options: EngineSimulatorOptions, tls: NIOSSLContext?, host: String, port: Int, rank: Int,
    group: MultiThreadedEventLoopGroup
  ) async throws -> (rank: Rank, port: Int) {
    let loop = group.next()
    // Connections are accepted only after the engine knows its port, which the kernel may choose.
    let gate = loop.makePromise(of: NIOLoopBound<Engine>.self)
    let server: any Channel
    do {
      server = try await ServerBootstrap(group: group)
        .serverChannelOption(.backlog, value: 1024)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        .childChannelInitializer { channel in
          gate.futureResult.flatMapThrowing { engine in
            if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
            try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
            try channel.pipeline.syncOperations.addHandler(EngineConnection(engine: engine.value))
          }
        }
        .bind(host: host, port: port).get()
    } catch {
      gate.fail(error)
      throw ListenFailure.describe(error, host: host, port: port)
    }
    let bound = server.localAddress?.port ?? port
    let engine: NIOLoopBound<Engine>
    do {
      engine = try await loop.submit {
        var own = options
        if let seed = options.seed { own.seed = seed &+ UInt64(rank) }
        let engine = Engine(options: own, port: bound, rank: rank, eventLoop: loop)
        if own.cachesKV {
          engine.events = try CacheEventPublisher(
            own, identity: engine.identity, port: bound, rank: rank, eventLoop: loop, wallClock: WallClock.now)
          engine.events?.start()
        }
        return NIOLoopBound(engine, eventLoop: loop)
      }.get()
    } catch {
      gate.fail(error)
      try? await server.close().get()
      throw error
    }
    gate.succeed(engine)
    return (Rank(group: group, loop: loop, server: server, engine: engine), bound)
  }

  /// Stops accepting, lets requests in progress finish for up to `grace`, then closes what is left.
  public func stop(grace: Duration = .seconds(30)) async {
    await withTaskGroup(of: Void.self) { group in
      for rank in ranks {
        group.addTask { await SimulatedEngine.stop(rank, grace: grace) }
      }
    }
  }

  private static func stop(_ rank: Rank, grace: Duration) async {
    try? await rank.server.close().get()
    let engine = rank.engine
    let limit = TimeAmount.nanoseconds(
      grace.components.seconds * 1_000_000_000 + grace.components.attoseconds / 1_000_000_000)
    let drained = rank.loop.flatSubmit {
      let end = rank.loop.scheduleTask(in: limit) { engine.value.closeAll() }
      let future = engine.value.drain()
      future.whenComplete { _ in end.cancel() }
      return future
    }
    try? await drained.get()
    try? await rank.loop.submit { engine.value.events?.stop() }.get()
    try? await rank.group.shutdownGracefully()
  }

  /// What `switchyard engine-sim` does: starts, prints one line for each engine
  /// (`engine-sim listening on HOST:PORT model NAME`) and serves until SIGTERM, SIGINT or the task's cancellation; then
  /// stops gracefully.
  public static func run(_ options: EngineSimulatorOptions) async throws {
    for warning in options.warnings { StandardError.line("warning: " + warning) }
    let (signals, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let sources = [SIGTERM, SIGINT].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { continuation.yield() }
      source.resume()
      return source
    }
    defer { for source in sources { source.cancel() } }
    let engine = try await start(options)
    for port in engine.ports {
      print("engine-sim listening on \(engine.host):\(port) model \(options.displayName)")
    }
    fflush(nil)
    for await _ in signals { break }
    await engine.stop()
  }
}
