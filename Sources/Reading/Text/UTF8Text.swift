/// Reading Unicode scalars out of UTF-8 bytes that may be broken: a byte that is part of no valid sequence reads as
/// U+FFFD and takes one place.
enum UTF8Text {
  static let replacement: UInt32 = 0xFFFD

  /// The scalar that starts at `position`, and the position behind it.
  ///
  /// - Precondition: `position` is inside the bytes.
  static func scalar(in bytes: UnsafeBufferPointer<UInt8>, at position: Int) -> (scalar: UInt32, end: Int) {
    let lead = UInt32(bytes[position])
    if lead < 0x80 { return (lead, position + 1) }
    let length = lead < 0xC2 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 1
    guard length > 1, position + length <= bytes.count else { return (replacement, position + 1) }
    var scalar = lead & (0x7F >> UInt32(length))
    for index in position + 1..<position + length {
      let byte = UInt32(bytes[index])
      guard byte & 0xC0 == 0x80 else { return (replacement, position + 1) }
      scalar = scalar << 6 | byte & 0x3F
    }
    let isOverlong = length == 3 && scalar < 0x800 || length == 4 && scalar < 0x10000
    if isOverlong || scalar > 0x10FFFF || (0xD800...0xDFFF).contains(scalar) { return (replacement, position + 1) }
    return (scalar, position + length)
  }

  /// The scalar that ends just before `position`; nil at the start.
  static func scalar(in bytes: UnsafeBufferPointer<UInt8>, before position: Int) -> UInt32? {
    guard position > 0 else { return nil }
    var start = position - 1
    let earliest = max(0, position - 4)
    while start > earliest, bytes[start] & 0xC0 == 0x80 { start -= 1 }
    let (scalar, end) = scalar(in: bytes, at: start)
    return end == position ? scalar : replacement
  }

  static func append(_ scalar: UInt32, to bytes: inout [UInt8]) {
    switch scalar {
    case 0..<0x80:
      bytes.append(UInt8(truncatingIfNeeded: scalar))
    case 0x80..<0x800:
      bytes.append(UInt8(truncatingIfNeeded: 0xC0 | scalar >> 6))
      bytes.append(UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F))
    case 0x800..<0x10000:
      bytes.append(UInt8(truncatingIfNeeded: 0xE0 | scalar >> 12))
      bytes.append(UInt8(truncatingIfNeeded: 0x80 | scalar >> 6 & 0x3F))
      bytes.append(UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F))
    default:
      bytes.append(UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18))
      bytes.append(UInt8(truncatingIfNeeded: 0x80 | scalar >> 12 & 0x3F))
      bytes.append(UInt8(truncatingIfNeeded: 0x80 | scalar >> 6 & 0x3F))
      bytes.append(UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F))
    }
  }

  static func scalars(of bytes: ArraySlice<UInt8>) -> [UInt32] {
    bytes.withUnsafeBufferPointer { bytes in
      var scalars: [UInt32] = []
      scalars.reserveCapacity(bytes.count)
      var position = 0
      while position < bytes.count {
        let (scalar, end) = scalar(in: bytes, at: position)
        scalars.append(scalar)
        position = end
      }
      return scalars
    }
  }
}
