/// Tells texts that may stand in HTTP messages from others.
enum HTTPText {
  /// A method or the name of a header: RFC 9110, section 5.6.2.
  static func isToken(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
      }
  }

  /// A path with perhaps a query that can go into a request's first line as it is: a slash, then visible ASCII without
  /// `#`.
  static func isRequestPath(_ text: String) -> Bool {
    text.hasPrefix("/") && text.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "#") }
  }

  /// An origin as browsers send it (RFC 6454, section 6.2): scheme and host in lower case, the port unless it is the
  /// scheme's own.
  ///
  /// - Returns: nil when `text` is no origin; `null` and `*` are as they are.
  static func origin(_ text: String) -> String? {
    if text == "*" || text == "null" { return text }
    guard text.utf8.allSatisfy({ $0 < 0x80 }), let separator = text.lowercased().firstRange(of: "://") else {
      return nil
    }
    let lowered = text.lowercased()
    let scheme = lowered[..<separator.lowerBound]
    guard let first = scheme.first, first.isLetter,
      scheme.allSatisfy({ $0.isLetter || $0.isNumber || "+-.".contains($0) })
    else { return nil }
    var host = lowered[separator.upperBound...]
    var port: Substring?
    if host.hasPrefix("[") {
      guard let end = host.lastIndex(of: "]"), HostText.isIPv6(host[..<end].dropFirst()) else { return nil }
      let behind = host[host.index(after: end)...]
      guard behind.isEmpty || behind.first == ":" else { return nil }
      if !behind.isEmpty { port = behind.dropFirst() }
      host = host[...end]
    } else {
      if let colon = host.firstIndex(of: ":") {
        port = host[host.index(after: colon)...]
        host = host[..<colon]
      }
      guard HostText.isIPv4(host) || HostText.isHostName(host) else { return nil }
    }
    guard let port else { return "\(scheme)://\(host)" }
    guard let number = UInt16(port), number > 0, port.allSatisfy(\.isNumber) else { return nil }
    let isOwn = (scheme == "https" && number == 443) || (scheme == "http" && number == 80)
    return isOwn ? "\(scheme)://\(host)" : "\(scheme)://\(host):\(number)"
  }
}
