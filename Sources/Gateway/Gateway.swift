import NIOCore
import NIOPosix
import Pipeline

/// The HTTP gateway: binds listeners and runs one ``GatewayLoop`` an event loop. Safe from any thread.
public final class Gateway: Sendable {
  private let group: MultiThreadedEventLoopGroup
  private let loops: [NIOLoopBoundBox<GatewayLoop>]
  private let context: GatewayContext

  public init(group: MultiThreadedEventLoopGroup, context: GatewayContext, snapshot: RoutingSnapshot) {
    self.group = group
    self.context = context
    loops = group.makeIterator().map { eventLoop in
      NIOLoopBoundBox.makeBoxSendingValue(
        GatewayLoop(eventLoop: eventLoop, context: context, snapshot: snapshot), eventLoop: eventLoop)
    }
    for loop in loops { loop.eventLoop.execute { loop.value.start() } }
  }

  /// Takes a new snapshot into force: requests that come from now on see it, running ones keep theirs.
  public func publish(_ snapshot: RoutingSnapshot) {
    for loop in loops { loop.eventLoop.execute { loop.value.publish(snapshot) } }
  }

  /// Listens on an address; port 0 lets the kernel choose.
  ///
  /// - Parameter tls: what clients shake hands with; its files are watched until the channel closes. nil listens in
  ///   clear text, for HTTP/1 and for HTTP/2 with prior knowledge.
  /// - Returns: the listening channel; its `localAddress` tells the port.
  public func listen(
    host: String, port: Int, as listener: ListenerContext, tls: ListenerTLSContext? = nil
  ) async throws -> any Channel {
    let bufferBytes = context.settings.clientBufferBytes
    return try await ListenerBinding.bind(
      group, host: host, port: port, backlog: 4096, waterMark: .init(low: bufferBytes / 2, high: bufferBytes),
      reads: ClientReads(), tls: tls, loops: loops
    ) { channel, loop in
      if let tls {
        try ClientPipeline.addTLS(channel, tls, loop: loop, listener: listener)
      } else {
        try ClientPipeline.addHTTP1(channel, loop: loop, listener: listener)
      }
    }
  }

  /// Takes no further request on kept connections; those that run go on. Listeners must be closed first.
  public func stopAccepting() {
    for loop in loops { loop.eventLoop.execute { loop.value.drain() } }
  }

  /// Clients' connections, those of all loops together.
  public func clientCount() async -> Int {
    var count = 0
    for loop in loops { count += (try? await loop.eventLoop.submit { loop.value.clientCount }.get()) ?? 0 }
    return count
  }

  /// Closes what is left.
  public func close() async {
    for loop in loops { _ = try? await loop.eventLoop.submit { loop.value.stop() }.get() }
  }
}
