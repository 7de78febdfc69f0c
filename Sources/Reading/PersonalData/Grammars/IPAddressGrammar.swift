/// Addresses of IP: four numbers with dots (RFC 791), or groups of hexadecimal digits with colons (RFC 4291).
enum IPAddressGrammar {
  /// Four groups of digits with dots, none over 255.
  static func version4(_ text: TextBytes, _ groups: DigitGroups, _ cues: CueTrail) -> GrammarMatch? {
    guard groups.count >= 4, (1..<4).allSatisfy({ groups.separator($0) == UInt8(ascii: ".") }) else { return nil }
    if groups.count > 4, groups.separator(4) == UInt8(ascii: ".") { return nil }
    for group in 0..<4 {
      guard groups.length(group) <= 3, text.number(groups.range(group)) <= 255 else { return nil }
      if groups.length(group) > 1, text[groups.start(group)] == UInt8(ascii: "0") { return nil }
    }
    let range = groups.start(0)..<groups.end(3)
    if TextBytes.isWord(text[range.upperBound]) { return nil }
    if text[range.upperBound] == UInt8(ascii: "-"), TextBytes.isWord(text[range.upperBound + 1]) { return nil }
    // The machine itself, every address, a mask: nobody's.
    let first = text.number(groups.range(0))
    if first == 127 || first == 0 || first == 255 { return GrammarMatch(.ipAddress, range, 0.3) }
    if cues.has(.network, before: range.lowerBound) { return GrammarMatch(.ipAddress, range, 0.98) }
    if cues.has(.otherNumber, before: range.lowerBound, within: 16) { return GrammarMatch(.ipAddress, range, 0.3) }
    // `1.2.3.4` is more often a section or a version.
    let isShort = (0..<4).allSatisfy { groups.length($0) == 1 }
    return GrammarMatch(.ipAddress, range, isShort ? 0.6 : 0.95)
  }

  /// - Parameter colon: the place of a colon with a colon or a hexadecimal digit behind it.
  static func version6(_ text: TextBytes, colon: Int) -> GrammarMatch? {
    var start = colon
    while colon - start < 5, TextBytes.isHexadecimal(text[start - 1]) { start -= 1 }
    guard colon - start <= 4, !TextBytes.isWord(text[start - 1]), text[start - 1] != UInt8(ascii: ":") else {
      return nil
    }
    var index = start
    var groups = 0
    var gaps = 0
    var hasDigit = false
    var longest = 0
    while groups <= 8 {
      var end = index
      var digits = 0
      while end - index < 5, TextBytes.isHexadecimal(text[end]) {
        if text.isDigit(end) { digits += 1 }
        end += 1
      }
      guard end - index <= 4 else { return nil }
      if end > index {
        groups += 1
        if digits > 0 { hasDigit = true }
        longest = max(longest, end - index)
      }
      index = end
      guard text[index] == UInt8(ascii: ":") else { break }
      if text[index + 1] == UInt8(ascii: ":") {
        gaps += 1
        index += 2
        if !TextBytes.isHexadecimal(text[index]) { break }
      } else if TextBytes.isHexadecimal(text[index + 1]) {
        index += 1
      } else {
        break
      }
    }
    guard !TextBytes.isWord(text[index]), text[index] != UInt8(ascii: ":") || !TextBytes.isWord(text[index + 1]) else {
      return nil
    }
    if groups == 8, gaps == 0 { return GrammarMatch(.ipAddress, start..<index, 0.97) }
    // `1::2` is a slice, `Ab::C1` a name of C++.
    guard gaps == 1, groups >= 2, groups < 8, hasDigit, longest >= 3 else { return nil }
    return GrammarMatch(.ipAddress, start..<index, groups >= 3 ? 0.93 : 0.6)
  }
}
