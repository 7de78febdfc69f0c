import NIOCore
import NIOPosix

/// ``HostNames`` as SwiftNIO asks: for the addresses of one version of the protocol, on one loop.
private struct NameResolver: Resolver, Sendable {
  let names: HostNames
  let loop: any EventLoop

  func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
    ask(host, port) { $0.protocol == .inet }
  }

  func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
    ask(host, port) { $0.protocol == .inet6 }
  }

  /// A look-up serves others too, and is known for a while.
  func cancelQueries() {}

  private func ask(
    _ host: String, _ port: Int, _ isWanted: @escaping @Sendable (SocketAddress) -> Bool
  ) -> EventLoopFuture<[SocketAddress]> {
    let promise = loop.makePromise(of: [SocketAddress].self)
    names.addresses(of: host) { result in
      switch result {
      case .success(let addresses):
        promise.succeed(
          addresses.filter(isWanted).map { address in
            var address = address
            address.port = port
            return address
          })
      case .failure(let failure): promise.fail(failure)
      }
    }
    return promise.futureResult
  }
}

extension ClientBootstrap {
  /// Connects on one loop, a host name looked up by ``HostNames/system``.
  ///
  /// - Precondition: the bootstrap's group is that loop.
  public func connect(host: String, port: Int, on loop: any EventLoop) -> EventLoopFuture<any Channel> {
    resolver(NameResolver(names: .system, loop: loop)).connect(host: host, port: port)
  }
}
