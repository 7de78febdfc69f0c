/// Passing over bytes that mean nothing to a scanner, 16 a step.
enum ByteSearch {
  private typealias Lanes = SIMD16<Int8>

  /// The index of the first byte at or after `start` that is a quote, a backslash, a control character or not ASCII; or
  /// the number of bytes.
  static func plainEnd(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
    var index = start
    while bytes.count - index >= 16 {
      let lanes = bytes.loadUnaligned(fromByteOffset: index, as: Lanes.self)
      // As signed numbers control characters and everything outside ASCII are below 0x20.
      let mask =
        lanes .== Lanes(repeating: 0x22) .| (lanes .== Lanes(repeating: 0x5C)) .| (lanes .< Lanes(repeating: 0x20))
      if let lane = first(mask) { return index + lane }
      index += 16
    }
    while index < bytes.count {
      let byte = bytes[index]
      if byte == 0x22 || byte == 0x5C || byte &- 0x20 >= 0x60 { break }
      index += 1
    }
    return index
  }

  /// The index of the first carriage return at or after `start`, or the number of bytes.
  static func carriageReturn(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
    var index = start
    while bytes.count - index >= 16 {
      let lanes = bytes.loadUnaligned(fromByteOffset: index, as: Lanes.self)
      if let lane = first(lanes .== Lanes(repeating: 0x0D)) { return index + lane }
      index += 16
    }
    while index < bytes.count, bytes[index] != 0x0D { index += 1 }
    return index
  }

  /// The index of the first place at or after `start` where these two bytes stand; nil if there is none.
  static func pair(_ first: UInt8, _ second: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
    let firsts = Lanes(repeating: Int8(bitPattern: first))
    let seconds = Lanes(repeating: Int8(bitPattern: second))
    var index = start
    while bytes.count - index >= 17 {
      let here = bytes.loadUnaligned(fromByteOffset: index, as: Lanes.self)
      let next = bytes.loadUnaligned(fromByteOffset: index + 1, as: Lanes.self)
      if let lane = Self.first((here .== firsts) .& (next .== seconds)) { return index + lane }
      index += 16
    }
    while bytes.count - index >= 2 {
      if bytes[index] == first, bytes[index + 1] == second { return index }
      index += 1
    }
    return nil
  }

  /// The first lane that is set.
  @inline(__always)
  private static func first(_ mask: SIMDMask<SIMD16<Int8>>) -> Int? {
    let halves = unsafeBitCast(mask, to: SIMD2<UInt64>.self)
    guard halves.x | halves.y != 0 else { return nil }
    if halves.x != 0 { return halves.x.littleEndian.trailingZeroBitCount >> 3 }
    return 8 + halves.y.littleEndian.trailingZeroBitCount >> 3
  }
}
