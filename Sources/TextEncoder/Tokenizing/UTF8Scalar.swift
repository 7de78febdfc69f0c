/// One scalar of a UTF-8 text.
struct UTF8Scalar {
  var value: UInt32
  /// Bytes in the text.
  var length: Int

  /// The scalar at `index`; U+FFFD, one byte long, where the bytes are no well-formed sequence.
  @inline(__always)
  init(_ text: UnsafeRawBufferPointer, at index: Int) {
    let first = text[index]
    if first < 0x80 {
      self.init(value: UInt32(first), length: 1)
      return
    }
    func next(_ offset: Int) -> UInt32? {
      guard index + offset < text.count, text[index + offset] & 0xC0 == 0x80 else { return nil }
      return UInt32(text[index + offset] & 0x3F)
    }
    switch first {
    case 0xC2...0xDF:
      if let a = next(1) {
        self.init(value: UInt32(first & 0x1F) << 6 | a, length: 2)
        return
      }
    case 0xE0...0xEF:
      if let a = next(1), let b = next(2) {
        let value = UInt32(first & 0x0F) << 12 | a << 6 | b
        if value >= 0x800, !(0xD800...0xDFFF).contains(value) {
          self.init(value: value, length: 3)
          return
        }
      }
    case 0xF0...0xF4:
      if let a = next(1), let b = next(2), let c = next(3) {
        let value = UInt32(first & 0x07) << 18 | a << 12 | b << 6 | c
        if (0x10000...0x10FFFF).contains(value) {
          self.init(value: value, length: 4)
          return
        }
      }
    default: break
    }
    self.init(value: 0xFFFD, length: 1)
  }

  private init(value: UInt32, length: Int) {
    self.value = value
    self.length = length
  }
}
