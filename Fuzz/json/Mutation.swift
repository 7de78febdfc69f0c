import FuzzCommand
import JSONText
import Seeded

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

  private static let values = [
    "0", "-1.5e3", "true", "null", "{}", "[]", "\"\"", "\"\\ud800\"", "\"é\\n\\u00e9\"", "[1,{\"a\":[]}]",
    "{\"k\":1,\"l\":{}}",
    "[{\"role\":\"system\"}]", "[{\"content\":[\"a\",{\"type\":\"text\",\"text\":\"b\"}],\"role\":\"system\"}]",
    "\"system\"",
    "\"tool\"", "[{\"type\":\"input_text\",\"text\":\"c\\\\\"}]",
  ].map { Array($0.utf8) }

  private static let mutator = ByteMutator(words: tokens, partLimit: 16, spliceLimit: 64)

  /// A document of the corpus, of at most 64 KiB: half of the time with one to three values replaced by others, else
  /// with one to four changes that know nothing of JSON.
  static func mutated(_ corpus: [[UInt8]], _ generator: inout SeededGenerator) -> [UInt8] {
    func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    var document = corpus[pick(0...corpus.count - 1)]
    guard Bool.random(using: &generator) else { return mutator.changed(document, among: corpus, &generator) }
    for _ in 0..<pick(1...3) {
      guard let range = value(in: document, from: pick(0...document.count)) else { continue }
      document.replaceSubrange(range, with: values[pick(0...values.count - 1)])
    }
    return document
  }

  /// The first value behind a colon, a comma or an opening bracket at or after `start`.
  private static func value(in document: [UInt8], from start: Int) -> Range<Int>? {
    let marks: [UInt8] = [UInt8(ascii: ":"), UInt8(ascii: ","), UInt8(ascii: "[")]
    return document.withUnsafeBytes { bytes in
      for index in start..<max(start, bytes.count) where marks.contains(bytes[index]) {
        var cursor = JSONCursor(bytes, at: index + 1)
        if let value = try? cursor.skipValue() { return value.range }
      }
      return nil
    }
  }
}
