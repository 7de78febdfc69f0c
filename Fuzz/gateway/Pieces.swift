/// Bytes that go out cut into pieces, each at its time.
struct Pieces {
  private let bytes: [UInt8]
  private let ends: [Int]
  private let pause: UInt64
  private var sent = 0
  private var next = 0
  private var mayGoAt: UInt64 = 0

  /// - Parameters:
  ///   - cuts: where the bytes are cut, in ascending order.
  ///   - pause: nanoseconds between two pieces.
  init(_ bytes: [UInt8], cuts: [Int], pause: UInt64) {
    self.bytes = bytes
    ends = cuts.filter { $0 > 0 && $0 < bytes.count } + [bytes.count]
    self.pause = pause
  }

  var isSent: Bool { sent == bytes.count }

  /// Sends what may go now.
  ///
  /// - Returns: false when the connection takes no more ever.
  mutating func send(to socket: Socket, now: UInt64) -> Bool {
    while !isSent, now >= mayGoAt {
      let end = ends[next]
      guard let count = socket.write(bytes[sent..<end]) else { return false }
      sent += count
      guard sent == end else { break }
      next += 1
      if pause > 0 { mayGoAt = now + pause }
    }
    return true
  }
}
