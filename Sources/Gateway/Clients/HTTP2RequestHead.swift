import NIOCore
import NIOHPACK

/// Writes the head of an HTTP/2 request as HTTP/1 text, so that one strict parser judges the requests of both
/// protocols.
///
/// Nothing that could end a line, or be read as framing by the next hop, gets into the text (RFC 9113 §8.2, §8.3,
/// §10.3).
enum HTTP2RequestHead {
  /// Why a header block is no request. Answered by a reset of its stream, as the protocol wants.
  enum Malformed: Error, Equatable, CustomStringConvertible {
    case missing(StaticString)
    case twice(String)
    case unknownPseudoHeader(String)
    case pseudoHeaderAfterFields(String)
    case badMethod
    case badPath
    case badScheme
    case badAuthority
    case hostIsNotAuthority
    case badName(String)
    case badValue(String)
    case connectionSpecific(String)

    static func == (one: Malformed, other: Malformed) -> Bool { one.description == other.description }

    var description: String {
      switch self {
      case .missing(let name): "\(name) is missing"
      case .twice(let name): "\(name) occurs twice"
      case .unknownPseudoHeader(let name): "\(name) is not a request's pseudo header"
      case .pseudoHeaderAfterFields(let name): "\(name) comes after header fields"
      case .badMethod: ":method is not a method that is spoken here"
      case .badPath: ":path is not a path"
      case .badScheme: ":scheme is neither http nor https"
      case .badAuthority: ":authority is not a host with an optional port"
      case .hostIsNotAuthority: "host and :authority differ"
      case .badName(let name): "\(name) is not a field name in lower case"
      case .badValue(let name): "the value of \(name) holds a control character"
      case .connectionSpecific(let name): "\(name) belongs to HTTP/1 connections"
      }
    }
  }

  /// - Parameter endsStream: whether the request has no body. One with a body of unknown length is written as chunked,
  ///   which says the same in HTTP/1.
  /// - Returns: request line and fields with the empty line at their end. `cookie` fields are joined (RFC 9113 §8.2.3).
  static func text(
    _ headers: HPACKHeaders, endsStream: Bool, allocator: ByteBufferAllocator
  ) throws(Malformed) -> ByteBuffer {
    var pseudo = PseudoHeaders()
    var fields = allocator.buffer(capacity: 512)
    var cookies: [String] = []
    var host: String?
    var hasLength = false
    var isInFields = false
    for (name, value, _) in headers {
      if name.utf8.first == UInt8(ascii: ":") {
        guard !isInFields else { throw .pseudoHeaderAfterFields(name) }
        try pseudo.take(name, value)
        continue
      }
      isInFields = true
      guard isName(name) else { throw .badName(name) }
      guard isValue(value) else { throw .badValue(name) }
      guard !HTTP2AnswerHead.isConnectionSpecific(name) else { throw .connectionSpecific(name) }
      switch name {
      case "te":
        guard value == "trailers" else { throw .connectionSpecific(name) }
        continue
      case "host":
        guard host == nil else { throw .twice(name) }
        host = value
        continue
      case "cookie":
        cookies.append(value)
        continue
      case "content-length": hasLength = true
      default: break
      }
      write(name, value, to: &fields)
    }
    guard let method = pseudo.method else { throw .missing(":method") }
    guard pseudo.scheme != nil else { throw .missing(":scheme") }
    guard let path = pseudo.path else { throw .missing(":path") }
    guard path.utf8.first == UInt8(ascii: "/") || (path == "*" && method == "OPTIONS") else { throw .badPath }
    if let authority = pseudo.authority, let host, authority.lowercased() != host.lowercased() {
      throw .hostIsNotAuthority
    }

    var text = allocator.buffer(capacity: 128 + path.utf8.count + fields.readableBytes)
    text.writeString(method)
    text.writeStaticString(" ")
    text.writeString(path)
    text.writeStaticString(" HTTP/1.1\r\n")
    // Without either, the parser says that it is missing.
    if let host = pseudo.authority ?? host { write("host", host, to: &text) }
    text.writeImmutableBuffer(fields)
    if !cookies.isEmpty { write("cookie", cookies.joined(separator: "; "), to: &text) }
    if !endsStream, !hasLength { text.writeStaticString("transfer-encoding: chunked\r\n") }
    text.writeStaticString("\r\n")
    return text
  }

  /// The trailer section of a request as header lines, each with its CRLF.
  static func trailers(_ headers: HPACKHeaders) throws(Malformed) -> [UInt8] {
    var lines: [UInt8] = []
    for (name, value, _) in headers {
      // RFC 9113 §8.1: no pseudo headers.
      guard isName(name) else { throw .badName(name) }
      guard isValue(value) else { throw .badValue(name) }
      guard !HTTP2AnswerHead.isConnectionSpecific(name) else { throw .connectionSpecific(name) }
      lines.append(contentsOf: "\(name): \(value)\r\n".utf8)
    }
    return lines
  }

  private struct PseudoHeaders {
    var method: String?
    var scheme: String?
    var authority: String?
    var path: String?

    mutating func take(_ name: String, _ value: String) throws(Malformed) {
      switch name {
      case ":method":
        guard method == nil else { throw .twice(name) }
        // CONNECT has no path and makes a tunnel, which is not what this gateway is for.
        guard isToken(value), value != "CONNECT" else { throw .badMethod }
        method = value
      case ":scheme":
        guard scheme == nil else { throw .twice(name) }
        guard value == "http" || value == "https" else { throw .badScheme }
        scheme = value
      case ":authority":
        guard authority == nil else { throw .twice(name) }
        guard isAuthority(value) else { throw .badAuthority }
        authority = value.isEmpty ? nil : value
      case ":path":
        guard path == nil else { throw .twice(name) }
        guard !value.isEmpty, value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { throw .badPath }
        path = value
      default: throw .unknownPseudoHeader(name)
      }
    }
  }

  private static func write(_ name: String, _ value: String, to buffer: inout ByteBuffer) {
    buffer.writeString(name)
    buffer.writeStaticString(": ")
    buffer.writeString(value)
    buffer.writeStaticString("\r\n")
  }

  private static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
      UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
      true
    default: false
    }
  }

  private static func isToken(_ text: String) -> Bool { !text.isEmpty && text.utf8.allSatisfy(isTokenByte) }

  private static func isName(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { isTokenByte($0) && !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
  }

  private static func isValue(_ text: String) -> Bool {
    text.utf8.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }
  }

  /// No userinfo, no path, no white space.
  private static func isAuthority(_ text: String) -> Bool {
    text.utf8.allSatisfy { byte in
      byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "@") && byte != UInt8(ascii: "/")
        && byte != UInt8(ascii: "\\") && byte != UInt8(ascii: "?") && byte != UInt8(ascii: "#")
    }
  }
}
