/// Whole-word search for many literal keywords at once, in every script.
///
/// A keyword is found where the characters around it are not of a word (letters, marks, digits, `_`), so `think` is not
/// in "thinking", and `c++`, `c#` and `.net` are found between spaces. An edge of a keyword in a script that is written
/// without spaces (see ``ScalarTables/WordClass/unspaced``) asks for nothing, and a neighbour in such a script does not
/// bind: `python` is in "用python写".
struct LiteralKeywords: Sendable {
  /// One keyword as declared.
  struct Keyword: Sendable, Equatable, Hashable {
    var text: String
    var isCaseSensitive: Bool
  }

  /// A distinct string of an automaton: who asked for it and which of its edges need a boundary.
  private struct Entry: Sendable {
    var keywords: [Int]
    var bindsLeft: Bool
    var bindsRight: Bool
  }

  private let folded: KeywordAutomaton?
  private let exact: KeywordAutomaton?
  private let foldedEntries: [Entry]
  private let exactEntries: [Entry]
  let count: Int

  /// - Parameter keywords: a match reports an index of this list; duplicates are reported each. Empty ones never match.
  init(_ keywords: [Keyword]) throws(KeywordAutomaton.TooLarge) {
    count = keywords.count
    (folded, foldedEntries) = try Self.compile(keywords, caseSensitive: false)
    (exact, exactEntries) = try Self.compile(keywords, caseSensitive: true)
  }

  private static func compile(
    _ keywords: [Keyword], caseSensitive: Bool
  ) throws(KeywordAutomaton.TooLarge) -> (KeywordAutomaton?, [Entry]) {
    var distinct: [[UInt8]] = []
    var entries: [Entry] = []
    var places: [[UInt8]: Int] = [:]
    for (index, keyword) in keywords.enumerated() where keyword.isCaseSensitive == caseSensitive {
      let bytes = caseSensitive ? Array(keyword.text.utf8) : CaseFolding.fold(keyword.text)
      guard let first = keyword.text.unicodeScalars.first, let last = keyword.text.unicodeScalars.last else { continue }
      if let place = places[bytes] {
        entries[place].keywords.append(index)
        continue
      }
      places[bytes] = distinct.count
      distinct.append(bytes)
      entries.append(
        Entry(
          keywords: [index],
          bindsLeft: ScalarTables.shared.wordClass(of: first.value) != .unspaced,
          bindsRight: ScalarTables.shared.wordClass(of: last.value) != .unspaced))
    }
    return distinct.isEmpty ? (nil, []) : (try KeywordAutomaton(keywords: distinct), entries)
  }

  /// Which keywords occur in the text: one flag a keyword. One pass, a bit over 1 µs a KiB.
  func found(in text: [UInt8]) -> [Bool] {
    var found = [Bool](repeating: false, count: count)
    search(text) { entry, _ in
      for keyword in entry.keywords { found[keyword] = true }
    } skipping: { entry in
      found[entry.keywords[0]]
    }
    return found
  }

  /// How often each keyword occurs, without overlaps of one and the same keyword.
  func counts(in text: [UInt8]) -> [Int] {
    var counts = [Int](repeating: 0, count: count)
    var ends = [Int](repeating: 0, count: count)
    search(text) { entry, range in
      for keyword in entry.keywords where range.lowerBound >= ends[keyword] {
        counts[keyword] += 1
        ends[keyword] = range.upperBound
      }
    } skipping: { _ in
      false
    }
    return counts
  }

  @inline(__always)
  private func search(
    _ text: [UInt8], _ report: (Entry, Range<Int>) -> Void, skipping isDone: (Entry) -> Bool
  ) {
    if let folded {
      Self.search(CaseFolding.fold(text), folded, foldedEntries, report, skipping: isDone)
    }
    if let exact {
      Self.search(text, exact, exactEntries, report, skipping: isDone)
    }
  }

  @inline(__always)
  private static func search(
    _ text: [UInt8], _ automaton: KeywordAutomaton, _ entries: [Entry], _ report: (Entry, Range<Int>) -> Void,
    skipping isDone: (Entry) -> Bool
  ) {
    text.withUnsafeBufferPointer { bytes in
      automaton.forEachMatch(in: bytes) { keyword, range in
        let entry = entries[keyword]
        if !isDone(entry), isWhole(range, of: entry, in: bytes) { report(entry, range) }
      }
    }
  }

  private static func isWhole(_ range: Range<Int>, of entry: Entry, in bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let tables = ScalarTables.shared
    if entry.bindsLeft, let before = UTF8Text.scalar(in: bytes, before: range.lowerBound),
      tables.wordClass(of: before) == .word
    {
      return false
    }
    if entry.bindsRight, range.upperBound < bytes.count,
      tables.wordClass(of: UTF8Text.scalar(in: bytes, at: range.upperBound).scalar) == .word
    {
      return false
    }
    return true
  }
}
