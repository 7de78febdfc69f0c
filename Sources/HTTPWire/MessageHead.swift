/// The start line and header fields of one HTTP/1 message, as offsets into the bytes it was parsed from.
///
/// The proxy's own codec, strict by RFC 9112: a ready-made one costs 2.2 to 2.6 times as much CPU a request, most of it
/// for arrays of header strings (docs/benchmarks.md). Kept and reused by its connection, so that parsing does not
/// allocate once the field array has grown to a connection's usual size. Used from one thread.
public struct MessageHead: Sendable {
  /// One header field line. Offsets are relative to the start of the head.
  public struct Field: Sendable, Equatable {
    public var name: FieldName
    public var nameStart: UInt32
    public var nameCount: UInt32
    public var valueStart: UInt32
    public var valueCount: UInt32
    public var nameRange: Range<Int> { Int(nameStart)..<Int(nameStart + nameCount) }
    public var valueRange: Range<Int> { Int(valueStart)..<Int(valueStart + valueCount) }
    /// The whole line as sent, its CRLF included.
    public var lineStart: UInt32 { nameStart }
    public var lineEnd: UInt32
  }

  /// How a body's end is found.
  public enum Framing: Sendable, Equatable {
    case none
    case length(Int)
    case chunked
    /// A response that ends with its connection.
    case untilClose
  }

  public internal(set) var fields: [Field] = []
  /// Bytes of the head, the closing empty line included.
  public internal(set) var byteCount = 0
  public internal(set) var minorVersion: UInt8 = 1
  public internal(set) var framing: Framing = .none
  /// Whether the connection may carry another message after this one.
  public internal(set) var keepsAlive = true
  public internal(set) var expectsContinue = false
  // Requests
  public internal(set) var method: HTTPMethod = .other
  public internal(set) var methodRange = 0..<0
  public internal(set) var targetRange = 0..<0
  // Responses
  public internal(set) var status = 0

  public init() { fields.reserveCapacity(16) }

  /// Forgets fields and method, for an answer to a request that could not be read.
  public mutating func resetForRefusal() {
    fields.removeAll(keepingCapacity: true)
    method = .other
    targetRange = 0..<0
  }

  /// The first field of that name.
  public func first(_ name: FieldName) -> Field? { fields.first { $0.name == name } }
}
