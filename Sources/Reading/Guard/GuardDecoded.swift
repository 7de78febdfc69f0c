/// What the encoded stretches of a text decode to, up to ``GuardNormalizer/decodedLimit``.
struct GuardDecoded {
  private(set) var bytes: [UInt8] = []
  private var lastEnd = -10

  /// Adds what the stretch at `range` says; stretches that follow one another directly are one text.
  mutating func add(_ piece: some Collection<UInt8>, at range: Range<Int>) {
    guard bytes.count < GuardNormalizer.decodedLimit else { return }
    if !bytes.isEmpty, range.lowerBound - lastEnd > 2 { bytes.append(0x0A) }
    bytes.append(contentsOf: piece.prefix(GuardNormalizer.decodedLimit - bytes.count))
    lastEnd = range.upperBound
  }
}
