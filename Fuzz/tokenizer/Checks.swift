import FuzzCommand
import Seeded
import TextEncoder

/// What a tokenizer promises of any text.
enum Checks {
  /// - Returns: how many tokens the text has.
  static func check(
    _ text: [UInt8], _ tokenizer: Tokenizer, _ name: String, _ generator: inout SeededGenerator
  ) throws -> Int {
    let tokens = text.withUnsafeBytes { tokenizer.tokenize($0) }
    guard tokens.bytesRead == text.count else {
      throw Broken("\(tokens.bytesRead) of \(text.count) bytes were read")
    }
    guard tokens.starts.count == tokens.count, tokens.ends.count == tokens.count else {
      throw Broken("ids and places differ in number")
    }
    for index in 0..<tokens.count {
      guard Int(tokens.ids[index]) < tokenizer.vocabularySize else {
        throw Broken("id \(tokens.ids[index])")
      }
      guard tokens.starts[index] <= tokens.ends[index], Int(tokens.ends[index]) <= text.count,
        index == 0 || tokens.starts[index - 1] <= tokens.starts[index]
      else { throw Broken("token \(index) is at \(tokens.starts[index])..<\(tokens.ends[index])") }
    }
    let limit = 1 + Int(generator.next() % 32)
    let limited = text.withUnsafeBytes { tokenizer.tokenize($0, limit: limit) }
    guard limited.count >= min(limit, tokens.count) else {
      throw Broken("\(limited.count) tokens at the limit \(limit)")
    }
    if name.hasPrefix("wordpiece") {
      guard tokens.ids.starts(with: limited.ids) else {
        throw Broken("the limit \(limit) gives no prefix")
      }
      let other = RandomInput.text(&generator)
      // Only whole characters are texts of their own: a cut one would join with what follows.
      guard String(validating: text, as: UTF8.self) != nil else { return tokens.count }
      let joined = (text + [0x20] + other).withUnsafeBytes { tokenizer.tokenize($0).ids }
      let apart = tokens.ids + other.withUnsafeBytes { tokenizer.tokenize($0).ids }
      guard joined == apart else { throw Broken("a space between texts joins them") }
    }
    return tokens.count
  }
}
