/// Telephone numbers: international with `+` or `00` (ITU-T E.164, 8 to 15 digits), of North America, and of other countries
/// by the shape of their groups, where a word near must say that it is one.
enum PhoneGrammar {
  private static let plus = UInt8(ascii: "+")

  /// - Parameters:
  ///   - start: where the number starts: a digit, or a `+` or `(` before it.
  ///   - groups: the digits' groups; the first starts at `start` or a byte or two behind it.
  static func match(_ text: TextBytes, start: Int, _ groups: DigitGroups, _ cues: CueTrail) -> GrammarMatch? {
    guard groups.count > 0 else { return nil }
    let isInternational = text[start] == plus
    guard let (count, digits) = extent(text, groups, isInternational: isInternational) else { return nil }
    var end = groups.end(count - 1)
    if TextBytes.isWord(text[end]), text[end] != UInt8(ascii: "x") { return nil }
    if text[end] == UInt8(ascii: "%") || text[end] == UInt8(ascii: ",") && text.isDigit(end + 1) { return nil }
    end = extended(text, end)
    let range = start..<end
    guard var confidence = plausibility(text, start, groups, count, digits, isInternational: isInternational) else {
      return nil
    }
    if cues.has(.phone, around: range, in: text) {
      confidence = min(0.98, confidence + (confidence >= 0.3 ? 0.62 : 0.4))
      if cues.has(.otherNumber, before: start, within: 12), confidence < 0.95 { confidence = 0.6 }
    } else if cues.has(.otherNumber, before: start, within: 28) || cues.has(.card, before: start, within: 28)
      || !isInternational && isListed(text, range)
    {
      confidence *= 0.4
    }
    return confidence >= 0.2 ? GrammarMatch(.phoneNumber, range, confidence) : nil
  }

  /// Whether other numbers stand right beside it, as in a table.
  private static func isListed(_ text: TextBytes, _ range: Range<Int>) -> Bool {
    func isSpaced(_ space: Int, _ digit: Int) -> Bool { text[space] == 0x20 && text.isDigit(digit) }
    return isSpaced(range.lowerBound - 1, range.lowerBound - 2) || isSpaced(range.upperBound, range.upperBound + 1)
      || text[range.upperBound] == UInt8(ascii: ".") && text.isDigit(range.upperBound + 1)
  }

  /// The groups that belong to the number: up to 15 digits, separated as numbers of telephones are.
  private static func extent(_ text: TextBytes, _ groups: DigitGroups, isInternational: Bool) -> (Int, Int)? {
    var count = 1
    var digits = groups.length(0)
    while count < groups.count {
      let separator = groups.separator(count)
      guard separator != UInt8(ascii: ":"), digits + groups.length(count) <= 15 else { break }
      digits += groups.length(count)
      count += 1
    }
    return digits >= (isInternational ? 8 : 6) && digits <= 15 ? (count, digits) : nil
  }

  /// The end of an extension behind the number: `x123`, ` ext. 123`.
  private static func extended(_ text: TextBytes, _ end: Int) -> Int {
    var index = end
    if text[index] == 0x20 { index += 1 }
    if text.has("ext", at: index) {
      index += 3
      if text[index] == UInt8(ascii: ".") { index += 1 }
      if text[index] == 0x20 { index += 1 }
    } else if text.has("x", at: index) {
      index += 1
    } else {
      return end
    }
    let digits = index
    while index - digits < 6, text.isDigit(index) { index += 1 }
    return index > digits && !TextBytes.isWord(text[index]) ? index : end
  }

  /// How probable a number of this shape is one of a telephone where no word says so.
  private static func plausibility(
    _ text: TextBytes, _ start: Int, _ groups: DigitGroups, _ count: Int, _ digits: Int, isInternational: Bool
  ) -> Double? {
    let first = groups.start(0)
    if isInternational {
      guard text[first] != UInt8(ascii: "0") else { return nil }
      return count == 1 ? (digits >= 10 ? 0.92 : 0.5) : 0.96
    }
    let isBracketed = text[start] == UInt8(ascii: "(")
    if isBracketed, text[groups.end(0)] != UInt8(ascii: ")") { return nil }
    let hasTrunk = text[first] == UInt8(ascii: "0")
    // A single digit is a trunk or country prefix, and so comes first, or `(0)`.
    if count > 1, (1..<count).contains(where: { groups.length($0) < 2 }) { return nil }
    let separator = count > 1 ? groups.separator(1) : 0
    if separator == UInt8(ascii: "/") && !hasTrunk { return nil }

    if let offset = northAmericanStart(text, groups, count) {
      let area = text[groups.start(offset)]
      let exchange = text[groups.start(offset + 1)]
      let isAssignable = area >= UInt8(ascii: "2") && exchange >= UInt8(ascii: "2")
      let last = groups.separator(offset + 2)
      if last == UInt8(ascii: "-") { return isAssignable ? 0.95 : (isBracketed || offset > 0 ? 0.92 : 0.7) }
      if last == UInt8(ascii: ".") { return isAssignable ? 0.92 : 0.6 }
      return isAssignable ? (isBracketed ? 0.93 : 0.6) : 0.3
    }
    if isBracketed, count > 1 { return digits >= 8 && digits <= 11 ? (hasTrunk ? 0.92 : 0.8) : nil }
    if count == 1 {
      if hasTrunk { return digits == 10 || digits == 11 ? 0.4 : nil }
      return digits == 10 && text[first] >= UInt8(ascii: "2") ? 0.35 : (digits >= 7 && digits <= 11 ? 0.25 : nil)
    }
    // Two years: 1990-2000.
    if count == 2, groups.has(lengths: [4, 4]), separator == UInt8(ascii: "-"), isYear(text, groups, 0),
      isYear(text, groups, 1)
    {
      return nil
    }
    let isPairs = (0..<count).allSatisfy { groups.length($0) == 2 }
    let isEven = groups.isEvenlySeparated(first: count)
    if hasTrunk {
      guard digits >= 8, digits <= 12 else { return nil }
      // The trunk's 0 and its area are one group; `00` opens a country's code.
      if text[first + 1] == UInt8(ascii: "0") {
        return digits >= 10 && !isPairs ? (groups.length(0) > 2 ? 0.92 : 0.8) : nil
      }
      if isPairs, count == 5, isEven { return 0.92 }
      return groups.length(0) >= 2 && separator != UInt8(ascii: ".") ? 0.7 : 0.4
    }
    guard digits >= 6, digits <= 11, isEven else { return nil }
    if separator == UInt8(ascii: "-"), groups.has(lengths: [3, 4]), count == 2 { return 0.45 }
    if separator == UInt8(ascii: ".") || digits == 6 && !isPairs { return nil }
    return 0.3
  }

  private static func isYear(_ text: TextBytes, _ groups: DigitGroups, _ group: Int) -> Bool {
    (1000...2100).contains(text.number(groups.range(group)))
  }

  /// The group of the area's code in a number of the North American plan: 3-3-4 digits, with `1`, `+1` or `001` before or not.
  private static func northAmericanStart(_ text: TextBytes, _ groups: DigitGroups, _ count: Int) -> Int? {
    if groups.has(lengths: [3, 3, 4]), count == 3 { return 0 }
    guard count == 4, groups.has(lengths: [groups.length(0), 3, 3, 4]) else { return nil }
    return text.number(groups.range(0)) == 1 ? 1 : nil
  }
}
