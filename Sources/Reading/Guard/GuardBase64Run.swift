/// The run of base64 digits that a text's words stand in. Such digits join words too (`-`, `_`, `/`, `+`), so a run may have many
/// words, each of which may begin what was encoded; the run is walked once for all of them.
struct GuardBase64Run {
  /// The fewest digits that are decoded.
  private static let shortest = 16
  /// So many beginnings in a run that are decoded whole and say nothing readable, and the rest of the run is taken for plain.
  private static let tries = 16

  private var end = 0
  private var lastCapital = -1
  private var lastSmall = -1
  private var failures = 0

  /// What the digits say from `index` on, where that is readable text of at least 16 digits, capital and small letters among them.
  ///
  /// - Parameter index: the beginning of a word; they come in order.
  mutating func decoded(_ text: UnsafeRawBufferPointer, from index: Int) -> (piece: [UInt8], range: Range<Int>)? {
    if index >= end, !walk(text, from: index) { return nil }
    guard end - index >= Self.shortest, lastCapital >= index, lastSmall >= index, failures < Self.tries else {
      return nil
    }
    let digits = UnsafeRawBufferPointer(rebasing: text[(index..<end).prefix(GuardNormalizer.base64Limit)])
    switch GuardEncodings.base64(digits) {
    case .text(let piece): return (piece, index..<end)
    case .unreadable: failures += 1
    case .binary: break
    }
    return nil
  }

  /// Finds where the run of a word ends; false where it is too short.
  @inline(__always)
  private mutating func walk(_ text: UnsafeRawBufferPointer, from index: Int) -> Bool {
    var next = index
    while next < text.count, GuardBytes.isAlphanumeric(text[next]) { next += 1 }
    // Nearly all words end here.
    if next - index < Self.shortest, next == text.count || GuardBytes.base64(text[next]) == nil { return false }
    (lastCapital, lastSmall, failures) = (-1, -1, 0)
    next = index
    while next < text.count, GuardBytes.base64(text[next]) != nil {
      if GuardBytes.isUpper(text[next]) {
        lastCapital = next
      } else if GuardBytes.isLetter(text[next]) {
        lastSmall = next
      }
      next += 1
    }
    end = next
    return true
  }
}
