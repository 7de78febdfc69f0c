import FuzzCommand
import Seeded

/// Changing bodies a little.
enum Mutation {
  private static let jsonTokens: [[UInt8]] =
    [
      "{", "}", "[", "]", ",", ":", "\"", "\\", "\\\"", "\\u", "\\ud83d", "\\ude00", "\\ud83d\\ude00", "\\u006d", "\\n",
      "true", "false", "null", "0", "-", "1e5", "0.5", "-0", "1E+", "{}", "[]", "\"\"", " ", "\n", "\"model\":",
      "\"model\":\"m\",", ",\"mod\\u0065l\":\"n\"", "\"model\":null,", "model", "é", "日", "😀", "\u{7F}", "\u{1F}",
      "\u{0}",
      "0123456789abcdef0123456789", "{\"model\":\"x\"}", "[[[[[[[[", "]]]]]]]]",
    ].map { Array($0.utf8) } + [[0xFF], [0xC3], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80]]

  private static let formTokens: [[UInt8]] =
    [
      "\r\n", "\r", "\n", "\r\n\r\n", "--", "-", "--a-a-b", "\r\n----a-a-b", "----a-a-b\r\n", "\r\n----a-a-b--",
      "\r\n----a-a-",
      "\r\n----a-a-b\r\n", " ", "\t", ":", ";", "=", "\"", "\\", "\\\"", "name", "name=", "name=\"model\"",
      "; name=\"model\"",
      "; filename=\"f\"", "; filename*=UTF-8''f", "; name*=UTF-8''model", "boundary=\"x\"", "; boundary=y",
      "Content-Disposition: form-data; name=\"model\"\r\n", "content-disposition: form-data; NAME=model\r\n",
      "Content-Transfer-Encoding: base64\r\n", "Content-Transfer-Encoding: 8bit\r\n", "Content-Type: text/plain\r\n",
      "\r\n----a-a-b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm", "model", "é", "\u{0}", "\u{7F}",
      "\u{1}",
    ].map { Array($0.utf8) } + [[0xFF], [0xC3], Array(repeating: 0x78, count: 257)]

  private static let json = ByteMutator(words: jsonTokens, changes: 1...3, partLimit: 16, spliceLimit: 128)
  private static let form = ByteMutator(words: formTokens, changes: 1...3, partLimit: 16, spliceLimit: 128)

  /// A body of the corpus with one to three changes that know little of its form, of at most 64 KiB.
  static func mutated(_ corpus: [Seed], _ generator: inout SeededGenerator) -> Seed {
    var seed = corpus[Int.random(in: 0...corpus.count - 1, using: &generator)]
    let others = corpus.filter { $0.isForm == seed.isForm }.map(\.bytes)
    seed.bytes = (seed.isForm ? form : json).changed(seed.bytes, among: others, &generator)
    return seed
  }
}
