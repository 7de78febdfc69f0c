/// A host's name with a known top-level domain, with its scheme if there is one.
enum DomainNameGrammar {
  /// The letters, digits, hyphens and dots around the dot at `index`, 253 bytes at most on either side.
  static func extent(_ text: TextBytes, around index: Int) -> Range<Int> {
    var start = index
    while index - start < 253, isHost(text[start - 1]) { start -= 1 }
    var end = index + 1
    while end - index < 253, isHost(text[end]) { end += 1 }
    return start..<end
  }

  /// - Parameters:
  ///   - index: the place of a dot between two letters or digits.
  ///   - extent: what is around it.
  static func match(_ text: TextBytes, at index: Int, in extent: Range<Int>) -> GrammarMatch? {
    var start = extent.lowerBound
    while start < index, text[start] == UInt8(ascii: ".") || text[start] == UInt8(ascii: "-") { start += 1 }
    var end = extent.upperBound
    while end > index, !TextBytes.isAlphanumeric(text[end - 1]) { end -= 1 }
    var labelStart = end
    while labelStart > start, text[labelStart - 1] != UInt8(ascii: ".") { labelStart -= 1 }
    guard start < index, labelStart > index, text[start - 1] != UInt8(ascii: "@"), text[end] != UInt8(ascii: "@") else {
      return nil
    }
    let kind = TopLevelDomains.shared.kind(text, labelStart..<end)
    let hasScheme = text.has("://", before: start)
    guard let kind else { return nil }
    // A sentence without a space after its dot: `end.In`; a member of a value: `user.name(`, `self.is_ok`.
    let last = text[labelStart]
    if TextBytes.isUpper(last), !TextBytes.isUpper(text[labelStart + 1]) { return nil }
    if TextBytes.isUpper(last), !TextBytes.isUpper(text[labelStart - 2]) { return nil }
    if !hasScheme {
      if (0x80...0xBF).contains(text[start - 1]), (0xC3...0xC5).contains(text[start - 2]) { return nil }
      if text[end] == UInt8(ascii: "_") { return nil }
      switch text[end] {
      case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "="): return nil
      default: break
      }
      if text[start - 1] == UInt8(ascii: "/") || text[start - 1] == UInt8(ascii: "_") { return nil }
    } else {
      if text.has("https", before: start - 3) { start -= 8 } else if text.has("http", before: start - 3) { start -= 7 }
    }
    if hasScheme { return GrammarMatch(.domainName, start..<end, 0.97) }
    if text.has("www.", at: start), labelStart > start + 4 { return GrammarMatch(.domainName, start..<end, 0.96) }
    let confidence =
      switch kind {
      case .usual: 0.92
      case .country: index + 1 < labelStart ? 0.85 : 0.75
      case .ambiguous: 0.3
      }
    return GrammarMatch(.domainName, start..<end, confidence)
  }

  private static func isHost(_ byte: UInt8) -> Bool {
    TextBytes.isAlphanumeric(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
  }
}
