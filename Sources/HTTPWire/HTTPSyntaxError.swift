/// Why a message is refused, and the status that says so to a client.
public enum HTTPSyntaxError: Error, Sendable, Equatable, CustomStringConvertible {
  case bareLineFeed
  case badRequestLine
  case badStatusLine
  case unwantedUpgrade
  case unsupportedVersion
  case obsoleteFolding
  case badFieldName
  case badFieldValue
  case headTooLarge
  case tooManyFields
  case missingHost
  case severalHosts
  case badHost
  case badAuthority
  case hostIsNotAuthority
  case badContentLength
  case conflictingContentLengths
  case lengthAndTransferEncoding
  case unsupportedTransferEncoding
  case badChunk
  case trailersTooLarge

  public var status: Int {
    switch self {
    case .headTooLarge, .tooManyFields, .trailersTooLarge: 431
    case .unsupportedVersion: 505
    case .unsupportedTransferEncoding: 501
    default: 400
    }
  }

  public var description: String {
    switch self {
    case .bareLineFeed: "a line ends in LF without CR"
    case .badRequestLine: "the request line is not 'METHOD target HTTP/1.x'"
    case .badStatusLine: "the status line is not 'HTTP/1.x NNN reason'"
    case .unwantedUpgrade: "the answer 101 changes to a protocol that nobody asked for"
    case .unsupportedVersion: "only HTTP/1.0 and HTTP/1.1 are spoken here"
    case .obsoleteFolding: "a header field is folded over several lines"
    case .badFieldName: "a header field's name is empty or holds a character that names may not hold"
    case .badFieldValue: "a header field's value holds a control character"
    case .headTooLarge: "the header fields are larger than the limit"
    case .tooManyFields: "there are more header fields than the limit"
    case .missingHost: "the Host header is missing"
    case .severalHosts: "there are several Host headers"
    case .badHost: "the Host header is no host with an optional port"
    case .badAuthority: "the request line's URL names no host, or more than a host with an optional port"
    case .hostIsNotAuthority: "the Host header and the host of the request line's URL differ"
    case .badContentLength: "Content-Length is not a number"
    case .conflictingContentLengths: "Content-Length occurs twice with different values"
    case .lengthAndTransferEncoding: "Content-Length and Transfer-Encoding exclude each other"
    case .unsupportedTransferEncoding: "the only transfer coding spoken here is 'chunked'"
    case .badChunk: "a chunk of the body is malformed"
    case .trailersTooLarge: "the trailer fields are larger than the limit"
    }
  }
}
