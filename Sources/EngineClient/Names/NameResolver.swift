import NIOCore
import NIOPosix

/// ``HostNames`` as SwiftNIO asks for one connection: for the addresses of each version of the protocol, on its loop. A name is
/// asked about once for both, so that connections take its addresses by turns.
struct NameResolver: Resolver, Sendable {
  private let addresses: EventLoopFuture<[SocketAddress]>

  init(_ host: String, by names: HostNames, on loop: any EventLoop) {
    let promise = loop.makePromise(of: [SocketAddress].self)
    names.addresses(of: host) { promise.completeWith($0.mapError { $0 }) }
    addresses = promise.futureResult
  }

  func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> { select(.inet, port) }

  func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> { select(.inet6, port) }

  /// A look-up serves others too, and is known for a while.
  func cancelQueries() {}

  private func select(_ family: NIOBSDSocket.ProtocolFamily, _ port: Int) -> EventLoopFuture<[SocketAddress]> {
    addresses.map { addresses in
      addresses.filter { $0.protocol == family }.map { address in
        var address = address
        address.port = port
        return address
      }
    }
  }
}

extension ClientBootstrap {
  /// Connects on one loop, a host name looked up by ``HostNames/system``.
  ///
  /// - Precondition: the bootstrap's group is that loop.
  public func connect(host: String, port: Int, on loop: any EventLoop) -> EventLoopFuture<any Channel> {
    resolver(NameResolver(host, by: .system, on: loop)).connect(host: host, port: port)
  }
}
