/// A text with some of its ranges replaced, copied only once there is a replacement.
struct GuardEdits {
  private let text: UnsafeRawBufferPointer
  private var out: [UInt8]?
  private var copied = 0

  init(_ text: UnsafeRawBufferPointer) { self.text = text }

  /// Replaces a range that lies behind all that were replaced before.
  mutating func replace(_ range: Range<Int>, with word: [UInt8]) {
    var bytes = out ?? []
    out = nil
    if copied == 0 { bytes.reserveCapacity(text.count) }
    bytes.append(contentsOf: text[copied..<range.lowerBound])
    bytes.append(contentsOf: word)
    copied = range.upperBound
    out = bytes
  }

  /// The text with its replacements; nil without any.
  func result() -> [UInt8]? {
    guard let out else { return nil }
    return out + text[copied...]
  }
}
