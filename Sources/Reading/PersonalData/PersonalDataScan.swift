/// The pass over one text: where something could start, the grammars are asked.
struct PersonalDataScan {
  private let text: TextBytes
  private let table: WordTable
  private var cues: CueTrail
  private(set) var found = SpanCollector()
  /// What is before it was read as a domain already: its other dots say nothing new.
  private var domainsReadTo = 0

  init(_ text: TextBytes, table: WordTable) {
    self.text = text
    self.table = table
    cues = CueTrail(table: table)
  }

  mutating func run() {
    var index = 0
    while index < text.count, !found.isFull {
      let byte = text[index]
      if TextBytes.isDigit(byte) {
        index = number(at: index)
      } else if text.wordCharacter(index) > 0 {
        index = word(at: index)
      } else {
        index = mark(byte, at: index)
      }
    }
  }

  /// A byte that is part of no word. Returns where to go on.
  private mutating func mark(_ byte: UInt8, at index: Int) -> Int {
    switch byte {
    case UInt8(ascii: "@"):
      return add(EmailAddressGrammar.match(text, at: index)) ?? index + 1
    case UInt8(ascii: "."):
      guard TextBytes.isAlphanumeric(text[index - 1]), TextBytes.isLetter(text[index + 1]) else { return index + 1 }
      guard index >= domainsReadTo else { return index + 1 }
      let extent = DomainNameGrammar.extent(text, around: index)
      domainsReadTo = extent.upperBound
      return add(DomainNameGrammar.match(text, at: index, in: extent)) ?? index + 1
    case UInt8(ascii: ":"):
      let next = text[index + 1]
      guard next == byte || TextBytes.isHexadecimal(next), next == byte || TextBytes.isHexadecimal(text[index - 1])
      else {
        return index + 1
      }
      return add(IPAddressGrammar.version6(text, colon: index)) ?? index + 1
    case UInt8(ascii: "+"), UInt8(ascii: "("):
      let first = byte == UInt8(ascii: "+") && text[index + 1] == UInt8(ascii: "(") ? index + 2 : index + 1
      guard text.isDigit(first), !TextBytes.isWord(text[index - 1]) else { return index + 1 }
      return add(PhoneGrammar.match(text, start: index, DigitGroups(text, at: first), cues)) ?? index + 1
    default: return index + 1
    }
  }

  /// A word that starts with a letter.
  private mutating func word(at start: Int) -> Int {
    var end = start
    var hash = WordTable.hashStart
    var hasDigit = false
    while end < text.count {
      var length = text.wordCharacter(end)
      if length == 0 {
        // An apostrophe is part of short words only: `I'm`, and of `driver's`.
        guard text[end] == 0x27, TextBytes.isLetter(text[end + 1]) else { break }
        guard end - start <= 3 || text.has("driver", before: end) else { break }
        length = 1
      }
      if text.isDigit(end) { hasDigit = true }
      for _ in 0..<length where end < text.count {
        hash = WordTable.hash(hash, text[end])
        end += 1
      }
    }
    if hasDigit { return mixedWord(start..<end) ?? end }
    let kinds = table.kinds(of: hash)
    let range = start..<end
    if kinds.isEmpty {
      guard end - start >= 5 || text.isCapital(start) else { return end }
      return add(StreetAddressGrammar.word(text, range, [], table) ?? StreetAddressGrammar.box(text, at: start)) ?? end
    }
    // The ending of a file's name says nothing: `songs.zip`.
    if text[start - 1] != UInt8(ascii: ".") { cues.note(kinds, end: end) }
    if kinds.contains(.month) { add(DateGrammar.month(text, range, kinds, cues)) }
    if kinds.contains(.weekday), text.isCapital(start) || end - start > 5 {
      add(GrammarMatch(.dateTime, range, 0.6))
    }
    if kinds.contains(.title) { add(title(range)) }
    if kinds.contains(.group) {
      let isOfSomeone = cues.has(.being, before: start, within: 3) || text.has("proud ", before: start)
      add(GrammarMatch(.group, range, isOfSomeone ? 0.92 : 0.7))
    }
    return add(StreetAddressGrammar.word(text, range, kinds, table)) ?? end
  }

  /// A title before a name: `Dr. Weiss`, `Mrs`. The span holds the dot.
  private func title(_ range: Range<Int>) -> GrammarMatch? {
    let end = text[range.upperBound] == UInt8(ascii: ".") ? range.upperBound + 1 : range.upperBound
    let hasName = text[end] == 0x20 && text.isCapital(end + 1)
    let isShort = range.count <= 3 && !text.has("ms", at: range.lowerBound)
    guard hasName || isShort && end > range.upperBound else { return nil }
    // `Miss Universe`, `Place`, `St`: whole words need the capital.
    if end == range.upperBound, !text.isCapital(range.lowerBound) { return nil }
    return GrammarMatch(.title, range.lowerBound..<end, hasName && end > range.upperBound ? 0.93 : 0.8)
  }

  /// A word of letters and digits. Returns where to go on if something was found.
  private mutating func mixedWord(_ range: Range<Int>) -> Int? {
    let start = range.lowerBound
    guard range.count <= 34, !isJoined(start) else { return nil }
    if let end = add(BankAccountGrammar.match(text, at: start, cues)) { return end }
    if let end = add(DriverLicenseGrammar.match(text, at: start, cues)) { return end }
    guard TextBytes.isUpper(text[start]), range.count <= 4 else { return nil }
    return add(PostalCodeGrammar.letters(text, at: start, cues))
  }

  /// Whether a mark before `index` makes what follows a part of something longer: a path, a fraction, a name.
  private func isJoined(_ index: Int) -> Bool {
    switch text[index - 1] {
    case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: ","), UInt8(ascii: "_"),
      UInt8(ascii: "\\"),
      UInt8(ascii: "^"):
      return TextBytes.isAlphanumeric(text[index - 2])
    case UInt8(ascii: "$"): return true
    default: return false
    }
  }

  /// A number. Returns where to go on: past what was found, else past the first run of digits.
  private mutating func number(at start: Int) -> Int {
    let groups = DigitGroups(text, at: start)
    if groups.isTooLong { return groups.firstEnd }
    if isJoined(start) { return groups.firstEnd }
    if text[groups.firstEnd] == UInt8(ascii: ":") || TextBytes.isHexadecimal(text[groups.firstEnd]),
      let end = address(groups.firstEnd)
    {
      return end
    }
    if let match = best(groups) { return add(match) ?? groups.firstEnd }
    // A unit or an ordinal belongs to the number: 5th, 12kg.
    return TextBytes.isWord(text[groups.firstEnd]) ? text.wordEnd(groups.firstEnd, limit: 4096) : groups.firstEnd
  }

  /// An address of IP version 6 that starts with a digit.
  private mutating func address(_ end: Int) -> Int? {
    var colon = end
    while colon - end < 4, TextBytes.isHexadecimal(text[colon]) { colon += 1 }
    guard text[colon] == UInt8(ascii: ":") else { return nil }
    return add(IPAddressGrammar.version6(text, colon: colon))
  }

  /// The surest reading of a number; the first of equals.
  private func best(_ groups: DigitGroups) -> GrammarMatch? {
    let start = groups.start(0)
    var best: GrammarMatch?
    func consider(_ match: GrammarMatch?) {
      if let match, match.confidence > best?.confidence ?? 0 { best = match }
    }
    consider(IPAddressGrammar.version4(text, groups, cues))
    consider(DateGrammar.number(text, groups, cues))
    consider(SocialSecurityGrammar.match(text, groups, cues))
    consider(PaymentCardGrammar.match(text, groups, cues))
    consider(PostalCodeGrammar.number(text, groups, cues))
    consider(DriverLicenseGrammar.match(text, at: start, cues))
    consider(StreetAddressGrammar.number(text, groups, table))
    consider(AgeGrammar.match(text, groups, cues, table))
    if best.map({ $0.confidence < 0.7 || $0.type == .socialSecurityNumber && $0.confidence < 0.9 }) ?? true {
      consider(PhoneGrammar.match(text, start: start, groups, cues))
    }
    return best
  }

  @discardableResult
  private mutating func add(_ match: GrammarMatch?) -> Int? {
    guard let match else { return nil }
    found.add(match)
    if match.type == .streetAddress { cues.note(.street, end: match.range.upperBound) }
    return match.range.upperBound
  }
}
