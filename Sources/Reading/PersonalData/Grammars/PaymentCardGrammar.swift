/// Numbers of payment cards: 12 to 19 digits (ISO/IEC 7812), in one run or in the groups that are printed on cards.
///
/// The check digit (Luhn) is evidence, not a condition: people also paste numbers that they made up.
enum PaymentCardGrammar {
  static func match(_ text: TextBytes, _ groups: DigitGroups, _ cues: CueTrail) -> GrammarMatch? {
    guard let count = groupsOfCard(groups) else { return nil }
    let range = groups.start(0)..<groups.end(count - 1)
    if TextBytes.isWord(text[range.upperBound]) || isContinued(text, range.upperBound) { return nil }
    let number = (0..<count).flatMap { groups.range($0).map { Int(text[$0] &- 0x30) } }
    let hasIssuer = isIssued(number)
    let hasCheckDigit = hasLuhn(number)
    let hasCue = cues.has(.card, around: range, in: text)
    // Twelve digits are of Maestro only, and of much else.
    if number.count == 12 {
      return hasCue ? GrammarMatch(.creditCard, range, hasIssuer ? 0.92 : 0.6) : nil
    }
    let isOther = cues.has(.otherNumber, before: range.lowerBound, within: 20)
    if hasCheckDigit, hasIssuer {
      // A tenth of all numbers has a right check digit by chance.
      if isOther, !hasCue { return GrammarMatch(.creditCard, range, 0.6) }
      return GrammarMatch(.creditCard, range, number.count < 14 && !hasCue ? 0.8 : 0.99)
    }
    if hasIssuer, hasCue { return GrammarMatch(.creditCard, range, 0.92) }
    if hasCheckDigit, hasCue { return GrammarMatch(.creditCard, range, 0.95) }
    if isOther { return nil }
    if hasIssuer, number.count >= 14 { return GrammarMatch(.creditCard, range, 0.6) }
    return hasCue ? GrammarMatch(.creditCard, range, 0.6) : nil
  }

  /// How many groups make the card: one of 12…19 digits; 4-4-4-1…4 and one more of up to 3; 4-6-5; 4-6-4.
  private static func groupsOfCard(_ groups: DigitGroups) -> Int? {
    if (12...19).contains(groups.length(0)) { return 1 }
    guard groups.length(0) == 4, groups.count >= 3 else { return nil }
    let separator = groups.separator(1)
    guard separator == 0x20 || separator == UInt8(ascii: "-") else { return nil }
    if groups.length(1) == 6, (4...5).contains(groups.length(2)), groups.isEvenlySeparated(first: 3) { return 3 }
    guard groups.has(lengths: [4, 4, 4]), groups.count >= 4, groups.length(3) <= 4, groups.isEvenlySeparated(first: 4)
    else { return nil }
    if groups.length(3) == 4, groups.count >= 5, groups.length(4) <= 3, groups.isEvenlySeparated(first: 5) { return 5 }
    return 4
  }

  /// Whether more of a longer number follows: `4111-1111-1111-1111-22`, `4111.5`.
  private static func isContinued(_ text: TextBytes, _ end: Int) -> Bool {
    switch text[end] {
    case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: ","): text.isDigit(end + 1)
    default: false
    }
  }

  /// The last digit makes the weighted sum a multiple of ten (ISO/IEC 7812-1, annex B).
  static func hasLuhn(_ digits: [Int]) -> Bool {
    var sum = 0
    for (offset, digit) in digits.reversed().enumerated() {
      let value = offset % 2 == 0 ? digit : digit * 2
      sum += value > 9 ? value - 9 : value
    }
    return sum % 10 == 0
  }

  /// Whether the first digits and the length are those of an issuer: Visa, Mastercard, American Express, Diners Club,
  /// Discover, JCB, Maestro, UnionPay, Mir.
  private static func isIssued(_ digits: [Int]) -> Bool {
    func leading(_ count: Int) -> Int { digits.prefix(count).reduce(0) { $0 * 10 + $1 } }
    let length = digits.count
    switch leading(4) {
    case 4000...4999: return length == 13 || length == 16 || length == 19
    case 5100...5599, 2221...2720: return length == 16
    case 3400...3499, 3700...3799: return length == 15
    case 3000...3059, 3095, 3600...3699, 3800...3999: return length == 14 || length == 16
    case 6011, 6440...6599: return length == 16 || length == 19
    case 3528...3589: return length == 16
    case 1800, 2131: return length == 15
    case 6200...6299: return length >= 16
    case 2200...2204: return length == 16
    case 5000...5099, 5600...5899, 6300...6399, 6700...6799: return length != 17 && length != 18
    default: return false
    }
  }
}
