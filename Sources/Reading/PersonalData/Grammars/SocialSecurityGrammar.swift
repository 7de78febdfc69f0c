/// Social security numbers of the United States: three, two and four digits. No area 000 or 666, no group 00, no serial
/// 0000 (Social Security Administration, randomisation of 2011); areas from 900 are taxpayers' numbers.
enum SocialSecurityGrammar {
  static func match(_ text: TextBytes, _ groups: DigitGroups, _ cues: CueTrail) -> GrammarMatch? {
    if groups.has(lengths: [3, 2, 4]), groups.isEvenlySeparated(first: 3) {
      let separator = groups.separator(1)
      guard separator == UInt8(ascii: "-") || separator == 0x20 else { return nil }
      let range = groups.start(0)..<groups.end(2)
      if groups.count > 3, groups.separator(3) == separator { return nil }
      guard isPossible(text, groups.start(0), groups.start(1), groups.start(2)), isAlone(text, range.upperBound) else {
        return nil
      }
      if cues.has(.socialSecurity, around: range, in: text) {
        return GrammarMatch(.socialSecurityNumber, range, 0.99)
      }
      if cues.has(.otherNumber, before: range.lowerBound, within: 16) || text[range.lowerBound] == UInt8(ascii: "9") {
        return GrammarMatch(.socialSecurityNumber, range, 0.5)
      }
      return GrammarMatch(.socialSecurityNumber, range, separator == 0x20 ? 0.6 : 0.95)
    }
    guard groups.length(0) == 9 else { return nil }
    let range = groups.range(0)
    let start = range.lowerBound
    guard cues.has(.socialSecurity, around: range, in: text), isPossible(text, start, start + 3, start + 5),
      isAlone(text, range.upperBound)
    else { return nil }
    return GrammarMatch(.socialSecurityNumber, range, 0.93)
  }

  private static func isPossible(_ text: TextBytes, _ area: Int, _ group: Int, _ serial: Int) -> Bool {
    let first = text.number(area..<area + 3)
    return first != 0 && first != 666 && text.number(group..<group + 2) != 0 && text.number(serial..<serial + 4) != 0
  }

  private static func isAlone(_ text: TextBytes, _ end: Int) -> Bool {
    !TextBytes.isWord(text[end]) && !(text[end] == UInt8(ascii: "-") && TextBytes.isAlphanumeric(text[end + 1]))
  }
}
