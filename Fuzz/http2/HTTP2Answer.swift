import FuzzCommand

/// What a server sent on an HTTP/2 connection, read strictly.
package struct HTTP2Answer {
  /// Streams whose answers came to their end.
  package private(set) var ended: Set<UInt32> = []
  package private(set) var resets: [UInt32: UInt32] = [:]
  /// The code of the last GOAWAY.
  package private(set) var goAway: UInt32?
  /// The last PING of the client was acknowledged.
  package private(set) var isPingAnswered = false
  private var begun: Set<UInt32> = []

  /// - Parameter bytes: what came so far; the last frame may be cut.
  /// - Throws: ``Broken`` for what a server may not send.
  package init(_ bytes: [UInt8]) throws {
    var index = 0
    var block: UInt32?
    while index + 9 <= bytes.count {
      let length = Int(bytes[index]) << 16 | Int(bytes[index + 1]) << 8 | Int(bytes[index + 2])
      let (type, flags) = (bytes[index + 3], bytes[index + 4])
      let stream = Self.number(bytes[(index + 5)...]) & 0x7FFF_FFFF
      guard length <= 16_384 else { throw Broken("a frame of \(length) bytes") }
      guard index > 0 || (type == HTTP2Frame.settings && flags == 0) else { throw Broken("SETTINGS do not come first") }
      guard index + 9 + length <= bytes.count else { return }
      let payload = bytes[(index + 9)..<(index + 9 + length)]
      if let open = block, type != HTTP2Frame.continuation || stream != open {
        throw Broken("frame type \(type) within the header block of stream \(open)")
      }
      try take(type, flags, stream, payload)
      if type == HTTP2Frame.headers || type == HTTP2Frame.continuation {
        block = flags & HTTP2Frame.endsHeaders == 0 ? stream : nil
      }
      index += 9 + length
    }
  }

  private mutating func take(_ type: UInt8, _ flags: UInt8, _ stream: UInt32, _ payload: ArraySlice<UInt8>) throws {
    switch type {
    case HTTP2Frame.data, HTTP2Frame.headers:
      guard stream % 2 == 1 else { throw Broken("frame type \(type) on stream \(stream)") }
      guard resets[stream] == nil, !ended.contains(stream) else {
        throw Broken("stream \(stream) goes on after its end")
      }
      if type == HTTP2Frame.headers {
        begun.insert(stream)
      } else if !begun.contains(stream) {
        throw Broken("DATA before HEADERS on stream \(stream)")
      }
      if flags & HTTP2Frame.endsStream != 0 { ended.insert(stream) }
    case HTTP2Frame.reset:
      guard payload.count == 4, stream > 0, resets[stream] == nil else {
        throw Broken("RST_STREAM on stream \(stream)")
      }
      resets[stream] = Self.number(payload)
    case HTTP2Frame.goAway:
      guard payload.count >= 8, stream == 0 else { throw Broken("a malformed GOAWAY") }
      goAway = Self.number(payload.dropFirst(4))
    case HTTP2Frame.ping:
      if flags & 1 != 0, payload.elementsEqual(HTTP2Script.pingPayload) { isPingAnswered = true }
    case HTTP2Frame.windowUpdate:
      guard payload.count == 4, Self.number(payload) & 0x7FFF_FFFF > 0 else {
        throw Broken("a malformed WINDOW_UPDATE")
      }
    case HTTP2Frame.settings, HTTP2Frame.continuation: break
    default: throw Broken("frame type \(type), which no server sends")
    }
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
  }
}
