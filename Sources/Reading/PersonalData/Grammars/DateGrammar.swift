/// Dates and times: `2014-02-13 09:33:20`, `3/13/1956`, `31.12.1999`, `March 5, 2020`, `5th of March`, a weekday, a year.
enum DateGrammar {
  /// A date in digits.
  static func number(_ text: TextBytes, _ groups: DigitGroups, _ cues: CueTrail) -> GrammarMatch? {
    let start = groups.start(0)
    if groups.count >= 3, let separator = dateSeparator(groups) {
      let end = groups.end(2)
      let isLonger = groups.count > 3 && groups.separator(3) == separator
      if !isLonger, !TextBytes.isWord(text[end]) || text[end] == UInt8(ascii: "T") {
        if let confidence = confidence(text, groups, separator) {
          let hasCue = cues.has(.birth, before: start)
          return GrammarMatch(.dateTime, start..<withTime(text, end), hasCue ? max(0.97, confidence) : confidence)
        }
      }
    }
    guard groups.length(0) == 4, !TextBytes.isWord(text[groups.end(0)]) else { return nil }
    guard groups.count == 1 || groups.separator(1) == 0x20 else { return nil }
    let year = text.number(groups.range(0))
    guard (1700...2099).contains(year), text[start - 1] != UInt8(ascii: ","), text[groups.end(0)] != UInt8(ascii: "%")
    else { return nil }
    // `in 1977`: the word must be the one before.
    guard cues.has(.yearBefore, before: start, within: 1) || cues.has(.birth, before: start, within: 4) else {
      return nil
    }
    return GrammarMatch(.dateTime, groups.range(0), 0.55)
  }

  /// A month's name with a day or a year beside it.
  static func month(_ text: TextBytes, _ word: Range<Int>, _ kinds: WordKinds, _ cues: CueTrail) -> GrammarMatch? {
    if kinds.contains(.capitalOnly), !text.isCapital(word.lowerBound) { return nil }
    var range = word
    var hasDay = false
    var hasYear = false
    if let day = dayBefore(text, word.lowerBound) {
      range = day..<word.upperBound
      hasDay = true
    }
    var index = word.upperBound
    if text[index] == UInt8(ascii: ".") { index += 1 }
    index = text.skippingSpaces(index)
    if !hasDay, text.isDigit(index) {
      var end = index
      while text.isDigit(end), end - index < 5 { end += 1 }
      if end - index <= 2, (1...31).contains(text.number(index..<end)) {
        if ordinalEnd(text, end) != end || !TextBytes.isWord(text[end]) {
          end = ordinalEnd(text, end)
          range = range.lowerBound..<end
          hasDay = true
          index = end
          if text[index] == UInt8(ascii: ",") { index += 1 }
          index = text.skippingSpaces(index)
        }
      }
    } else if hasDay {
      if text[index] == UInt8(ascii: ",") { index += 1 }
      index = text.skippingSpaces(index)
      if text.has("de ", at: index) { index += 3 }
    }
    if text.isDigit(index), !text.isDigit(index + 4), index > range.upperBound - 1 {
      var end = index
      while text.isDigit(end), end - index < 4 { end += 1 }
      if end - index == 4, (1000...2199).contains(text.number(index..<end)), !TextBytes.isWord(text[end]) {
        range = range.lowerBound..<end
        hasYear = true
      }
    }
    guard hasDay || hasYear else { return nil }
    if cues.has(.birth, before: range.lowerBound) { return GrammarMatch(.dateTime, range, 0.97) }
    return GrammarMatch(.dateTime, range, hasDay && hasYear ? 0.93 : (hasDay ? 0.8 : 0.7))
  }

  private static func dateSeparator(_ groups: DigitGroups) -> UInt8? {
    let separator = groups.separator(1)
    guard separator == groups.separator(2) else { return nil }
    switch separator {
    case UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: "."): return separator
    default: return nil
    }
  }

  private static func confidence(_ text: TextBytes, _ groups: DigitGroups, _ separator: UInt8) -> Double? {
    let first = text.number(groups.range(0))
    let second = text.number(groups.range(1))
    let third = text.number(groups.range(2))
    guard groups.length(1) <= 2, (1...31).contains(second) else { return nil }
    if groups.length(0) == 4 {
      guard groups.length(2) <= 2, (1000...2199).contains(first), second <= 12, (1...31).contains(third) else {
        return nil
      }
      return 0.95
    }
    guard groups.length(0) <= 2, (1...31).contains(first), first <= 12 || second <= 12 else { return nil }
    if groups.length(2) == 4 {
      return (1000...2199).contains(third) ? 0.94 : nil
    }
    // Two digits of a year: also a fraction, a version or a score.
    guard groups.length(2) == 2, separator == UInt8(ascii: "/") || groups.length(0) == 2 && groups.length(1) == 2 else {
      return nil
    }
    return separator == UInt8(ascii: ".") ? 0.5 : 0.7
  }

  /// The end of a time behind a date: ` 09:33:20`, `T09:33Z`.
  private static func withTime(_ text: TextBytes, _ end: Int) -> Int {
    guard text[end] == 0x20 || text[end] == UInt8(ascii: "T"), text.isDigit(end + 1) else { return end }
    var index = end + 1
    while index - end < 9, text.isDigit(index) || text[index] == UInt8(ascii: ":") { index += 1 }
    guard index - end >= 5, text.isDigit(index - 1) else { return end }
    if text[index] == UInt8(ascii: "Z") { index += 1 }
    return TextBytes.isWord(text[index]) ? end : index
  }

  /// Where the day before a month starts: `5 March`, `5th of March`, `5. März`.
  private static func dayBefore(_ text: TextBytes, _ month: Int) -> Int? {
    var index = month
    guard text[index - 1] == 0x20 || text[index - 1] == UInt8(ascii: "-") else { return nil }
    index -= 1
    if text.has(" of", before: index) { index -= 3 } else if text.has(" de", before: index) { index -= 3 }
    if text[index - 1] == UInt8(ascii: ".") { index -= 1 }
    if index >= 3, text.isDigit(index - 3), ordinalEnd(text, index - 2) == index { index -= 2 }
    var start = index
    while index - start < 3, text.isDigit(start - 1) { start -= 1 }
    guard start < index, index - start <= 2, !TextBytes.isWord(text[start - 1]), text[start - 1] != UInt8(ascii: "."),
      (1...31).contains(text.number(start..<index))
    else { return nil }
    return start
  }

  /// The place behind `st`, `nd`, `rd` or `th` at `index`; `index` if none is there.
  private static func ordinalEnd(_ text: TextBytes, _ index: Int) -> Int {
    let isOrdinal =
      text.has("st", at: index) || text.has("nd", at: index) || text.has("rd", at: index) || text.has("th", at: index)
    return isOrdinal && !TextBytes.isWord(text[index + 2]) ? index + 2 : index
  }
}
