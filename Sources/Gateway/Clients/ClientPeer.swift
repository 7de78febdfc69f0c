import NIOCore

/// Who is at the other end of a client's connection, as engines are told. One a connection, used from its loop.
final class ClientPeer {
  /// The client's address without its port.
  let address: String
  /// `http` or `https`: how the client came here.
  let scheme: StaticString

  /// Its element of a `forwarded` field, without the host: `for=192.0.2.1;proto=http`.
  let forwardedElement: String

  /// Whether it sends its requests by HTTP/2.
  let speaksHTTP2: Bool

  init(address: SocketAddress?, isEncrypted: Bool, speaksHTTP2: Bool) {
    self.speaksHTTP2 = speaksHTTP2
    self.address = address?.ipAddress ?? "unknown"
    scheme = isEncrypted ? "https" : "http"
    // RFC 7239 §6: an IPv6 address stands in brackets and quotes.
    let node = self.address.contains(":") ? "\"[\(self.address)]\"" : self.address
    forwardedElement = "for=\(node);proto=\(isEncrypted ? "https" : "http")"
  }
}
