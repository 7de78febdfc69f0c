/// Forms in which a word is hidden: cut into letters or pieces, or with digits and signs in the place of letters.
enum GuardWordForms {
  /// A word that was cut into letters (at least four, one and the same sign or space between) or into pieces of up to
  /// three letters (at least three; if three, none a word of honest compounds).
  static func joined(_ text: UnsafeRawBufferPointer, from index: Int) -> (word: [UInt8], end: Int)? {
    let count = text.count
    var next = index
    while next < count, next - index < 4, GuardBytes.isLetter(text[next]) { next += 1 }
    guard next > index, next - index <= 3, next + 1 < count else { return nil }
    let sign = text[next]
    guard sign == 0x20 || isSplitter(sign), GuardBytes.isLetter(text[next + 1]) else { return nil }
    let longest = sign == 0x20 ? 1 : 3
    var pieces: [Range<Int>] = []
    var start = index
    while true {
      var end = start
      while end < count, end - start <= longest, GuardBytes.isLetter(text[end]) { end += 1 }
      let goesOn = end < count && (GuardBytes.isAlphanumeric(text[end]) || text[end] >= 0x80)
      if end == start || end - start > longest || goesOn {
        // Between spaces the word of a last letter goes on: the cut word ends before it.
        if sign == 0x20, !pieces.isEmpty { break }
        return nil
      }
      pieces.append(start..<end)
      guard end + 1 < count, text[end] == sign, GuardBytes.isLetter(text[end + 1]),
        pieces.count < GuardNormalizer.pieceLimit
      else { break }
      start = end + 1
    }
    let areLetters = pieces.allSatisfy { $0.count == 1 }
    guard let last = pieces.last, pieces.count >= (areLetters ? 4 : 3) else { return nil }
    if !areLetters {
      guard sign != 0x2E, sign != 0x5F, sign != 0x2F, sign != 0x2B, sign != 0x2C else { return nil }
      let isCompound = pieces.count == 3 && pieces.contains { GuardWords.compoundParts.contains(lowercased(text[$0])) }
      guard !isCompound else { return nil }
    }
    return (pieces.flatMap { text[$0] }, last.upperBound)
  }

  /// The word in a range of letters, digits and signs with its letters put back; nil if it is not a disguised word.
  ///
  /// One digit or sign in the place of a letter is undone for words of attacks, two or more for all words of five letters,
  /// if the word is written in one case and not of hexadecimal digits only. Mail addresses stay.
  ///
  /// - Parameter isUsual: in a text with such words one digit or sign is enough.
  static func undisguised(
    _ text: UnsafeRawBufferPointer, _ range: Range<Int>, isUsual: Bool
  ) -> (word: [UInt8], range: Range<Int>)? {
    func isOutside(_ byte: UInt8) -> Bool { GuardBytes.isSign(byte) && !(isUsual && byte == 0x24) }
    var start = range.lowerBound
    var end = range.upperBound
    while start < end, isOutside(text[start]) { start += 1 }
    while end > start, isOutside(text[end - 1]) { end -= 1 }
    guard (isUsual ? 3 : 4)...24 ~= end - start else { return nil }
    let word = UnsafeRawBufferPointer(rebasing: text[start..<end])
    let isMail =
      end + 1 < text.count && text[end] == 0x2E && GuardBytes.isLetter(text[end + 1]) && word.contains(0x40)
    guard !isMail else { return nil }
    var plain: [UInt8] = []
    var letters = 0
    var capitals = 0
    var smallInside = 0
    var beyondHexadecimal = 0
    var inside = 0
    for index in word.indices {
      let byte = word[index]
      if GuardBytes.isLetter(byte) {
        letters += 1
        if byte | 0x20 > 0x66 { beyondHexadecimal += 1 }
        if GuardBytes.isUpper(byte) {
          capitals += 1
        } else if index > 0 {
          smallInside += 1
        }
        plain.append(byte)
      } else if let letter = letter(behind: byte) {
        if index > 0, index + 1 < word.count, GuardBytes.isLetter(word[index - 1]),
          GuardBytes.isLetter(word[index + 1])
        {
          inside += 1
        }
        plain.append(letter)
      } else {
        return nil
      }
    }
    let disguises = word.count - letters
    guard disguises > 0, 2 * letters >= word.count, beyondHexadecimal > 0 else { return nil }
    let isMixed = smallInside > 0 && (capitals > 1 || capitals == 1 && !GuardBytes.isUpper(word[0]))
    guard !isMixed else { return nil }
    if isUsual || GuardWords.disguised.contains(lowercased(plain)) { return (plain, start..<end) }
    let startsDisguised = !GuardBytes.isLetter(word[0]) && GuardBytes.isLetter(word[1])
    guard word.count >= 5, disguises >= 2, inside > 0 || startsDisguised else { return nil }
    return (plain, start..<end)
  }

  private static func letter(behind byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0"): UInt8(ascii: "o")
    case UInt8(ascii: "1"), UInt8(ascii: "!"): UInt8(ascii: "i")
    case UInt8(ascii: "3"): UInt8(ascii: "e")
    case UInt8(ascii: "4"), UInt8(ascii: "@"): UInt8(ascii: "a")
    case UInt8(ascii: "5"), UInt8(ascii: "$"): UInt8(ascii: "s")
    case UInt8(ascii: "7"): UInt8(ascii: "t")
    default: nil
    }
  }

  @inline(__always)
  private static func isSplitter(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x2D, 0x2E, 0x5F, 0x2A, 0x7E, 0x7C, 0x2F, 0x2B, 0x2C: true
    default: false
    }
  }

  private static func lowercased(_ bytes: some Collection<UInt8>) -> String {
    String(decoding: bytes.map { GuardBytes.isUpper($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
  }
}
