import HTTPWire

/// What kind of message an input is read as.
enum MessageKind: String, CaseIterable {
  case request, response, responseToHEAD
}

/// What our codec makes of an input.
enum Verdict: Equatable {
  case refused(HTTPSyntaxError)
  /// The message goes on behind the input.
  case incomplete
  case complete(Message)
}

/// A message that our codec took.
struct Message: Equatable {
  var method: String
  var target: String
  var status: Int
  var fieldNames: [String]
  /// Whether white space around the value of a Content-Length or Transfer-Encoding holds a tab.
  var hasTabbedFraming: Bool
  var framing: MessageHead.Framing
  /// Bytes of the body without its framing.
  var bodyCount: Int
  /// A chunked body's bytes without its data: chunk-size lines, line ends and trailers.
  var chunkFraming: [UInt8]
  /// The trailer section, and what of it may be passed on.
  var trailers: [UInt8] = []
  var passedTrailers: [UInt8] = []
  /// Bytes of the whole message.
  var end: Int

  /// Reads a message that arrives in pieces: first the bytes before the first cut, then those before the second, and
  /// at last everything.
  static func read(_ bytes: [UInt8], as kind: MessageKind, cutAt cuts: [Int] = []) -> Verdict {
    bytes.withUnsafeBytes { raw in
      do throws(HTTPSyntaxError) {
        return try read(raw, as: kind, prefixes: cuts + [raw.count])
      } catch {
        return .refused(error)
      }
    }
  }

  private static func read(
    _ raw: UnsafeRawBufferPointer, as kind: MessageKind, prefixes: [Int]
  ) throws(HTTPSyntaxError) -> Verdict {
    let limits = HTTPLimits(headBytes: 4096, fieldCount: 64, chunkLineBytes: 128, trailerBytes: 512)
    var scanner = HeadScanner()
    var head: MessageHead?
    var message = Message(
      method: "", target: "", status: 0, fieldNames: [], hasTabbedFraming: false, framing: .none, bodyCount: 0,
      chunkFraming: [], end: 0)
    var decoder = ChunkedDecoder(limits: limits)
    for prefix in prefixes {
      if head == nil {
        let received = UnsafeRawBufferPointer(rebasing: raw[..<prefix])
        guard let length = try scanner.headLength(in: received, limits: limits) else { continue }
        var parsed = MessageHead()
        let bytes = UnsafeRawBufferPointer(rebasing: raw[..<length])
        switch kind {
        case .request: try parsed.parseRequest(bytes, limits: limits)
        case .response, .responseToHEAD:
          try parsed.parseResponse(bytes, isBodiless: kind == .responseToHEAD, limits: limits)
        }
        message.method = String(decoding: raw[parsed.methodRange], as: UTF8.self)
        message.target = String(decoding: raw[parsed.targetRange], as: UTF8.self)
        message.status = parsed.status
        message.fieldNames = parsed.fields.map { String(decoding: raw[$0.nameRange], as: UTF8.self).lowercased() }
        message.hasTabbedFraming = parsed.fields.contains { field in
          (field.name == .contentLength || field.name == .transferEncoding)
            && raw[Int(field.lineStart)..<Int(field.lineEnd)].contains(UInt8(ascii: "\t"))
        }
        message.framing = parsed.framing
        message.end = length
        head = parsed
      }
      switch message.framing {
      case .none: return .complete(message)
      case .length(let length):
        guard raw.count - message.end >= length else { return .incomplete }
        message.bodyCount = length
        message.end += length
        return .complete(message)
      case .untilClose:
        message.bodyCount = raw.count - message.end
        message.end = raw.count
        return .complete(message)
      case .chunked:
        let piece = UnsafeRawBufferPointer(rebasing: raw[message.end..<max(prefix, message.end)])
        var offset = 0
        var isAtEnd = false
        while !isAtEnd {
          let start = offset
          switch try decoder.next(piece, offset: &offset) {
          case .chunkEnd, .lastChunk: message.chunkFraming += piece[start..<offset]
          case .data(let range):
            message.bodyCount += range.count
            message.chunkFraming += piece[start..<range.lowerBound]
          case .needMore, .end:
            message.chunkFraming += piece[start..<offset]
            isAtEnd = true
          }
        }
        message.end += offset
        guard decoder.isEnded else { continue }
        message.trailers = decoder.trailers
        message.passedTrailers = TrailerFields.passed(decoder.trailers)
        return .complete(message)
      }
    }
    return .incomplete
  }
}
