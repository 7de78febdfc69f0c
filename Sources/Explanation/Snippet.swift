/// Pieces of a text, cut between characters.
enum Snippet {
  static let ellipsis = "…"

  /// The whole text, or its start and its end when it has more than `limit` bytes.
  static func shortened(_ bytes: UnsafeRawBufferPointer, limit: Int) -> String {
    guard bytes.count > limit else { return String(decoding: bytes, as: UTF8.self) }
    let tail = limit / 4
    let head = bytes[..<boundary(atOrBefore: limit - tail, in: bytes)]
    let end = bytes[boundary(atOrAfter: bytes.count - tail, in: bytes)...]
    return String(decoding: head, as: UTF8.self) + ellipsis + String(decoding: end, as: UTF8.self)
  }

  static func start(of bytes: UnsafeRawBufferPointer, limit: Int) -> String {
    guard bytes.count > limit else { return String(decoding: bytes, as: UTF8.self) }
    return String(decoding: bytes[..<boundary(atOrBefore: limit, in: bytes)], as: UTF8.self) + ellipsis
  }

  static func end(of bytes: UnsafeRawBufferPointer, limit: Int) -> String {
    guard bytes.count > limit else { return String(decoding: bytes, as: UTF8.self) }
    return ellipsis + String(decoding: bytes[boundary(atOrAfter: bytes.count - limit, in: bytes)...], as: UTF8.self)
  }

  private static func boundary(atOrBefore index: Int, in bytes: UnsafeRawBufferPointer) -> Int {
    var index = index
    while index > 0, bytes[index] & 0xC0 == 0x80 { index -= 1 }
    return index
  }

  private static func boundary(atOrAfter index: Int, in bytes: UnsafeRawBufferPointer) -> Int {
    var index = index
    while index < bytes.count, bytes[index] & 0xC0 == 0x80 { index += 1 }
    return index
  }
}
