/// Street addresses: `350 Fifth Avenue`, `Hauptstraße 5`, `12 rue de Rivoli`, `P.O. Box 255`, `Apt. 680`.
///
/// Names are read with capitals only. Looks at six words at most.
enum StreetAddressGrammar {
  /// An address that starts with the number of the house.
  static func number(_ text: TextBytes, _ groups: DigitGroups, _ table: WordTable) -> GrammarMatch? {
    guard groups.length(0) <= 5 else { return nil }
    var index = groups.end(0)
    if TextBytes.isLetter(text[index]), !TextBytes.isWord(text[index + 1]) { index += 1 }  // 12b
    if text[index] == UInt8(ascii: ",") { index += 1 }
    guard text[index] == 0x20 else { return nil }
    index += 1
    var hasPrefix = false
    var hasName = false
    var words = 0
    while words < 6 {
      let end = text.wordEnd(index, limit: 40)
      guard end > index else { return nil }
      let kinds = table.kinds(text, index..<end)
      if words == 0, kinds.contains(.streetPrefix) { hasPrefix = true }
      if hasName, !hasPrefix, text.isDigit(index), !TextBytes.isLetter(text[end - 1]) {
        // `66 Lindbakken 48`: the number of a flat or box, a street, the number of the house.
        guard groups.length(0) >= 2, let house = houseEnd(text, index), endsAddress(text, house, table) else {
          return nil
        }
        return GrammarMatch(.streetAddress, groups.start(0)..<house, 0.6)
      }
      if kinds.contains(.month) { return nil }
      if text.isCapital(index) { hasName = true }
      let isName = text.isCapital(index) || text.isDigit(index)
      if !isName, !(words == 0 && hasPrefix), !kinds.contains(.particle) { return nil }
      if words > 0, kinds.contains(.streetType), isName, !hasPrefix {
        return GrammarMatch(.streetAddress, groups.start(0)..<withUnit(text, end, table), 0.93)
      }
      if !hasPrefix, hasStreetEnding(text, index..<end) {
        return GrammarMatch(.streetAddress, groups.start(0)..<end, 0.9)
      }
      words += 1
      let isLast = text[end] != 0x20 || !continues(text, end + 1, table)
      if hasPrefix, words > 1, isLast, !kinds.contains(.particle) {
        return GrammarMatch(.streetAddress, groups.start(0)..<end, 0.91)
      }
      guard text[end] == 0x20 || text[end] == UInt8(ascii: ".") && text[end + 1] == 0x20 else { return nil }
      index = end + (text[end] == 0x20 ? 1 : 2)
    }
    return nil
  }

  /// An address that starts with a word: one of ``WordKinds/streetPrefix`` with names and a number, or a name that ends as
  /// streets do with a number behind it, or a name and a word such as `Street` without a number.
  static func word(_ text: TextBytes, _ word: Range<Int>, _ kinds: WordKinds, _ table: WordTable) -> GrammarMatch? {
    if kinds.contains(.unit) {
      var index = word.upperBound
      if text[index] == UInt8(ascii: ".") { index += 1 }
      guard text[index] == 0x20, text.isDigit(index + 1) else { return nil }
      let end = text.wordEnd(index + 1, limit: 8)
      let isAddress = text[word.lowerBound] & 0x20 == 0 || text[word.upperBound] == UInt8(ascii: ".")
      return GrammarMatch(.streetAddress, word.lowerBound..<end, isAddress ? 0.7 : 0.4)
    }
    if kinds.contains(.streetPrefix), let match = prefixed(text, word, table) { return match }
    if hasStreetEnding(text, word) {
      var index = word.upperBound
      if text[index] == UInt8(ascii: ".") { index += 1 }
      if text[index] == 0x20, text.isDigit(index + 1) {
        if let end = houseEnd(text, index + 1) { return GrammarMatch(.streetAddress, word.lowerBound..<end, 0.91) }
      }
      return text.isCapital(word.lowerBound)
        ? GrammarMatch(.streetAddress, word.lowerBound..<word.upperBound, 0.4) : nil
    }
    guard text.isCapital(word.lowerBound), !kinds.contains(.streetType) else { return nil }
    // `Baker Street`: without a number it may be any street.
    guard text[word.upperBound] == 0x20, text.isCapital(word.upperBound + 1) else { return nil }
    let next = word.upperBound + 1
    let end = text.wordEnd(next, limit: 16)
    let house = text[end] == 0x20 ? houseEnd(text, end + 1) : nil
    if let house, table.kinds(text, next..<end).contains(.streetWithNumber) {
      return GrammarMatch(.streetAddress, word.lowerBound..<house, 0.9)
    }
    guard end - next >= 4, table.kinds(text, next..<end).contains(.streetType), isStreet(text, next..<end) else {
      return nil
    }
    return GrammarMatch(.streetAddress, word.lowerBound..<end, 0.6)
  }

  /// - Parameter at: the start of `P.O. Box 255`, `PO Box 255`, `Postbox 21`.
  static func box(_ text: TextBytes, at index: Int) -> GrammarMatch? {
    var end = index
    if text.has("p.o. box ", at: index) {
      end += 9
    } else if text.has("po box ", at: index) {
      end += 7
    } else if text.has("psc ", at: index), text.isDigit(index + 4) {
      // A box of the American forces' post: `PSC 2905, Box 1278`.
      let number = text.wordEnd(index + 4, limit: 8)
      guard text.has(", box ", at: number) else { return nil }
      end = number + 6
    } else if text.has("postbox ", at: index) || text.has("postfach ", at: index) {
      end = text.wordEnd(index) + 1
    } else {
      return nil
    }
    guard text.isDigit(end) else { return nil }
    return GrammarMatch(.streetAddress, index..<text.wordEnd(end, limit: 10), 0.93)
  }

  private static func prefixed(_ text: TextBytes, _ word: Range<Int>, _ table: WordTable) -> GrammarMatch? {
    var index = word.upperBound
    if text[index] == UInt8(ascii: ".") { index += 1 }
    guard text[index] == 0x20 else { return nil }
    index += 1
    for words in 0..<6 {
      let end = text.wordEnd(index, limit: 40)
      guard end > index else { return nil }
      if text.isDigit(index) {
        guard words > 0, let house = houseEnd(text, index) else { return nil }
        return GrammarMatch(.streetAddress, word.lowerBound..<house, 0.91)
      }
      guard text.isCapital(index) || table.kinds(text, index..<end).contains(.particle) else { return nil }
      index = end
      if text[index] == UInt8(ascii: ",") || text[index] == UInt8(ascii: ".") { index += 1 }
      guard text[index] == 0x20 else { return nil }
      index += 1
    }
    return nil
  }

  /// The end of a house's number: up to five digits, with a letter or without.
  private static func houseEnd(_ text: TextBytes, _ index: Int) -> Int? {
    var end = index
    while end - index < 5, text.isDigit(end) { end += 1 }
    guard end > index else { return nil }
    if TextBytes.isLetter(text[end]) { end += 1 }
    return TextBytes.isWord(text[end]) ? nil : end
  }

  /// Whether a line or a clause ends, or a part of the building follows.
  private static func endsAddress(_ text: TextBytes, _ end: Int, _ table: WordTable) -> Bool {
    switch text[end] {
    case 0, 0x0A, 0x0D, UInt8(ascii: ","): return true
    case 0x20:
      let next = text.skippingSpaces(end)
      return text[next] == 0x0A || table.kinds(text, next..<text.wordEnd(next, limit: 12)).contains(.unit)
    default: return false
    }
  }

  private static func continues(_ text: TextBytes, _ index: Int, _ table: WordTable) -> Bool {
    text.isCapital(index) || table.kinds(text, index..<text.wordEnd(index, limit: 16)).contains(.particle)
  }

  private static func withUnit(_ text: TextBytes, _ end: Int, _ table: WordTable) -> Int {
    var index = end
    if text[index] == UInt8(ascii: ".") { index += 1 }
    if text[index] == UInt8(ascii: ",") { index += 1 }
    index = text.skippingSpaces(index)
    let unit = text.wordEnd(index, limit: 10)
    guard unit > index, table.kinds(text, index..<unit).contains(.unit) else { return end }
    index = unit
    if text[index] == UInt8(ascii: ".") { index += 1 }
    index = text.skippingSpaces(index)
    return text.isDigit(index) ? text.wordEnd(index, limit: 8) : end
  }

  private static func isStreet(_ text: TextBytes, _ word: Range<Int>) -> Bool {
    text.has("street", at: word.lowerBound) || text.has("avenue", at: word.lowerBound)
      || text.has("road", at: word.lowerBound) || text.has("lane", at: word.lowerBound)
      || text.has("boulevard", at: word.lowerBound) || text.has("drive", at: word.lowerBound)
  }

  /// Whether a word of one part ends as streets do in German, Dutch, Danish, Norwegian, Swedish or Finnish.
  private static func hasStreetEnding(_ text: TextBytes, _ word: Range<Int>) -> Bool {
    guard word.count >= 7, !text.has("brigade", at: word.lowerBound), !text.has("renegade", at: word.lowerBound) else {
      return false
    }
    let end = word.upperBound
    func ends(_ suffix: StaticString) -> Bool {
      guard word.count > suffix.utf8CodeUnitCount + 2 else { return false }
      return suffix.withUTF8Buffer { suffix in
        suffix.indices.allSatisfy { text[end - suffix.count + $0] == suffix[$0] }
      }
    }
    switch text[end - 1] {
    case UInt8(ascii: "e"):
      return ends("straße") || ends("strasse") || ends("gasse") || ends("gade") || ends("katu") || ends("allee")
        || ends("strase")
    case UInt8(ascii: "n"): return ends("vägen") || ends("gatan") || ends("veien") || ends("laan") || ends("gränd")
    case UInt8(ascii: "t"): return ends("straat")
    case UInt8(ascii: "j"): return ends("vej")
    case UInt8(ascii: "u"): return ends("katu")
    case UInt8(ascii: "r"): return ends("str") && text[end] == UInt8(ascii: ".")
    case UInt8(ascii: "g"): return ends("weg")
    case UInt8(ascii: "z"): return ends("platz")
    case UInt8(ascii: "a"): return ends("gata")
    case UInt8(ascii: "i"): return ends("vei")
    default: return false
    }
  }
}
