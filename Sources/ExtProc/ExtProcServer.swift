import Gateway
import NIOCore
import NIOPosix
import Pipeline
import Synchronization

/// The pipeline as Envoy's external processor: serves `envoy.service.ext_proc.v3.ExternalProcessor` and
/// `grpc.health.v1.Health` over HTTP/2. Safe from any thread.
public final class ExtProcServer: Sendable {
  private let group: MultiThreadedEventLoopGroup
  private let loops: [NIOLoopBoundBox<ProcessorLoop>]
  private let settings: ExtProcSettings
  private let publication = Mutex(Publication())

  /// What was published last, and what of it is in force: names may still be looked up.
  private struct Publication {
    var number = 0
    var numberInForce = 0
    var addresses = ReplicaAddresses.none
    /// Looks up what has no address yet.
    var retrying: Task<Void, Never>?
  }

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

  /// Between two look-ups of names that have no address.
  static let retryInterval: Duration = .seconds(10)

  /// Takes a new snapshot into force: requests that come from then on see it, running ones keep what they have.
  ///
  /// Where replicas are picked, those that are known by a host name are looked up first, since an ORIGINAL_DST cluster
  /// takes addresses only: that takes as long as the system's resolver does, and the snapshot in force serves on
  /// meanwhile. Names that have no address are looked up again every 10 s, and until then nothing is sent to their replicas.
  /// Of two calls the later one prevails.
  ///
  /// - Parameter report: called from any thread with a line for each name that has no address.
  /// - Returns: ends when the snapshot is in force, or a later one is about to be.
  @discardableResult
  public func publish(
    _ snapshot: RoutingSnapshot, report: @escaping @Sendable (String) -> Void
  ) -> Task<Void, Never> {
    let (number, before) = publication.withLock { publication in
      publication.number += 1
      publication.retrying?.cancel()
      return (publication.number, publication.addresses)
    }
    return Task {
      guard settings.role != .model else { return putInForce(snapshot, .none, number: number) }
      let addresses = await ReplicaAddresses.lookUp(
        snapshot.fleet.replicas, before: before, resolve: ReplicaAddresses.system)
      for replica in addresses.unresolved {
        report(
          "replica \(replica.name): there is no address of \(replica.host); Envoy cannot be sent there until there is. "
            + "It is looked up again every \(Self.retryInterval.components.seconds) s")
      }
      putInForce(snapshot, addresses, number: number)
    }
  }

  private func putInForce(_ snapshot: RoutingSnapshot, _ addresses: ReplicaAddresses, number: Int) {
    publication.withLock { publication in
      // One whose names took longer to look up than those of a later one is not wanted any more.
      guard number >= publication.numberInForce else { return }
      publication.numberInForce = number
      publication.addresses = addresses
      for loop in loops {
        loop.eventLoop.execute {
          loop.value.scope.snapshot = snapshot
          loop.value.scope.addresses = addresses
        }
      }
      guard !addresses.unresolved.isEmpty, number == publication.number else { return }
      publication.retrying = Task { [weak self] in
        do { try await Task.sleep(for: Self.retryInterval) } catch { return }
        let addresses = await addresses.retried(resolve: ReplicaAddresses.system)
        self?.putInForce(snapshot, addresses, number: number)
      }
    }
  }

  /// Listens on an address; port 0 lets the kernel choose.
  ///
  /// - Parameter tls: what Envoy shakes hands with, mutually if it asks for certificates; its files are watched until
  ///   the channel closes. nil listens in clear text.
  /// - Returns: the listening channel; its `localAddress` tells the port.
  public func listen(host: String, port: Int, tls: ListenerTLSContext? = nil) async throws -> any Channel {
    try await ListenerBinding.bind(group, host: host, port: port, backlog: 1024, tls: tls, loops: loops) {
      channel, loop in
      if let tls { try channel.pipeline.syncOperations.addHandler(tls.handler()) }
      try channel.pipeline.syncOperations.addHandlers(loop.connectionHandlers())
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
    publication.withLock { publication in
      publication.numberInForce = .max
      publication.retrying?.cancel()
    }
    for loop in loops { _ = try? await loop.eventLoop.submit { loop.value.stop() }.get() }
  }
}
