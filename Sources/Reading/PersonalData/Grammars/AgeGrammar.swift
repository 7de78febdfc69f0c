/// A person's age in years: `82 years old`, `she is a 50-year-old nurse`, `aged 82`, `I just turned 40`. The span is the number.
///
/// An age of nobody in particular (`A 45-year-old man presents to…`, `children over the age of 12`) stays below the default
/// threshold: word problems and rules are full of them.
enum AgeGrammar {
  static func match(_ text: TextBytes, _ groups: DigitGroups, _ cues: CueTrail, _ table: WordTable) -> GrammarMatch? {
    guard groups.length(0) <= 3 else { return nil }
    let range = groups.range(0)
    guard (1...120).contains(text.number(range)), text[range.lowerBound - 1] != UInt8(ascii: "$") else { return nil }
    if let end = yearsOldEnd(text, range.upperBound) {
      let index = text.skippingSpaces(end)
      let isThing = table.kinds(text, index..<text.wordEnd(index, limit: 20)).contains(.thing)
      let isAnyones =
        text.has("s", at: end) && !TextBytes.isWord(text[end + 1]) || isPlural(text, at: index)
        || isAnybody(text, before: range.lowerBound) || isRangeEnd(text, range.lowerBound)
      return GrammarMatch(.age, range, isThing ? 0.4 : (isAnyones ? anybodys : 0.92))
    }
    if TextBytes.isWord(text[range.upperBound]) || groups.count > 1 && groups.separator(1) != 0x20 { return nil }
    let start = range.lowerBound
    guard cues.has(.age, before: start, within: 5) else {
      // `I'm 42.` at the end of what is said.
      guard cues.has(.being, before: start, within: 1), (10...110).contains(text.number(range)),
        endsClause(text, range.upperBound)
      else { return nil }
      return GrammarMatch(.age, range, 0.6)
    }
    // `turned 180 degrees`, `page of 12` are none; `aged 82`, `age of 82`, `age: 82` are.
    if text.has("turn ", before: start) || text.has("turned ", before: start) || text.has("turning ", before: start) {
      return endsClause(text, range.upperBound) ? GrammarMatch(.age, range, 0.9) : nil
    }
    let between = text[start - 1]
    guard between == 0x20 || between == UInt8(ascii: ":") || between == UInt8(ascii: "=") else { return nil }
    let after = text.skippingSpaces(range.upperBound)
    let isOther =
      text[range.upperBound] == UInt8(ascii: "%") || text.has("month", at: after) || text.has("week", at: after)
      || text.has("day", at: after) || text.has("hour", at: after)
    // `age 7,000`.
    guard !isOther, text[range.upperBound] != UInt8(ascii: ",") || !text.isDigit(range.upperBound + 1) else {
      return nil
    }
    let isAnyones =
      isLimit(text, before: start) || isRangeStart(text, range.upperBound) || isAnyAge(text, before: start)
    return GrammarMatch(.age, range, isAnyones ? anybodys : 0.9)
  }

  /// Confidence in an age that is nobody's in particular.
  private static let anybodys = 0.7

  /// Where `a`, `an`, `his`, `her` or `their` stands before a number, up to three small words (`a previously healthy`) between.
  private static func articleStart(_ text: TextBytes, before start: Int) -> Int? {
    var end = start
    for _ in 0..<4 {
      guard text[end - 1] == 0x20 else { return nil }
      var word = end - 1
      while word > 0, TextBytes.isWord(text[word - 1]), end - word < 24 { word -= 1 }
      for article: StaticString in ["a ", "an ", "his ", "her ", "their "]
      where article.utf8CodeUnitCount == end - word && text.has(article, at: word) { return word }
      guard word < end - 1, (word..<end - 1).allSatisfy({ isSmallLetter(text[$0]) }) else { return nil }
      end = word
    }
    return nil
  }

  private static func isSmallLetter(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") }

  /// `30 year old men`, `children`.
  private static func isPlural(_ text: TextBytes, at index: Int) -> Bool {
    for word: StaticString in ["children", "men", "women", "people", "adults", "boys", "girls"]
    where text.has(word, at: index) { return !TextBytes.isWord(text[index + word.utf8CodeUnitCount]) }
    return false
  }

  /// `aged 20 to 45`, `18 years or older`, `65 and over`.
  private static func isRangeStart(_ text: TextBytes, _ end: Int) -> Bool {
    var index = text.skippingSpaces(end)
    for unit: StaticString in ["years ", "or ", "and ", "to ", "-", "\u{2013}"] where text.has(unit, at: index) {
      index += unit.utf8CodeUnitCount
    }
    if index > end + 1, text.isDigit(index) { return true }
    for word: StaticString in ["older", "over", "above", "up", "younger", "under"] where text.has(word, at: index) {
      return !TextBytes.isWord(text[index + word.utf8CodeUnitCount])
    }
    return false
  }

  /// `0 to 15`, `18-25`: the end of a range of ages.
  private static func isRangeEnd(_ text: TextBytes, _ start: Int) -> Bool {
    for word: StaticString in [" to ", " and ", "-", "\u{2013}"] where text.has(word, before: start) {
      return text.isDigit(start - word.utf8CodeUnitCount - 1)
    }
    return false
  }

  /// `a 45-year-old` behind nothing that says who: neither `is a` and the like nor a name (`Doe, a 34-year-old`), nor `I`, `we`,
  /// `he`, `she`, `they`, `my` or `our` shortly before. `his` and `her` are as often a made-up person's.
  private static func isAnybody(_ text: TextBytes, before start: Int) -> Bool {
    articleStart(text, before: start).map { !hasSomebody(text, before: $0) } ?? false
  }

  /// `at age 30`, `to age 50` with nobody shortly before.
  private static func isAnyAge(_ text: TextBytes, before start: Int) -> Bool {
    for word: StaticString in ["at age ", "to age ", "by age ", "from age ", "since age "]
    where text.has(word, before: start) {
      return !hasSomebody(text, before: start - word.utf8CodeUnitCount, orCapital: true)
    }
    return false
  }

  /// Whether what stands before a place says whose age it is.
  ///
  /// - Parameter orCapital: any capitalised word does.
  private static func hasSomebody(_ text: TextBytes, before place: Int, orCapital: Bool = false) -> Bool {
    for word: StaticString in ["is ", "was ", "am ", "'m ", "'s ", "\u{2019}m ", "\u{2019}s "]
    where text.has(word, before: place) { return true }
    if text[place - 1] == 0x20, text[place - 2] == UInt8(ascii: ","), endsName(text, at: place - 2) { return true }
    var end = place
    for _ in 0..<3 {
      while end > 0, !TextBytes.isWord(text[end - 1]), place - end < 24 { end -= 1 }
      var word = end
      while word > 0, TextBytes.isWord(text[word - 1]), place - word < 24 { word -= 1 }
      let length = end - word
      let isSomebody =
        switch length {
        case 1: text.has("i", at: word)
        case 2: text.has("my", at: word) || text.has("we", at: word) || text.has("he", at: word)
        case 3: text.has("our", at: word) || text.has("she", at: word)
        case 4: text.has("they", at: word)
        default: false
        }
      if isSomebody || orCapital && length > 1 && text.isCapital(word) { return true }
      end = word
    }
    return false
  }

  /// Whether a capitalised word ends there.
  private static func endsName(_ text: TextBytes, at end: Int) -> Bool {
    var start = end
    while TextBytes.isWord(text[start - 1]), end - start < 24 { start -= 1 }
    return end - start >= 2 && text.isCapital(start) && !text.isCapital(end - 1)
  }

  /// `over the age of`: a limit, and no person's age.
  private static func isLimit(_ text: TextBytes, before start: Int) -> Bool {
    var place = start
    for phrase: StaticString in ["of ", "age ", "the "] where text.has(phrase, before: place) {
      place -= phrase.utf8CodeUnitCount
    }
    guard place < start else { return false }
    for word: StaticString in ["over ", "under ", "after ", "before ", "above ", "below ", "until ", "beyond "]
    where text.has(word, before: place) { return true }
    return false
  }

  private static func yearsOldEnd(_ text: TextBytes, _ index: Int) -> Int? {
    var index = index
    if text[index] == 0x20 || text[index] == UInt8(ascii: "-") { index += 1 }
    for word: StaticString in ["y/o", "yo", "y.o."] where text.has(word, at: index) {
      let end = index + word.utf8CodeUnitCount
      return TextBytes.isWord(text[end]) ? nil : end
    }
    for unit: StaticString in ["years", "year", "yrs", "yr"] where text.has(unit, at: index) {
      index += unit.utf8CodeUnitCount
      guard text[index] == 0x20 || text[index] == UInt8(ascii: "-"), text.has("old", at: index + 1),
        !TextBytes.isWord(text[index + 4]) || text.has("olds", at: index + 1)
      else { return nil }
      return index + 4
    }
    for phrase: StaticString in ["jahre alt", "jaar oud"] where text.has(phrase, at: index) {
      return index + phrase.utf8CodeUnitCount
    }
    return nil
  }

  private static func endsClause(_ text: TextBytes, _ index: Int) -> Bool {
    switch text[index] {
    case 0, 0x0A, 0x0D, UInt8(ascii: "."), UInt8(ascii: ","), UInt8(ascii: "!"), UInt8(ascii: "?"), UInt8(ascii: ";"),
      UInt8(ascii: ")"):
      return !text.isDigit(index + 1)
    case 0x20:
      return text.has("and ", at: index + 1) || text.has("years", at: index + 1) || text.has("this", at: index + 1)
        || text.has("last", at: index + 1) || text.has("today", at: index + 1) || text.has("yesterday", at: index + 1)
    default: return false
    }
  }
}
