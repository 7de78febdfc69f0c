import Gateway
import NIOCore
import NIOPosix
import Pipeline

/// The pipeline as Envoy's external processor: serves `envoy.service.ext_proc.v3.ExternalProcessor` and
/// `grpc.health.v1.Health` over HTTP/2. Safe from any thread.
public final class ExtProcServer: Sendable {
  private let group: MultiThreadedEventLoopGroup
  private let loops: [NIOLoopBoundBox<ProcessorLoop>]
  private let settings: ExtProcSettings

  /// - Parameter context: what is shared with the gateway: limits, load, pipeline, metrics, access log.
  public init(
    group: MultiThreadedEventLoopGroup, settings: ExtProcSettings, context: GatewayContext, snapshot: RoutingSnapshot
  ) {
    self.group = group
    self.settings = settings
    let count = group.makeIterator().reduce(0) { total, _ in total + 1 }
    loops = group.makeIterator().map { eventLoop in
      NIOLoopBoundBox.makeBoxSendingValue(
        ProcessorLoop(eventLoop: eventLoop, of: count, settings: settings, context: context, snapshot: snapshot),
        eventLoop: eventLoop)
    }
    for loop in loops { loop.eventLoop.execute { loop.value.start() } }
  }

  /// Whether it picks replicas, and so needs their addresses.
  public var picksReplicas: Bool { settings.role != .model }

  /// Takes a new snapshot into force: requests that come from now on see it, running ones keep what they have.
  public func publish(_ snapshot: RoutingSnapshot) {
    for loop in loops { loop.eventLoop.execute { loop.value.scope.snapshot = snapshot } }
  }

  /// Looks up the addresses of replicas that are known by a host name, since an ORIGINAL_DST cluster takes addresses only.
  /// Blocks for as long as the system's resolver takes, so not for event loops.
  ///
  /// - Returns: a line for each name that has no address now; what was known of it before stays.
  @discardableResult
  public func resolveReplicas(of snapshot: RoutingSnapshot) -> [String] {
    var found: [Int: String] = [:]
    var problems: [String] = []
    for replica in snapshot.fleet.replicas {
      if (try? SocketAddress(ipAddress: replica.host, port: replica.port)) != nil { continue }
      guard let address = try? SocketAddress.makeAddressResolvingHost(replica.host, port: replica.port),
        let host = address.ipAddress
      else {
        problems.append(
          "replica \(replica.name): there is no address of \(replica.host); Envoy cannot be sent there until there is")
        continue
      }
      found[replica.id] = host.contains(":") ? "[\(host)]:\(replica.port)" : "\(host):\(replica.port)"
    }
    let known = found
    for loop in loops { loop.eventLoop.execute { loop.value.scope.addresses.merge(known) { $1 } } }
    return problems
  }

  /// Listens on an address; port 0 lets the kernel choose.
  ///
  /// - Parameter tls: what Envoy shakes hands with, mutually if it asks for certificates; its files are watched until
  ///   the channel closes. nil listens in clear text.
  /// - Returns: the listening channel; its `localAddress` tells the port.
  public func listen(host: String, port: Int, tls: ListenerTLSContext? = nil) async throws -> any Channel {
    try await ListenerBinding.bind(group, host: host, port: port, backlog: 1024, tls: tls, loops: loops) {
      channel, loop in
      let connection = ProcessorConnection(loop: loop)
      let codec = loop.scope.settings.handler(delegate: connection)
      if let tls { try channel.pipeline.syncOperations.addHandler(tls.handler()) }
      try channel.pipeline.syncOperations.addHandlers([codec, connection])
    }
  }

  /// Takes no further request; those that run go on. Listeners must be closed first.
  public func stopAccepting() {
    for loop in loops { loop.eventLoop.execute { loop.value.drain() } }
  }

  /// Envoy's connections, those of all loops together.
  public func connectionCount() async -> Int {
    var count = 0
    for loop in loops { count += (try? await loop.eventLoop.submit { loop.value.connectionCount }.get()) ?? 0 }
    return count
  }

  /// Closes what is left.
  public func close() async {
    for loop in loops { _ = try? await loop.eventLoop.submit { loop.value.stop() }.get() }
  }
}
