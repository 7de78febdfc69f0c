/// Postal codes: of the United States after a state or a word for them, of the United Kingdom and Canada by their shape, of
/// other countries where a word for them stands before.
enum PostalCodeGrammar {
  /// A code that starts with a digit.
  static func number(_ text: TextBytes, _ groups: DigitGroups, _ cues: CueTrail) -> GrammarMatch? {
    let start = groups.start(0)
    let length = groups.length(0)
    let hasCue = cues.has(.postalCode, before: start, within: 24)
    guard length >= 3 || hasCue && length == 2, length <= 6 else { return nil }
    // The parts of a code: 12345-6789, 90010-170, 53-320, 840 24.
    var end = groups.end(0)
    if groups.count >= 2, groups.separator(1) == UInt8(ascii: "-") || groups.separator(1) == 0x20 && hasCue,
      groups.length(1) >= 2, groups.length(1) <= 4, length + groups.length(1) <= 9
    {
      end = groups.end(1)
    } else if length == 4, text[end] == 0x20, TextBytes.isUpper(text[end + 1]), TextBytes.isUpper(text[end + 2]),
      !TextBytes.isWord(text[end + 3]), hasCue
    {
      end += 3  // 7412 SL, of the Netherlands
    }
    guard !TextBytes.isWord(text[end]), !(text[end] == UInt8(ascii: "-") && text.isDigit(end + 1)) else { return nil }
    if hasCue { return GrammarMatch(.postalCode, start..<end, 0.95) }
    // The last line of an address: `Iceland 80296`.
    if length >= 4, end == groups.end(0), cues.has(.street, before: start, within: 96), endsLine(text, end) {
      return GrammarMatch(.postalCode, start..<end, 0.6)
    }
    guard length == 5, end == groups.end(0) || groups.length(1) == 4 else { return nil }
    if followsState(text, start) { return GrammarMatch(.postalCode, start..<end, 0.92) }
    return end > groups.end(0) ? GrammarMatch(.postalCode, start..<end, 0.4) : nil
  }

  /// A code with letters: `SW1A 1AA`, `B0J 2H0`.
  ///
  /// - Parameter at: the start of a word with a capital letter first and a digit in it.
  static func letters(_ text: TextBytes, at index: Int, _ cues: CueTrail) -> GrammarMatch? {
    var shape: [Character] = []
    var end = index
    while shape.count < 9 {
      let byte = text[end]
      if TextBytes.isUpper(byte) {
        shape.append("A")
      } else if TextBytes.isDigit(byte) {
        shape.append("9")
      } else if byte == 0x20, !shape.contains(" ") {
        shape.append(" ")
      } else {
        break
      }
      end += 1
      if shape.last != " ", shapes.contains(String(shape)), !TextBytes.isWord(text[end]) {
        guard isPossible(shape, first: text[index]) else { return nil }
        // `A1 1AA` and the like are also seats and types.
        let isLong = shape.count > 6
        let hasCue = cues.has(.postalCode, before: index, within: 24)
        return GrammarMatch(.postalCode, index..<end, hasCue ? 0.96 : (isLong ? 0.9 : 0.6))
      }
    }
    return nil
  }

  /// Whether the first letter goes with the shape: districts with a letter at the end are of London, and Canada leaves
  /// some letters out.
  private static func isPossible(_ shape: [Character], first: UInt8) -> Bool {
    switch String(shape) {
    case "A9A 9AA": "ENSW".utf8.contains(first)
    case "A9A 9A9": !"DFIOQUWZ".utf8.contains(first)
    default: true
    }
  }

  private static let shapes: Set<String> = [
    "A9 9AA", "A99 9AA", "AA9 9AA", "AA99 9AA", "A9A 9AA", "AA9A 9AA", "A9A 9A9",
  ]

  private static func endsLine(_ text: TextBytes, _ end: Int) -> Bool {
    switch text[end] {
    case 0, 0x0A, 0x0D, UInt8(ascii: ","): true
    case UInt8(ascii: "."), UInt8(ascii: "?"): !text.isDigit(end + 1)
    default: false
    }
  }

  private static func followsState(_ text: TextBytes, _ start: Int) -> Bool {
    guard text[start - 1] == 0x20 || text[start - 1] == 0x0A else { return false }
    let state = start - 3
    guard TextBytes.isUpper(text[state]), TextBytes.isUpper(text[state + 1]), !TextBytes.isWord(text[state - 1]) else {
      return false
    }
    return WordTable.shared.kinds(text, state..<state + 2).contains(.state)
  }
}
