/// The words of byte-level tokenizers, as GPT-2's pattern cuts them:
/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
enum ByteLevelWords {
  /// Hands over the ranges of the words of a valid UTF-8 text; they cover it.
  static func forEach(_ text: UnsafeRawBufferPointer, _ body: (Range<Int>) -> Void) {
    var start = 0
    while start < text.count {
      let end = wordEnd(text, start)
      body(start..<end)
      start = end
    }
  }

  private static func category(_ text: UnsafeRawBufferPointer, _ index: Int) -> (ScalarCategories.Category, Int) {
    let scalar = UTF8Scalar(text, at: index)
    return (ScalarCategories.shared.category(of: scalar.value), index + scalar.length)
  }

  private static func wordEnd(_ text: UnsafeRawBufferPointer, _ start: Int) -> Int {
    if text[start] == UInt8(ascii: "'"), start + 1 < text.count {
      switch text[start + 1] {
      case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return start + 2
      case UInt8(ascii: "r"), UInt8(ascii: "v"):
        if start + 2 < text.count, text[start + 2] == UInt8(ascii: "e") { return start + 3 }
      case UInt8(ascii: "l"):
        if start + 2 < text.count, text[start + 2] == UInt8(ascii: "l") { return start + 3 }
      default: break
      }
    }
    // One space may lead a run of letters, numbers or others.
    var (kind, end) = category(text, start)
    if text[start] == UInt8(ascii: " "), end < text.count {
      let (next, nextEnd) = category(text, end)
      if next != .space { (kind, end) = (next, nextEnd) }
    }
    if kind != .space {
      while end < text.count {
        let (next, nextEnd) = category(text, end)
        guard next == kind else { break }
        end = nextEnd
      }
      return end
    }
    // White space; its last character is left to the word behind it, if there is one and it is not all.
    var last = start
    while end < text.count {
      let (next, nextEnd) = category(text, end)
      guard next == .space else { return last > start ? last : end }
      last = end
      end = nextEnd
    }
    return end
  }
}
