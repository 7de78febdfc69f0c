/// A text's bytes for grammars: reads outside it give 0, so that look-ahead and look-behind need no checks.
///
/// Borrows the memory: lives inside one call.
struct TextBytes {
  private let start: UnsafePointer<UInt8>?
  let count: Int

  init(_ bytes: UnsafeRawBufferPointer) {
    start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    count = bytes.count
  }

  @inline(__always)
  subscript(index: Int) -> UInt8 {
    guard UInt(bitPattern: index) < UInt(bitPattern: count), let start else { return 0 }
    return start[index]
  }

  @inline(__always)
  static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

  @inline(__always)
  static func isUpper(_ byte: UInt8) -> Bool { byte &- 0x41 < 26 }

  /// An ASCII letter.
  @inline(__always)
  static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }

  @inline(__always)
  static func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) }

  @inline(__always)
  static func isHexadecimal(_ byte: UInt8) -> Bool { isDigit(byte) || (byte | 0x20) &- 0x61 < 6 }

  /// An ASCII letter, digit or underscore.
  @inline(__always)
  static func isWord(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || byte == 0x5F }

  /// The bytes of the character of a word at `index`; 0 if it is part of none.
  ///
  /// Of characters beyond ASCII, those of scripts with spaces between words count: U+00C0…U+1FFF. What is before them and
  /// after them is punctuation, symbols, and scripts without spaces, where every place is an edge.
  @inline(__always)
  func wordCharacter(_ index: Int) -> Int {
    let byte = self[index]
    if Self.isWord(byte) { return 1 }
    if byte < 0xC3 || byte > 0xE1 { return 0 }
    return byte < 0xE0 ? 2 : 3
  }

  func isDigit(_ index: Int) -> Bool { Self.isDigit(self[index]) }

  /// A capital at the start of a word: of ASCII, Latin, Greek or Cyrillic (the lead bytes C3…D0; a small letter there is
  /// taken for a capital, as in `École` and `école`).
  func isCapital(_ index: Int) -> Bool { Self.isUpper(self[index]) || (0xC3...0xD0).contains(self[index]) }

  /// The number that the digits of a range say; of at most nine digits.
  func number(_ range: Range<Int>) -> Int {
    var value = 0
    for index in range.prefix(9) { value = value * 10 + Int(self[index] &- 0x30) }
    return value
  }

  /// The end of the word at `index`, looking at no more than `limit` bytes.
  func wordEnd(_ index: Int, limit: Int = 64) -> Int {
    var end = index
    while end - index < limit {
      let length = wordCharacter(end)
      guard length > 0 else { break }
      end += length
    }
    return min(end, count)
  }

  /// Whether the bytes at `index` are `word`, ASCII letters in any case; `word` is in lower case.
  func has(_ word: StaticString, at index: Int) -> Bool {
    word.withUTF8Buffer { word in
      guard index >= 0, index + word.count <= count else { return false }
      for offset in word.indices {
        let byte = self[index + offset]
        guard (Self.isUpper(byte) ? byte | 0x20 : byte) == word[offset] else { return false }
      }
      return true
    }
  }

  /// Whether the bytes before `index` are `word`.
  func has(_ word: StaticString, before index: Int) -> Bool { has(word, at: index - word.utf8CodeUnitCount) }

  /// `index` after spaces and tabs, four at most.
  func skippingSpaces(_ index: Int) -> Int {
    var index = index
    for _ in 0..<4 where self[index] == 0x20 || self[index] == 0x09 { index += 1 }
    return index
  }
}
