/// The header fields that the wire or the router gives a meaning to; every other name is ``other``.
public enum FieldName: UInt8, Sendable {
  case other
  case host, connection, keepAlive, transferEncoding, contentLength, te, trailer, upgrade, expect
  case proxyConnection, proxyAuthenticate, proxyAuthorization
  case authorization, contentType, acceptEncoding, contentEncoding, origin
  case requestID, routerRequestID, vsrDebug, vsrSkipProcessing, selectedModel, forwardedFor, forwardedProto,
    forwardedHost, forwarded
  /// Any other `x-forwarded-…`, and `x-real-ip`: what only a proxy that is believed may say.
  case forwardedOther
  case xVSR
  /// `x-user-<provider>-key`.
  case userKey

  /// Fields of one connection only, which a proxy never forwards (RFC 9110 §7.6.1).
  public var isHopByHop: Bool {
    switch self {
    case .connection, .keepAlive, .transferEncoding, .te, .trailer, .upgrade, .proxyConnection, .proxyAuthenticate,
      .proxyAuthorization:
      true
    default: false
    }
  }

  /// Recognises a name, whatever its case. Never allocates.
  @inlinable
  package static func recognise(_ name: UnsafeRawBufferPointer) -> FieldName {
    switch name.count {
    case 2: equals(name, "te") ? .te : .other
    case 4: equals(name, "host") ? .host : .other
    case 6:
      equals(name, "expect") ? .expect : equals(name, "origin") ? .origin : .other
    case 7: equals(name, "trailer") ? .trailer : equals(name, "upgrade") ? .upgrade : prefixed(name)
    case 9: equals(name, "forwarded") ? .forwarded : equals(name, "x-real-ip") ? .forwardedOther : prefixed(name)
    case 10:
      equals(name, "connection")
        ? .connection
        : equals(name, "keep-alive") ? .keepAlive : equals(name, "request-id") ? .routerRequestID : prefixed(name)
    case 11: equals(name, "x-vsr-debug") ? .vsrDebug : prefixed(name)
    case 12:
      equals(name, "content-type") ? .contentType : equals(name, "x-request-id") ? .requestID : prefixed(name)
    case 13: equals(name, "authorization") ? .authorization : prefixed(name)
    case 14: equals(name, "content-length") ? .contentLength : prefixed(name)
    case 15:
      equals(name, "accept-encoding")
        ? .acceptEncoding : equals(name, "x-forwarded-for") ? .forwardedFor : prefixed(name)
    case 16:
      equals(name, "content-encoding")
        ? .contentEncoding
        : equals(name, "proxy-connection")
          ? .proxyConnection
          : equals(name, "x-selected-model")
            ? .selectedModel : equals(name, "x-forwarded-host") ? .forwardedHost : prefixed(name)
    case 17:
      equals(name, "transfer-encoding")
        ? .transferEncoding : equals(name, "x-forwarded-proto") ? .forwardedProto : prefixed(name)
    case 18: equals(name, "proxy-authenticate") ? .proxyAuthenticate : prefixed(name)
    case 19:
      equals(name, "proxy-authorization") ? .proxyAuthorization : prefixed(name)
    case 21: equals(name, "x-vsr-skip-processing") ? .vsrSkipProcessing : prefixed(name)
    default: prefixed(name)
    }
  }

  /// Those that are known by how they begin.
  @inlinable
  static func prefixed(_ name: UnsafeRawBufferPointer) -> FieldName {
    guard name.count > 6 else { return .other }
    if equals(UnsafeRawBufferPointer(rebasing: name[..<6]), "x-vsr-") { return .xVSR }
    if name.count > 12, equals(UnsafeRawBufferPointer(rebasing: name[..<12]), "x-forwarded-") { return .forwardedOther }
    let isUserKey =
      name.count > 11 && equals(UnsafeRawBufferPointer(rebasing: name[..<7]), "x-user-")
      && equals(UnsafeRawBufferPointer(rebasing: name[(name.count - 4)...]), "-key")
    return isUserKey ? .userKey : .other
  }

  /// ASCII comparison without regard to case; `lowercased` must hold no upper-case letter and no byte whose bit 5
  /// carries meaning other than case except `-`.
  @inlinable
  static func equals(_ name: UnsafeRawBufferPointer, _ lowercased: StaticString) -> Bool {
    guard name.count == lowercased.utf8CodeUnitCount else { return false }
    let other = lowercased.utf8Start
    for index in 0..<name.count {
      let byte = name[index]
      let lower = byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
      if lower != other[index] { return false }
    }
    return true
  }
}
