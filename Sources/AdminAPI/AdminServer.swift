import NIOCore
import NIOHTTP1
import NIOPosix

/// The management API over HTTP/1.1: health, readiness, metrics, evaluation without dispatch and the configuration in
/// force. `GET /api/v1` lists its endpoints.
///
/// But for the users API (``UserAccess``) it has no authentication of its own: bind it to the loopback address, or to one
/// that only operators reach.
/// Evaluations show a prompt's routing to whoever sent the prompt; no answer holds a secret of the configuration.
///
/// Connections live on the given event loops, which do no more than microseconds of work for it; metrics, users and configuration
/// are made on one thread of its own, one after another, and what reads texts on another.
public struct AdminServer: Sendable {
  /// Where it listens.
  public let host: String
  /// The port, also when the kernel chose it.
  public let port: Int
  private let channel: any Channel
  private let connections: AdminConnections
  private let threads: AdminThreads

  /// Starts to listen; returns when requests are answered.
  ///
  /// - Parameters:
  ///   - port: 0 for any free one.
  ///   - group: runs the connections; the caller shuts it down, after ``stop()``.
  /// - Throws: an error of the sockets', when it cannot listen there.
  public static func start(
    host: String, port: Int, group: any EventLoopGroup, context: AdminContext
  ) async throws -> AdminServer {
    try await start(host: host, port: port, group: group, context: context, limits: AdminLimits())
  }

  static func start(
    host: String, port: Int, group: any EventLoopGroup, context: AdminContext, limits: AdminLimits
  ) async throws -> AdminServer {
    let connections = AdminConnections(limit: limits.connections)
    let threads = AdminThreads()
    threads.start()
    do {
      let channel = try await ServerBootstrap(group: group)
        .serverChannelOption(.backlog, value: 128)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        .childChannelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
            try channel.pipeline.syncOperations.addHandler(
              AdminConnection(context: context, limits: limits, connections: connections, threads: threads))
          }
        }
        .bind(host: host, port: port).get()
      return AdminServer(
        host: host, port: channel.localAddress?.port ?? port, channel: channel, connections: connections,
        threads: threads)
    } catch {
      await threads.stop()
      throw error
    }
  }

  /// Stops listening and closes every connection; what is being evaluated is finished first, for nobody.
  public func stop() async {
    try? await channel.close().get()
    connections.closeAll()
    await threads.stop()
  }
}
