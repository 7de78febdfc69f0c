/// Comparing words of protocols, whose letters are ASCII.
enum ASCIIWord {
  /// Whether the bytes are the word, which is in lower case, without regard to case. Allocates nothing.
  static func equals(_ bytes: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
    guard bytes.count == word.utf8CodeUnitCount else { return false }
    for index in 0..<bytes.count {
      let byte = bytes[index]
      let lower = byte &- 0x41 < 26 ? byte | 0x20 : byte
      if lower != word.utf8Start[index] { return false }
    }
    return true
  }
}
