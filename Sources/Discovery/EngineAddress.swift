/// An engine's address as people write it: `http://HOST:PORT`, `https://HOST[:PORT]` or `HOST:PORT`.
public struct EngineAddress: Sendable, Equatable, CustomStringConvertible {
  public var host: String
  public var port: Int
  public var usesTLS: Bool

  public init(host: String, port: Int, usesTLS: Bool = false) {
    self.host = host
    self.port = port
    self.usesTLS = usesTLS
  }

  /// Why a text is not an address.
  public struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
    public var description: String
  }

  public init(_ text: String) throws(Failure) {
    var rest = text[...]
    var usesTLS = false
    if let scheme = rest.range(of: "://") {
      let name = rest[..<scheme.lowerBound]
      guard name == "http" || name == "https" else {
        throw Failure(description: "engine \(text): scheme \(name) is not spoken here; give http://HOST:PORT")
      }
      usesTLS = name == "https"
      rest = rest[scheme.upperBound...]
    }
    if rest.hasSuffix("/") { rest = rest.dropLast() }
    if rest.hasSuffix("/v1") { rest = rest.dropLast(3) }
    guard !rest.contains("/") else {
      throw Failure(description: "engine \(text): give http://HOST:PORT without a path")
    }
    if usesTLS, !rest.hasSuffix("]"), !rest.contains(":") { rest += ":443" }
    guard let colon = rest.lastIndex(of: ":"), let port = Int(rest[rest.index(after: colon)...]),
      (1...65535).contains(port)
    else { throw Failure(description: "engine \(text): the port is missing; give http://HOST:PORT") }
    var host = rest[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    guard !host.isEmpty else {
      throw Failure(description: "engine \(text): the host is missing; give http://HOST:PORT")
    }
    self.init(host: String(host), port: port, usesTLS: usesTLS)
  }

  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
