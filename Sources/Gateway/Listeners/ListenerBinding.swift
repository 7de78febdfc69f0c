import NIOCore
import NIOPosix

/// Binding a listening socket whose connections are handed to the event loop that accepts them.
package enum ListenerBinding {
  /// Connections that are accepted before others are served again.
  private static let connectionsPerTurn: UInt = 256

  /// Listens on an address; port 0 lets the kernel choose.
  ///
  /// - Parameters:
  ///   - backlog: connections that wait to be accepted.
  ///   - waterMark: bytes written and not sent between which a connection counts as writable or not; nil is NIO's own.
  ///   - reads: how large the buffers of a connection's reads are; it reads once a turn of its loop then. nil is NIO's
  ///     own.
  ///   - tls: its files are watched until the channel closes.
  ///   - initialize: adds a connection's handlers; called on the loop that it will live on, with what belongs to that loop.
  /// - Returns: the listening channel; its `localAddress` tells the port.
  package static func bind<Loop>(
    _ group: MultiThreadedEventLoopGroup, host: String, port: Int, backlog: CInt,
    waterMark: ChannelOptions.Types.WriteBufferWaterMark? = nil, reads: (any RecvByteBufferAllocator)? = nil,
    tls: ListenerTLSContext?, loops: [NIOLoopBoundBox<Loop>],
    initialize: @escaping @Sendable (any Channel, Loop) throws -> Void
  ) async throws -> any Channel {
    let loops = Dictionary(uniqueKeysWithValues: loops.map { (ObjectIdentifier($0.eventLoop), $0) })
    var bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: backlog)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      // NIO accepts 4 a turn of the loop. A turn that serves 2 000 streams takes a tenth of a second on a busy machine, and
      // 40 a second are fewer than may come: they would wait in the backlog for ever longer.
      .serverChannelOption(.maxMessagesPerRead, value: connectionsPerTurn)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.socketOption(.so_keepalive), value: 1)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          guard let loop = loops[ObjectIdentifier(channel.eventLoop)] else { return }
          try initialize(channel, loop.value)
        }
      }
    if let waterMark { bootstrap = bootstrap.childChannelOption(.writeBufferWaterMark, value: waterMark) }
    if let reads {
      // NIO keeps a buffer for each read of a turn as long as the connection lives.
      bootstrap = bootstrap.childChannelOption(.recvAllocator, value: reads)
        .childChannelOption(.maxMessagesPerRead, value: 1)
    }
    let channel = try await bootstrap.bind(host: host, port: port).get()
    if let tls {
      let watching = Task { await tls.watch() }
      channel.closeFuture.whenComplete { _ in watching.cancel() }
    }
    return channel
  }
}
