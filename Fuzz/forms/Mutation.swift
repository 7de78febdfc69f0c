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

  /// A body of the corpus with one to three changes that know little of its form, of at most 64 KiB.
  static func mutated(_ corpus: [Seed], _ generator: inout SeededGenerator) -> Seed {
    func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    var seed = corpus[pick(0...corpus.count - 1)]
    let others = corpus.filter { $0.isForm == seed.isForm }
    let tokens = seed.isForm ? formTokens : jsonTokens
    var body = seed.bytes
    for _ in 0..<pick(1...3) {
      let place = pick(0...body.count)
      let end = min(body.count, place + pick(0...16))
      switch pick(0...6) {
      case 0: body.insert(contentsOf: tokens[pick(0...tokens.count - 1)], at: place)
      case 1: body.replaceSubrange(place..<end, with: tokens[pick(0...tokens.count - 1)])
      case 2: body.removeSubrange(place..<end)
      case 3: body.insert(contentsOf: Array(body[place..<end]), at: pick(0...body.count))
      case 4:
        let other = others[pick(0...others.count - 1)].bytes
        let from = pick(0...other.count)
        body.insert(contentsOf: other[from..<min(other.count, from + pick(0...128))], at: place)
      case 5 where place < body.count: body[place] = UInt8(pick(0...255))
      default: if place < body.count { body[place] ^= 1 << UInt8(pick(0...7)) }
      }
    }
    seed.bytes = Array(body.prefix(1 << 16))
    return seed
  }
}
