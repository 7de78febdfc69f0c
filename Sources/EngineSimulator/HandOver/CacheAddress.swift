/// Where a cache is kept: the engine that read the prompt, and the cache's name there.
struct CacheAddress: Equatable {
  let host: String
  let port: Int
  let name: String

  init(host: String, port: Int, name: String) {
    self.host = host
    self.port = port
    self.name = name
  }

  /// From its text, `HOST:PORT/NAME`.
  init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1)
    guard parts.count == 2, let colon = parts[0].lastIndex(of: ":"),
      let port = Int(parts[0][parts[0].index(after: colon)...])
    else { return nil }
    let host = parts[0][..<colon]
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
    self.init(
      host: String(isBracketed ? host.dropFirst().dropLast() : host), port: port, name: String(parts[1]))
  }

  var text: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)/\(name)" }
}
