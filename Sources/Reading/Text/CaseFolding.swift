/// Case folding of whole texts: ASCII sixteen bytes at a time, the rest scalar by scalar.
enum CaseFolding {
  /// The text under simple case folding. Bytes that are not valid UTF-8 stay as they are.
  ///
  /// Linear; about 0.1 µs a KiB of ASCII. The result may be longer or shorter than the text, since a few letters have
  /// a twin of another length.
  static func fold(_ text: [UInt8]) -> [UInt8] {
    text.withUnsafeBufferPointer { bytes in
      let prefix = asciiPrefix(of: bytes)
      var folded = [UInt8](unsafeUninitializedCapacity: prefix) { target, count in
        lowercase(bytes, count: prefix, into: target)
        count = prefix
      }
      if prefix < bytes.count { foldTail(bytes, from: prefix, into: &folded) }
      return folded
    }
  }

  static func fold(_ text: String) -> [UInt8] { fold(Array(text.utf8)) }

  private static func asciiPrefix(of bytes: UnsafeBufferPointer<UInt8>) -> Int {
    let raw = UnsafeRawBufferPointer(bytes)
    var position = 0
    while position + 16 <= raw.count {
      let chunk = raw.loadUnaligned(fromByteOffset: position, as: SIMD16<UInt8>.self)
      if chunk.max() >= 0x80 { break }
      position += 16
    }
    while position < raw.count, raw[position] < 0x80 { position += 1 }
    return position
  }

  private static func lowercase(
    _ bytes: UnsafeBufferPointer<UInt8>, count: Int, into target: UnsafeMutableBufferPointer<UInt8>
  ) {
    for index in 0..<count {
      let byte = bytes[index]
      target[index] = byte &- 0x41 < 26 ? byte | 0x20 : byte
    }
  }

  private static func foldTail(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int, into folded: inout [UInt8]) {
    let tables = ScalarTables.shared
    folded.reserveCapacity(bytes.count + 16)
    var position = start
    while position < bytes.count {
      let byte = bytes[position]
      if byte < 0x80 {
        folded.append(byte &- 0x41 < 26 ? byte | 0x20 : byte)
        position += 1
        continue
      }
      let (scalar, end) = UTF8Text.scalar(in: bytes, at: position)
      let other = tables.folded(scalar)
      if other == scalar {
        for index in position..<end { folded.append(bytes[index]) }
      } else {
        UTF8Text.append(other, to: &folded)
      }
      position = end
    }
  }
}
