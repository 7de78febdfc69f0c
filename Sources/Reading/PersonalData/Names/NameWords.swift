/// A text's words, marks and line ends, with what the model's features are made of. `training/personal_data/words.py` is the
/// reference.
struct NameWords {
  /// What is known of a word by itself.
  struct Facts {
    /// Of the lower-cased bytes; ``WordTable/hashStart`` beyond the text's ends.
    var hash = WordTable.hashStart
    var shape = WordShape.edge
    /// Which lists the word is in.
    var lists: UInt64 = 0
    /// Hashes of the first 1…3 and the last 1…4 bytes.
    var affixes: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0)

    var kind: UInt64 { shape.rawValue &* 8 &+ lists }
  }

  private(set) var ranges: [Range<Int>] = []
  private(set) var facts: [Facts] = []
  /// 1 if all letters are small, 2 if all are capitals, else 0.
  let letterCase: UInt64

  var count: Int { ranges.count }

  /// - Parameter limit: bytes that are read at most; a word over it is read to its end.
  init(_ text: TextBytes, lists: NameLists, limit: Int) {
    var ranges: [Range<Int>] = []
    var index = 0
    while index < min(text.count, limit) {
      let byte = text[index]
      if text.wordCharacter(index) > 0 {
        let end = text.wordEnd(index, limit: .max)
        ranges.append(index..<end)
        index = end
      } else if byte == 0x20 || byte == 0x09 || byte == 0x0D {
        index += 1
      } else {
        let length = byte < 0xC2 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
        let end = min(index + length, text.count)
        ranges.append(index..<end)
        index = end
      }
    }
    var lowered: [UInt8] = []
    var hasLetters = false
    var isLower = true
    var isUpper = true
    let facts = ranges.map { range in
      Self.lower(text, range, into: &lowered)
      var facts = Facts()
      facts.hash = Self.hash(lowered[...])
      facts.shape = WordShape(text, range)
      facts.lists = lists.membership(of: facts.hash)
      facts.affixes = (
        Self.hash(lowered.prefix(1)), Self.hash(lowered.prefix(2)), Self.hash(lowered.prefix(3)),
        Self.hash(lowered.suffix(1)), Self.hash(lowered.suffix(2)), Self.hash(lowered.suffix(3)),
        Self.hash(lowered.suffix(4))
      )
      switch facts.shape {
      case .mark, .number, .newline, .edge: break
      default:
        hasLetters = true
        isLower = isLower && facts.shape == .lower
        isUpper = isUpper && (facts.shape == .capitals || facts.shape == .initial)
      }
      return facts
    }
    self.ranges = ranges
    self.facts = facts
    letterCase = hasLetters ? (isLower ? 1 : isUpper ? 2 : 0) : 0
  }

  /// The facts of the word at an index; of none beyond the ends.
  @inline(__always)
  func fact(_ index: Int) -> Facts { facts.indices.contains(index) ? facts[index] : Facts() }

  /// ASCII and Latin-1 in lower case; digits become 0, of numbers four at most.
  private static func lower(_ text: TextBytes, _ range: Range<Int>, into lowered: inout [UInt8]) {
    lowered.removeAll(keepingCapacity: true)
    var zeros = 0
    var index = range.lowerBound
    while index < range.upperBound {
      var byte = text[index]
      if TextBytes.isUpper(byte) {
        byte += 0x20
      } else if TextBytes.isDigit(byte) {
        byte = 0x30
        zeros += 1
      }
      lowered.append(byte)
      index += 1
      if byte == 0xC3, index < range.upperBound {
        let second = text[index]
        lowered.append(second >= 0x80 && second <= 0x9E && second != 0x97 ? second + 0x20 : second)
        index += 1
      }
    }
    if zeros > 4, zeros == lowered.count { lowered.removeLast(zeros - 4) }
  }

  private static func hash(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reduce(WordTable.hashStart) { WordTable.hash($0, $1) }
  }
}
