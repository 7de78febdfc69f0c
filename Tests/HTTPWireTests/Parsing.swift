import HTTPWire

/// A head as one line, so that a table can say what is expected: start line, framing, connection, fields.
enum Parsing {
  static func request(_ bytes: [UInt8], limits: HTTPLimits = HTTPLimits()) throws(HTTPSyntaxError) -> String? {
    try head(bytes, limits: limits) { (head, slice, limits) throws(HTTPSyntaxError) in
      try head.parseRequest(slice, limits: limits)
    }.map { head in
      let method = String(decoding: bytes[head.methodRange], as: UTF8.self)
      let target = String(decoding: bytes[head.targetRange], as: UTF8.self)
      return "\(method) \(target) 1.\(head.minorVersion) | \(rest(of: head, bytes))"
    }
  }

  static func response(
    _ bytes: [UInt8], isBodiless: Bool = false, limits: HTTPLimits = HTTPLimits()
  ) throws(HTTPSyntaxError) -> String? {
    try head(bytes, limits: limits) { (head, slice, limits) throws(HTTPSyntaxError) in
      try head.parseResponse(slice, isBodiless: isBodiless, limits: limits)
    }.map { head in "\(head.status) 1.\(head.minorVersion) | \(rest(of: head, bytes))" }
  }

  /// Finds the head's end and parses it; nil while it is not complete.
  static func head(
    _ bytes: [UInt8], limits: HTTPLimits = HTTPLimits(),
    _ parse: (inout MessageHead, UnsafeRawBufferPointer, HTTPLimits) throws(HTTPSyntaxError) -> Void
  ) throws(HTTPSyntaxError) -> MessageHead? {
    try bytes.withUnsafeBufferPointer { (buffer) throws(HTTPSyntaxError) -> MessageHead? in
      let raw = UnsafeRawBufferPointer(buffer)
      var scanner = HeadScanner()
      guard let length = try scanner.headLength(in: raw, limits: limits) else { return nil }
      var head = MessageHead()
      try parse(&head, UnsafeRawBufferPointer(rebasing: raw[..<length]), limits)
      return head
    }
  }

  private static func rest(of head: MessageHead, _ bytes: [UInt8]) -> String {
    let framing =
      switch head.framing {
      case .none: "none"
      case .length(let length): "length \(length)"
      case .chunked: "chunked"
      case .untilClose: "until close"
      }
    let fields = head.fields.map { field in
      let name = String(decoding: bytes[field.nameRange], as: UTF8.self)
      return "\(name)=\(String(decoding: bytes[field.valueRange], as: UTF8.self))"
    }
    let parts = [framing, head.keepsAlive ? "keep" : "close"] + (head.expectsContinue ? ["100"] : [])
    return parts.joined(separator: " ") + " | " + fields.joined(separator: ", ")
  }

  static func requestHead(_ text: String) throws(HTTPSyntaxError) -> MessageHead? {
    try head(Array(text.utf8)) { (head, bytes, limits) throws(HTTPSyntaxError) in
      try head.parseRequest(bytes, limits: limits)
    }
  }

  /// Feeds a scanner growing prefixes: those of the given lengths, then everything.
  static func headLength(
    of bytes: [UInt8], cutAt cuts: [Int], limits: HTTPLimits = HTTPLimits()
  ) -> Result<Int?, HTTPSyntaxError> {
    bytes.withUnsafeBytes { raw in
      var scanner = HeadScanner()
      do throws(HTTPSyntaxError) {
        for cut in cuts {
          let prefix = UnsafeRawBufferPointer(rebasing: raw[..<cut])
          if let length = try scanner.headLength(in: prefix, limits: limits) { return .success(length) }
        }
        return .success(try scanner.headLength(in: raw, limits: limits))
      } catch {
        return .failure(error)
      }
    }
  }
}

/// What a chunked body came to.
struct ChunkedResult: Equatable, CustomStringConvertible {
  var payload: [UInt8] = []
  /// Bytes of the body with its framing; nil while it goes on.
  var end: Int?
  var error: HTTPSyntaxError?
  /// As far as they came.
  var trailers = ""

  var description: String {
    "\"\(String(decoding: payload, as: UTF8.self))\" \(error.map { "\($0)" } ?? end.map { "end \($0)" } ?? "more")"
  }

  /// Decodes a body that arrives in pieces, cut at these offsets.
  static func decode(_ bytes: [UInt8], cutAt cuts: [Int] = [], limits: HTTPLimits = HTTPLimits()) -> ChunkedResult {
    var result = ChunkedResult()
    var decoder = ChunkedDecoder(limits: limits)
    var start = 0
    for cut in cuts + [bytes.count] {
      let piece = Array(bytes[start..<cut])
      let isDone = piece.withUnsafeBytes { raw -> Bool in
        var offset = 0
        do throws(HTTPSyntaxError) {
          while true {
            switch try decoder.next(raw, offset: &offset) {
            case .chunkEnd, .lastChunk: break
            case .data(let range): result.payload += raw[range]
            case .needMore: return false
            case .end(let end):
              result.end = start + end
              result.trailers = String(decoding: decoder.trailers, as: UTF8.self)
              return true
            }
          }
        } catch {
          result.error = error
          return true
        }
      }
      if isDone { return result }
      start = cut
    }
    return result
  }
}

extension ChunkedDecoder {
  /// The next event of a piece.
  mutating func next(_ bytes: [UInt8], offset: inout Int) throws(HTTPSyntaxError) -> Event {
    try bytes.withUnsafeBufferPointer { (buffer) throws(HTTPSyntaxError) in
      try next(UnsafeRawBufferPointer(buffer), offset: &offset)
    }
  }
}
