/// Splits text the way the original's built-in tokenizer does: a word or a punctuation mark, each with the white space
/// that follows it. A token's number is the FNV-1a hash of its bytes.
///
/// Bytes that the original's expression skips (letters beyond ASCII, leading white space, other signs) are kept here, so
/// that tokens put together again give the text: letters beyond ASCII belong to words, anything else is its own token.
enum DummyTokenizer {
  /// The byte range of each token, in order; together they cover the text.
  static func ranges(_ text: [UInt8]) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    ranges.reserveCapacity(text.count / 5 + 1)
    text.withUnsafeBufferPointer { text in
      var at = 0
      while at < text.count {
        let start = at
        let isUnderscore = text[at] == UInt8(ascii: "_")
        if isWord(text[at]), !isUnderscore {
          while at < text.count, isWord(text[at]) { at += 1 }
        } else if !isSpace(text[at]) {
          at += 1
        }
        while at < text.count, isSpace(text[at]) { at += 1 }
        ranges.append(start..<at)
      }
    }
    return ranges
  }

  /// The tokens' texts.
  static func tokens(_ text: String) -> [String] {
    let bytes = Array(text.utf8)
    return ranges(bytes).map { String(decoding: bytes[$0], as: UTF8.self) }
  }

  /// The tokens' numbers.
  static func identifiers(_ text: [UInt8]) -> [UInt32] {
    ranges(text).map { range in
      var hash: UInt32 = 2_166_136_261
      for byte in text[range] { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
      return hash
    }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    byte >= 0x80 || byte == UInt8(ascii: "_") || (byte >= 0x30 && byte <= 0x39)
      || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A)
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || (byte >= 0x09 && byte <= 0x0D)
  }
}
