/// Finds stretches that are written in a shifted alphabet (rot13 and the other 24) or backwards, by known words.
///
/// A word is known by the distances of its letters from the first, which a shift leaves alone. A word of four letters
/// gives a point, a longer one two; three points for one shift are taken as that shift.
struct GuardAlphabet {
  private static let longestWord = 12
  /// By key: the first letter and whether the word stands backwards.
  private static let words: [UInt64: (first: UInt8, isReversed: Bool)] = {
    var words: [UInt64: (first: UInt8, isReversed: Bool)] = [:]
    let forwards = GuardWords.known.map { Array($0.utf8) }
    for letters in forwards { words[key(of: letters)] = (letters[0], false) }
    for letters in forwards.map({ Array($0.reversed()) }) where words[key(of: letters)] == nil {
      words[key(of: letters)] = (letters[0], true)
    }
    return words
  }()

  private static let filter = GuardWordFilter(words.keys)

  /// Points by shift; at 0 those of words written backwards.
  private var points = SIMD32<Int32>()
  private var firstAt = [Int](repeating: 0, count: 26)

  /// Takes a word of ASCII letters that starts at an offset of the text.
  @inline(__always)
  mutating func see(_ word: UnsafeRawBufferPointer, at start: Int) {
    guard word.count >= 4, word.count <= Self.longestWord else { return }
    let key = Self.key(word)
    guard Self.filter.mayContain(key) else { return }
    note(key, first: word[0] | 0x20, points: word.count == 4 ? 1 : 2, at: start)
  }

  private mutating func note(_ key: UInt64, first: UInt8, points gained: Int32, at start: Int) {
    guard let known = Self.words[key] else { return }
    let shift = (Int(first) - Int(known.first) + 26) % 26
    guard known.isReversed == (shift == 0) else { return }
    if points[shift] == 0 { firstAt[shift] = start }
    points[shift] &+= gained
  }

  /// The text behind the first known word in the shift that was found; nil if there is none.
  func decoded(_ text: UnsafeRawBufferPointer) -> (bytes: [UInt8], start: Int)? {
    var shift = 0
    for other in 1..<26 where points[other] > points[shift] { shift = other }
    guard points[shift] >= 3 else { return nil }
    let start = max(0, firstAt[shift] - GuardNormalizer.shiftedLead)
    let piece = text[start..<min(text.count, start + GuardNormalizer.shiftedLimit)]
    guard shift > 0 else { return (piece.reversed(), start) }
    return (
      piece.map { byte in
        guard GuardBytes.isLetter(byte) else { return byte }
        let place = (Int(byte | 0x20) - 0x61 - shift + 26) % 26
        return (byte & 0x20 | 0x41) + UInt8(place)
      }, start
    )
  }

  private static func key(of letters: [UInt8]) -> UInt64 { letters.withUnsafeBytes { key($0) } }

  @inline(__always)
  private static func key(_ word: UnsafeRawBufferPointer) -> UInt64 {
    let first = Int32(word[0] | 0x20)
    var key: UInt64 = 1
    for index in 1..<word.count {
      let distance = Int32(word[index] | 0x20) &- first
      key = key << 5 | UInt64(truncatingIfNeeded: distance < 0 ? distance &+ 26 : distance)
    }
    return key
  }
}
