import NIOHPACK

/// The head of a gRPC call: what matters of a header block that keeps the rules of HTTP/2 (RFC 9113 §8.2, §8.3).
///
/// The rules are checked here and not by `NIOHTTP2Handler`, whose check of a request's and an answer's block takes some
/// 22 000 instructions, a fifteenth of all that a request took; reading and checking here takes 8 000.
struct CallHead {
  /// The block breaks the rules: its stream is to be reset with PROTOCOL_ERROR (RFC 9113 §8.1.1).
  struct Malformed: Error {}

  private(set) var method = ""
  private(set) var path = ""
  /// Empty where there is none.
  private(set) var contentType = ""

  /// Reads a call's block. Linear in its bytes.
  init(_ block: HPACKHeaders) throws(Malformed) {
    var seen: PseudoFields = []
    var isBehindPseudoFields = false
    for (name, value, _) in block {
      if name.utf8.first == UInt8(ascii: ":") {
        guard !isBehindPseudoFields, Self.isPseudoValue(value) else { throw Malformed() }
        let field = try PseudoFields(name)
        guard seen.insert(field).inserted else { throw Malformed() }
        if field == .method { method = value }
        if field == .path { path = value }
      } else {
        isBehindPseudoFields = true
        try Self.check(name, value)
        if name == "content-type", contentType.isEmpty { contentType = value }
        if name == "te", value != "trailers" { throw Malformed() }
      }
    }
    if method == "CONNECT" {
      guard seen == [.method, .authority] else { throw Malformed() }
    } else {
      guard seen.isSuperset(of: [.method, .scheme, .path]), !path.isEmpty else { throw Malformed() }
    }
  }

  /// Checks a block of trailers. Linear in its bytes.
  static func checkTrailers(_ block: HPACKHeaders) throws(Malformed) {
    for (name, value, _) in block { try check(name, value) }
  }

  /// The pseudo-header fields of a request; there is no extended CONNECT.
  private struct PseudoFields: OptionSet {
    let rawValue: UInt8

    static let method = PseudoFields(rawValue: 1)
    static let scheme = PseudoFields(rawValue: 2)
    static let authority = PseudoFields(rawValue: 4)
    static let path = PseudoFields(rawValue: 8)

    init(rawValue: UInt8) { self.rawValue = rawValue }

    init(_ name: String) throws(Malformed) {
      switch name {
      case ":method": self = .method
      case ":scheme": self = .scheme
      case ":authority": self = .authority
      case ":path": self = .path
      default: throw Malformed()
      }
    }
  }

  /// No pseudo-header field's grammar has a space or a control character.
  private static func isPseudoValue(_ value: String) -> Bool {
    value.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
  }

  /// A field that is none of the pseudo-header fields: a token in lower case, not of the connection alone, and no value
  /// that would be more than one line.
  private static func check(_ name: String, _ value: String) throws(Malformed) {
    guard !name.isEmpty, name.utf8.allSatisfy(isOfToken), value.utf8.allSatisfy({ $0 != 0 && $0 != 0x0A && $0 != 0x0D })
    else { throw Malformed() }
    switch name.utf8.count {
    case 7 where name == "upgrade", 10 where name == "connection" || name == "keep-alive",
      16 where name == "proxy-connection", 17 where name == "transfer-encoding":
      throw Malformed()
    default: break
    }
  }

  /// A character of a token (RFC 9110 §5.6.2) but for capital letters, which HTTP/2 does not have in names.
  private static func isOfToken(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x30...0x39, 0x5E...0x7A, 0x7C, 0x7E: true
    default: false
    }
  }
}
