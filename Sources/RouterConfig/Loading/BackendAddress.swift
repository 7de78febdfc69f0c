/// Where a backend is, taken apart: `host:port[/path]`, IPv6 in brackets, or a URL.
struct BackendAddress: Sendable, Equatable {
  struct Refusal: Error {
    /// Goes on from 'endpoint'.
    var reason: String
  }

  var host: String
  var port: Int
  var usesTLS: Bool
  /// What precedes the API's path: without a slash at its end, and without the `/v1` that clients' paths begin with.
  var pathPrefix: String

  /// - Parameter endpoint: `host`, `host:port`, `[::1]:port`, each with a path behind it if need be. Without a port it
  ///   is 80, or 443 with TLS.
  init(endpoint: String, usesTLS: Bool) throws(Refusal) {
    guard !endpoint.contains("://") else { throw Refusal(reason: "must be host:port, not a URL") }
    try self.init(authorityAndPath: Substring(endpoint), usesTLS: usesTLS)
  }

  /// - Parameter url: an `http` or `https` URL; its query and fragment are refused.
  init(url: String) throws(Refusal) {
    let lowercased = url.lowercased()
    guard lowercased.hasPrefix("http://") || lowercased.hasPrefix("https://") else {
      throw Refusal(reason: "must begin with http:// or https://")
    }
    let usesTLS = lowercased.hasPrefix("https://")
    try self.init(authorityAndPath: url.dropFirst(usesTLS ? 8 : 7), usesTLS: usesTLS)
  }

  private init(authorityAndPath text: Substring, usesTLS: Bool) throws(Refusal) {
    guard text.utf8.allSatisfy({ $0 > UInt8(ascii: " ") && $0 < 0x7f && $0 != UInt8(ascii: "@") }),
      !text.contains("?"), !text.contains("#")
    else { throw Refusal(reason: "must be an address and a path only") }
    let slash = text.firstIndex(of: "/") ?? text.endIndex
    let authority = text[..<slash]
    var host = authority
    var portText: Substring?
    if authority.first == "[" {
      guard let close = authority.firstIndex(of: "]") else {
        throw Refusal(reason: "lacks the bracket ] of its address")
      }
      host = authority[authority.index(after: authority.startIndex)..<close]
      let behind = authority[authority.index(after: close)...]
      guard behind.isEmpty || behind.first == ":" else { throw Refusal(reason: "must be [IPv6]:port") }
      portText = behind.isEmpty ? nil : behind.dropFirst()
      guard HostText.isIPv6(host) else {
        throw Refusal(reason: "has brackets around something that is no IPv6 address")
      }
    } else if let colon = authority.firstIndex(of: ":") {
      host = authority[..<colon]
      portText = authority[authority.index(after: colon)...]
      if portText?.contains(":") == true { throw Refusal(reason: "has an IPv6 address without brackets") }
    }
    guard !host.isEmpty else { throw Refusal(reason: "has no host") }
    guard HostText.isHost(host) else {
      throw Refusal(reason: "has a host that is neither an IP address nor a host name")
    }
    port = usesTLS ? 443 : 80
    if let portText {
      guard let number = Int(portText), (1...65535).contains(number) else {
        throw Refusal(reason: "has no port between 1 and 65535 behind its colon")
      }
      port = number
    }
    self.host = String(host)
    self.usesTLS = usesTLS
    pathPrefix = Self.prefix(ofPath: Self.trimmed(text[slash...]))
  }

  /// The path of a URL as it is written, without slashes at its end.
  static func path(ofURL url: String) -> String {
    guard let authority = url.firstRange(of: "://")?.upperBound else { return "" }
    guard let slash = url[authority...].firstIndex(of: "/") else { return "" }
    return trimmed(url[slash...])
  }

  private static func trimmed(_ path: Substring) -> String {
    var path = path
    while path.last == "/" { path = path.dropLast() }
    return String(path)
  }

  private static func prefix(ofPath path: String) -> String { path.hasSuffix("/v1") ? String(path.dropLast(3)) : path }
}
