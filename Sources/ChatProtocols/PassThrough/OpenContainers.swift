/// The containers around the place a piecewise scan has come to, one bit each: 10 000 levels take 1 250 bytes.
struct OpenContainers: Sendable {
  /// Level n, from the outermost, is bit n mod 64 of word n / 64; 1 means object. Bits of levels left are stale.
  private var words: [UInt64] = []
  private(set) var depth = 0
  /// The innermost container is an object. Meaningless at depth 0.
  private(set) var isInObject = false

  mutating func open(isObject: Bool) {
    if depth >> 6 == words.count { words.append(0) }
    let bit = UInt64(1) << UInt64(depth & 63)
    if isObject { words[depth >> 6] |= bit } else { words[depth >> 6] &= ~bit }
    depth += 1
    isInObject = isObject
  }

  mutating func close() {
    precondition(depth > 0, "no container is open")
    depth -= 1
    guard depth > 0 else { return }
    isInObject = words[(depth - 1) >> 6] >> UInt64((depth - 1) & 63) & 1 == 1
  }
}
