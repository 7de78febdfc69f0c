/// Changing documents a little.
enum Mutation {
  private static let tokens: [[UInt8]] =
    [
      "{", "}", "[", "]", ",", ":", "\"", "\\", "\\\"", "\\u", "\\ud800", "\\udc00", "\\ud83d\\ude00", "\\u0000", "\\n",
      "true",
      "false", "null", "0", "-", "1e5", "0.5", "1e999", "-0", "123456789012345678901234567890", "{}", "[]", "\"\"", " ",
      "\n",
      "\t", "\"model\":\"m\",", "\"messages\":[],", ",\"stream\":true", "{\"role\":\"system\",\"content\":\"s\"},",
      "\"chat_template_kwargs\":{\"k\":1},", "\"content\":[{\"type\":\"text\",\"text\":\"t\"}]", "é", "日", "😀",
      "\u{7F}", "\u{1F}",
      "\u{0}", "0123456789abcdef",
    ].map { Array($0.utf8) } + [
      [0xFF], [0xC3], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xEF, 0xBB, 0xBF],
    ]

  /// A document of the corpus with one to four changes, of at most 64 KiB.
  static func mutated(_ corpus: [[UInt8]], _ generator: inout SeededGenerator) -> [UInt8] {
    func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    var document = corpus[pick(0...corpus.count - 1)]
    for _ in 0..<pick(1...4) {
      let place = pick(0...document.count)
      let end = min(document.count, place + pick(0...16))
      switch pick(0...6) {
      case 0: document.insert(contentsOf: tokens[pick(0...tokens.count - 1)], at: place)
      case 1: document.replaceSubrange(place..<end, with: tokens[pick(0...tokens.count - 1)])
      case 2: document.removeSubrange(place..<end)
      case 3: document.insert(contentsOf: Array(document[place..<end]), at: pick(0...document.count))
      case 4:
        let other = corpus[pick(0...corpus.count - 1)]
        let from = pick(0...other.count)
        document.insert(contentsOf: other[from..<min(other.count, from + pick(0...64))], at: place)
      case 5 where place < document.count: document[place] = UInt8(pick(0...255))
      default: if place < document.count { document[place] ^= 1 << UInt8(pick(0...7)) }
      }
    }
    return document.count <= 1 << 16 ? document : Array(document[..<(1 << 16)])
  }
}
