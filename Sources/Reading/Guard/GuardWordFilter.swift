/// A bit set that says of most other keys that they are not among those it was made of.
struct GuardWordFilter: Sendable {
  private var bits = [UInt64](repeating: 0, count: 64)

  init(_ keys: some Sequence<UInt64>) {
    for key in keys {
      let place = Self.place(key)
      bits[place >> 6] |= 1 << UInt64(place & 63)
    }
  }

  @inline(__always)
  func mayContain(_ key: UInt64) -> Bool {
    let place = Self.place(key)
    return bits[place >> 6] & (1 << UInt64(place & 63)) != 0
  }

  @inline(__always)
  private static func place(_ key: UInt64) -> Int {
    Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 52)
  }
}
