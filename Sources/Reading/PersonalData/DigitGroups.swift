/// Groups of digits with one separator between neighbours, such as `4111 1111 1111 1111` and `415-555-0100`, read once for
/// all grammars of numbers.
///
/// Separators: a space, `-`, `.`, `/`, `:`, and `(`, `)` with or without a space beside. Reads eight groups of 24 digits at most.
struct DigitGroups {
  static let groupLimit = 8
  static let digitLimit = 24

  private(set) var count = 0
  private var starts = SIMD8<Int32>()
  private var lengths = SIMD8<Int32>()
  /// The byte that stands before a group, after another one; 0 before the first.
  private var separators = SIMD8<UInt8>()
  private let origin: Int
  /// Whether the first run of digits is longer than any number that a grammar knows; there are no groups then.
  private(set) var isTooLong = false
  /// Where the first run of digits ends.
  private(set) var firstEnd: Int

  init(_ text: TextBytes, at index: Int) {
    origin = index
    firstEnd = index
    var position = index
    while count < Self.groupLimit {
      var end = position
      while end - position <= Self.digitLimit, text.isDigit(end) { end += 1 }
      let length = end - position
      guard length > 0 else { return }
      if length > Self.digitLimit {
        if count == 0 {
          isTooLong = true
          while text.isDigit(end) { end += 1 }
          firstEnd = end
        }
        return
      }
      if count == 0 { firstEnd = end }
      starts[count] = Int32(truncatingIfNeeded: position - origin)
      lengths[count] = Int32(truncatingIfNeeded: length)
      count += 1
      let separator = text[end]
      var next = end + 1
      switch separator {
      case 0x20:
        if text[next] == UInt8(ascii: "(") { next += 1 }
      case UInt8(ascii: ")"):
        if text[next] == 0x20 || text[next] == UInt8(ascii: "-") { next += 1 }
      case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: "("): break
      default: return
      }
      guard text.isDigit(next), count < Self.groupLimit else { return }
      separators[count] = separator
      position = next
    }
  }

  func start(_ group: Int) -> Int { origin + Int(starts[group]) }
  func length(_ group: Int) -> Int { Int(lengths[group]) }
  func end(_ group: Int) -> Int { start(group) + length(group) }
  func range(_ group: Int) -> Range<Int> { start(group)..<end(group) }
  /// The separator before a group.
  func separator(_ group: Int) -> UInt8 { separators[group] }

  /// Whether the same separator stands before the groups 1 up to `groups`.
  func isEvenlySeparated(first groups: Int) -> Bool {
    groups < 3 || (2..<groups).allSatisfy { separators[$0] == separators[1] }
  }

  /// Whether the first groups have these lengths.
  func has(lengths wanted: [Int]) -> Bool {
    count >= wanted.count && wanted.indices.allSatisfy { length($0) == wanted[$0] }
  }
}
