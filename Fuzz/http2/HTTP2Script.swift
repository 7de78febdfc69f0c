import Seeded

/// The frames that a client sends on one HTTP/2 connection, and what the protocol wants the server to make of them.
package struct HTTP2Script {
  package enum Outcome {
    /// Whatever the protocol allows, in time.
    case any
    /// The connection ends with GOAWAY of one of these codes.
    case connectionError(Set<UInt32>)
    /// That stream is reset with one of these codes; a connection error is allowed too (RFC 9113 §5.4.2).
    case streamError(UInt32, Set<UInt32>)
    /// All requests are answered.
    case served
  }

  package var name: String
  package var bytes: [UInt8]
  package var outcome: Outcome
  /// Sound requests, by stream. They are answered unless the connection ends.
  package var requests: [UInt32]

  package static let pingPayload: [UInt8] = Array("the last".utf8)
  // Codes of errors (RFC 9113 §7).
  private static let protocolError: UInt32 = 1
  private static let flowControl: UInt32 = 3
  private static let closed: UInt32 = 5
  private static let frameSize: UInt32 = 6
  private static let compression: UInt32 = 9

  /// A sound beginning with a few requests; behind it what breaks one rule, what a client may do, or anything.
  package static func next(of sound: HTTP2Requests, _ generator: inout SeededGenerator) -> HTTP2Script {
    func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    var bytes = HTTP2Frame.preface + HTTP2Frame.bytes(HTTP2Frame.settings, stream: 0)
    var requests: [UInt32] = []
    for index in 0..<pick(0...3) {
      let stream = UInt32(index * 2 + 1)
      requests.append(stream)
      bytes += request(sound, stream, pick(0...4))
    }
    let next = UInt32(requests.count * 2 + 1)
    let last = HTTP2Frame.bytes(HTTP2Frame.ping, stream: 0, pingPayload)
    if pick(0...2) > 0 {
      let (name, frames, outcome) = rule(pick(0...ruleCount - 1), of: sound, stream: next)
      return HTTP2Script(name: name, bytes: bytes + frames + last, outcome: outcome, requests: requests)
    }
    for _ in 0..<pick(0...6) { bytes += anyFrame(of: sound, next, &generator) }
    bytes += last
    for _ in 0..<pick(0...3) { change(&bytes, &generator) }
    return HTTP2Script(name: "anything", bytes: bytes, outcome: .any, requests: [])
  }

  /// A request that must be served, in one of several forms.
  private static func request(_ sound: HTTP2Requests, _ stream: UInt32, _ form: Int) -> [UInt8] {
    func head(_ flags: UInt8, _ more: [(String, String)] = [], path: String? = nil) -> [UInt8] {
      HTTP2Frame.bytes(HTTP2Frame.headers, flags, stream: stream, HTTP2Frame.block(sound.head(more, path: path)))
    }
    let body = sound.body
    let whole = HTTP2Frame.bytes(HTTP2Frame.data, HTTP2Frame.endsStream, stream: stream, body)
    switch form {
    case 0: return head(HTTP2Frame.endsHeaders, [("content-length", "\(body.count)")]) + whole
    case 1:
      // Its block in two frames, its body in padded ones with an empty one between.
      let block = HTTP2Frame.block(sound.head())
      return HTTP2Frame.bytes(HTTP2Frame.headers, stream: stream, Array(block[..<9]))
        + HTTP2Frame.bytes(HTTP2Frame.continuation, HTTP2Frame.endsHeaders, stream: stream, Array(block[9...]))
        + HTTP2Frame.bytes(HTTP2Frame.data, HTTP2Frame.isPadded, stream: stream, [3] + body[..<5] + [0, 0, 0])
        + HTTP2Frame.bytes(HTTP2Frame.data, stream: stream)
        + HTTP2Frame.bytes(HTTP2Frame.data, HTTP2Frame.endsStream, stream: stream, Array(body[5...]))
    case 2:
      return head(HTTP2Frame.endsHeaders) + HTTP2Frame.bytes(HTTP2Frame.data, stream: stream, body)
        + HTTP2Frame.bytes(
          HTTP2Frame.headers, HTTP2Frame.endsHeaders | HTTP2Frame.endsStream, stream: stream,
          HTTP2Frame.block([("x-sum", "1"), ("content-length", "9")]))
    case 3:
      return head(HTTP2Frame.endsHeaders, path: sound.otherPath)
        + HTTP2Frame.bytes(HTTP2Frame.priority, stream: stream, [0, 0, 0, 0, 7])
        + HTTP2Frame.bytes(HTTP2Frame.windowUpdate, stream: stream, HTTP2Frame.number(1000)) + whole
    default:
      return head(HTTP2Frame.endsHeaders, [("te", "trailers"), ("cookie", "a=b"), ("cookie", "c=d")]) + whole
    }
  }

  private static let ruleCount = 33

  /// One rule broken on a stream that is not open yet, or one that seems to be and is not.
  private static func rule(
    _ index: Int, of sound: HTTP2Requests, stream: UInt32
  ) -> (String, [UInt8], Outcome) {
    typealias F = HTTP2Frame
    let ends = F.endsHeaders | F.endsStream
    func head(_ fields: [(String, String)], _ flags: UInt8 = F.endsHeaders | F.endsStream) -> [UInt8] {
      F.bytes(F.headers, flags, stream: stream, F.block(fields))
    }
    let open = head(sound.head(), F.endsHeaders)
    func malformed(_ name: String, _ fields: [(String, String)]) -> (String, [UInt8], Outcome) {
      (name, head(fields), .streamError(stream, [protocolError]))
    }
    func connection(_ name: String, _ frames: [UInt8], _ codes: Set<UInt32> = [protocolError])
      -> (String, [UInt8], Outcome)
    { (name, frames, .connectionError(codes)) }
    switch index {
    case 0: return connection("DATA on stream 0", F.bytes(F.data, stream: 0, [1]))
    case 1: return connection("HEADERS on stream 0", F.bytes(F.headers, ends, stream: 0, F.block(sound.head())))
    case 2:
      return connection("HEADERS on an even stream", F.bytes(F.headers, ends, stream: 2, F.block(sound.head())))
    case 3:
      return connection(
        "a frame above the size", F.bytes(F.data, stream: stream, Array(repeating: 0, count: 16_385)), [frameSize])
    case 4: return connection("SETTINGS of five bytes", F.bytes(F.settings, stream: 0, [0, 1, 0, 0, 0]), [frameSize])
    case 5:
      return connection(
        "an acknowledgement with settings", F.bytes(F.settings, 1, stream: 0, F.setting(4, 1)), [frameSize])
    case 6: return connection("SETTINGS on a stream", F.bytes(F.settings, stream: 1, F.setting(4, 1)))
    case 7:
      return connection("PING of seven bytes", F.bytes(F.ping, stream: 0, Array(repeating: 0, count: 7)), [frameSize])
    case 8: return connection("PING on a stream", F.bytes(F.ping, stream: 1, Array(repeating: 0, count: 8)))
    case 9: return connection("no window update of the connection", F.bytes(F.windowUpdate, stream: 0, F.number(0)))
    case 10:
      return connection(
        "a window of the connection that overflows", F.bytes(F.windowUpdate, stream: 0, F.number(0x7FFF_FFFF)),
        [flowControl])
    case 11: return connection("DATA on an idle stream", F.bytes(F.data, stream: stream, [1]), [protocolError, closed])
    case 12: return connection("RST_STREAM on an idle stream", F.bytes(F.reset, stream: stream, F.number(8)))
    case 13: return connection("RST_STREAM on stream 0", F.bytes(F.reset, stream: 0, F.number(8)))
    case 14: return connection("WINDOW_UPDATE on an idle stream", F.bytes(F.windowUpdate, stream: stream, F.number(1)))
    case 15:
      let block = F.block(sound.head())
      return connection(
        "a stream number that goes back",
        F.bytes(F.headers, ends, stream: stream + 2, block) + F.bytes(F.headers, ends, stream: stream, block),
        [protocolError, closed])
    case 16:
      return connection("CONTINUATION of nothing", F.bytes(F.continuation, F.endsHeaders, stream: stream, [0x83]))
    case 17:
      return connection(
        "a frame within a header block",
        F.bytes(F.headers, stream: stream, F.block(sound.head())) + F.bytes(F.ping, stream: 0, pingPayload))
    case 18:
      return connection(
        "an index of no table", F.bytes(F.headers, ends, stream: stream, [0xFF, 0xFF, 0x7F]), [compression])
    case 19:
      return connection(
        "a string that does not end", F.bytes(F.headers, ends, stream: stream, [0, 0x7E, 1]), [compression])
    case 20:
      return connection("PUSH_PROMISE of a client", F.bytes(F.push, F.endsHeaders, stream: stream, [0, 0, 0, 2]))
    case 21:
      return connection("padding longer than its frame", open + F.bytes(F.data, F.isPadded, stream: stream, [9, 0]))
    case 22:
      return connection("a window above 2^31", F.bytes(F.settings, stream: 0, F.setting(4, 0x8000_0000)), [flowControl])
    case 23: return connection("ENABLE_PUSH of 2", F.bytes(F.settings, stream: 0, F.setting(2, 2)))
    case 24: return connection("frames of one byte", F.bytes(F.settings, stream: 0, F.setting(5, 1)))
    case 25: return malformed("no path", sound.head().filter { $0.0 != ":path" })
    case 26: return malformed("upper case", sound.head([("X-Upper", "1")]))
    case 27: return malformed("a field of connections", sound.head([("connection", "close")]))
    case 28: return malformed("a line end in a value", sound.head([("x-a", "1\r\nx-b: 2")]))
    case 29: return malformed("a length without a body", sound.head([("content-length", "5")]))
    case 30:
      return (
        "trailers that are none", open + F.bytes(F.data, stream: stream, sound.body) + head([(":path", "/x")]),
        .streamError(stream, [protocolError])
      )
    case 31:
      return (
        "a window of a stream that overflows", open + F.bytes(F.windowUpdate, stream: stream, F.number(0x7FFF_FFFF)),
        .streamError(stream, [flowControl])
      )
    default:
      // An unknown type, reserved bits, unknown settings and flags mean nothing.
      return (
        "what is to be ignored",
        F.bytes(0xBE, 0xFF, stream: 5, [1, 2, 3]) + F.bytes(F.settings, stream: 0, F.setting(0xF0, 9))
          + F.bytes(F.windowUpdate, 0xFF, stream: 0x8000_0000, F.number(0x8000_0001)), .served
      )
    }
  }

  private static func anyFrame(
    of sound: HTTP2Requests, _ next: UInt32, _ generator: inout SeededGenerator
  ) -> [UInt8] {
    func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    let streams: [UInt32] = [0, 1, 2, 3, next, next, next, next + 2, 0x7FFF_FFFF, 0xFFFF_FFFF]
    let stream = streams[pick(0...streams.count - 1)]
    if pick(0...3) == 0 { return request(sound, stream, pick(0...4)) }
    let payload =
      pick(0...1) == 0
      ? HTTP2Frame.block(HTTP2Frame.request([sound.otherPath, sound.path, "/health", "*"][pick(0...3)]))
      : (0..<pick(0...40)).map { _ in UInt8(pick(0...255)) }
    return HTTP2Frame.bytes(UInt8(pick(0...10)), UInt8(pick(0...255)), stream: stream, payload)
  }

  private static func change(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
    // Behind the preface: without it the connection is one of HTTP/1.
    guard bytes.count > HTTP2Frame.preface.count + 1 else { return }
    let place = Int.random(in: HTTP2Frame.preface.count..<bytes.count, using: &generator)
    switch Int.random(in: 0...4, using: &generator) {
    case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
    case 1: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &generator)
    case 2: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...9, using: &generator)))
    case 3: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
    default: bytes.removeSubrange(place...)
    }
  }

  /// Whether everything has happened that must.
  package func isMet(by answer: HTTP2Answer) -> Bool {
    let areServed = requests.allSatisfy { answer.ended.contains($0) }
    return switch outcome {
    case .any: true
    case .served: areServed && answer.isPingAnswered
    case .connectionError(let codes): answer.goAway.map { codes.contains($0) } ?? false
    case .streamError(let stream, let codes):
      answer.goAway.map { codes.contains($0) }
        ?? (areServed && answer.resets[stream].map { codes.contains($0) } ?? false)
    }
  }

  /// As text, for a file.
  package var report: String {
    "\(name): \(outcome), sound requests \(requests)\n"
      + bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() + "\n"
  }
}
