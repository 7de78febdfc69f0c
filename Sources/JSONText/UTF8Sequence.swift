/// Well-formedness of one UTF-8 sequence, by table 3-7 of the Unicode standard: no overlong forms, no surrogates,
/// nothing above U+10FFFF.
enum UTF8Sequence {
  /// The length in bytes, 1 to 4, of the well-formed sequence at `index`; 0 if there is none.
  @inline(__always)
  static func length(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Int {
    let lead = bytes[index]
    if lead < 0x80 { return 1 }
    let available = bytes.count - index
    if lead >= 0xE0, lead < 0xF0 {
      guard available >= 3 else { return 0 }
      let second = bytes[index + 1]
      let third = bytes[index + 2]
      guard second & 0xC0 == 0x80, third & 0xC0 == 0x80 else { return 0 }
      if lead == 0xE0, second < 0xA0 { return 0 }
      if lead == 0xED, second >= 0xA0 { return 0 }
      return 3
    }
    if lead < 0xE0 {
      guard lead >= 0xC2, available >= 2, bytes[index + 1] & 0xC0 == 0x80 else { return 0 }
      return 2
    }
    guard lead <= 0xF4, available >= 4 else { return 0 }
    let second = bytes[index + 1]
    guard second & 0xC0 == 0x80, bytes[index + 2] & 0xC0 == 0x80, bytes[index + 3] & 0xC0 == 0x80
    else { return 0 }
    if lead == 0xF0, second < 0x90 { return 0 }
    if lead == 0xF4, second >= 0x90 { return 0 }
    return 4
  }
}
