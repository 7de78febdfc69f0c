import FuzzCommand
import Seeded

/// Texts and damaged files.
enum RandomInput {
  private static let pieces = [
    "word", " ", "  ", "\n", "\n\n", "\t", "é", "e\u{301}", "ﬁ", "日本", "한국", "\u{1112}\u{1161}\u{11AB}", "🙂", "👩‍👩‍👧", "'s",
    "'ll", "[SEP]",
    "<eos>", "##ing", "▁", "\u{0}", "\u{FFFD}", "\u{200B}", "\u{AD}", "İ", "ẞ", "123", "…", "?!", "\u{F900}",
    "\u{2F800}", "<0x41>", "ä̈̈",
  ].map { Array($0.utf8) }

  static func text(_ generator: inout SeededGenerator) -> [UInt8] {
    var text: [UInt8] = []
    let count = Int(generator.next() % 24) * (generator.next() % 40 == 0 ? 40 : 1)
    for _ in 0..<count {
      switch generator.next() % 8 {
      case 0: text.append(UInt8(truncatingIfNeeded: generator.next()))
      case 1:
        if let scalar = Unicode.Scalar(UInt32(truncatingIfNeeded: generator.next()) & 0x1F_FFFF) {
          text += Array(String(scalar).utf8)
        }
      case 2: for _ in 0..<(generator.next() % 12) { text.append(0x61 + UInt8(generator.next() % 26)) }
      default: text += pieces[Int(generator.next() % UInt64(pieces.count))]
      }
    }
    return text
  }

  private static let mutator = ByteMutator(
    words: "\"}],:{[".utf8.map { [$0] }, partLimit: 60, spliceLimit: 60, byteLimit: .max)

  static func damaged(_ file: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
    mutator.changed(file, among: [file], &generator)
  }
}
