import NIOCore

/// Who is at the other end of a client's connection, as engines are told. One a connection, used from its loop.
final class ClientPeer {
  /// The client's address without its port.
  let address: String
  /// `http` or `https`: how the client came here.
  let scheme: StaticString

  init(address: SocketAddress?, isEncrypted: Bool) {
    self.address = address?.ipAddress ?? "unknown"
    scheme = isEncrypted ? "https" : "http"
  }
}
