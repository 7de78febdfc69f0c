import HTTPWire

/// The requests that a client's bytes hold, as the gateway's own codec reads them: which answers have no body, and how
/// many there can be.
struct RequestList {
  struct Request {
    var isHead: Bool
    var minorVersion: UInt8
  }

  private(set) var requests: [Request] = []
  /// What follows the last request is none: it may be refused.
  private(set) var endsBadly = false

  init(_ bytes: [UInt8], limits: HTTPLimits) {
    bytes.withUnsafeBytes { bytes in
      do throws(HTTPSyntaxError) {
        try read(bytes, limits)
      } catch {
        endsBadly = true
      }
    }
  }

  private mutating func read(_ bytes: UnsafeRawBufferPointer, _ limits: HTTPLimits) throws(HTTPSyntaxError) {
    var rest = bytes
    while true {
      while rest.count >= 2, rest[0] == 0x0D, rest[1] == 0x0A { rest = UnsafeRawBufferPointer(rebasing: rest[2...]) }
      var scanner = HeadScanner()
      var head = MessageHead()
      guard let length = try scanner.headLength(in: rest, limits: limits) else {
        endsBadly = rest.count > 0
        return
      }
      try head.parseRequest(UnsafeRawBufferPointer(rebasing: rest[..<length]), limits: limits)
      requests.append(Request(isHead: head.method == .head, minorVersion: head.minorVersion))
      rest = UnsafeRawBufferPointer(rebasing: rest[length...])
      switch head.framing {
      case .none, .untilClose: break
      case .length(let count):
        guard count <= rest.count else {
          endsBadly = true
          return
        }
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      case .chunked:
        var decoder = ChunkedDecoder(limits: limits)
        var offset = 0
        while !decoder.isEnded {
          guard case .needMore = try decoder.next(rest, offset: &offset) else { continue }
          endsBadly = true
          return
        }
        rest = UnsafeRawBufferPointer(rebasing: rest[offset...])
      }
    }
  }
}
