import CRegularExpressions

/// A compiled regular expression in RE2's syntax. Matching takes time linear in the text, whatever the pattern.
///
/// `\b`, `\w` and `\d` are ASCII, as in RE2; `\pL` and its like are Unicode. May be used from any thread.
///
/// Unchecked: the one stored property is set in `init` and freed in `deinit`, and RE2 objects are immutable and
/// thread-safe once made (the automaton that they build lazily is behind their own lock).
final class RegularExpression: @unchecked Sendable {
  /// Why a pattern does not compile, in RE2's words.
  struct SyntaxError: Error, Equatable {
    var reason: String
  }

  /// Bytes that one expression's program and automata may take.
  static let memoryLimit: Int64 = 8 << 20

  private let expression: OpaquePointer

  init(_ pattern: String, isCaseSensitive: Bool = true) throws(SyntaxError) {
    var pattern = pattern
    var error = [CChar](repeating: 0, count: 256)
    let created = pattern.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { bytes in
        regular_expression_create(
          bytes.baseAddress, bytes.count, !isCaseSensitive, Self.memoryLimit, &error, error.count)
      }
    }
    guard let created else { throw SyntaxError(reason: Self.text(of: error)) }
    expression = created
  }

  deinit { regular_expression_destroy(expression) }

  /// Whether the pattern matches somewhere in the text.
  func matches(_ text: [UInt8]) -> Bool {
    text.withUnsafeBufferPointer { regular_expression_matches(expression, $0.baseAddress, $0.count) }
  }

  /// The first match that starts at `start` or later, as a byte range.
  func firstMatch(in text: [UInt8], from start: Int = 0) -> Range<Int>? {
    text.withUnsafeBufferPointer { bytes in
      var lower = 0
      var upper = 0
      let isFound = regular_expression_find(expression, bytes.baseAddress, bytes.count, start, &lower, &upper)
      return isFound ? lower..<upper : nil
    }
  }

  /// Non-overlapping matches from the left, at most `limit`.
  func count(in text: [UInt8], limit: Int = .max) -> Int {
    text.withUnsafeBufferPointer { regular_expression_count(expression, $0.baseAddress, $0.count, limit) }
  }

  static func text(of error: [CChar]) -> String {
    String(decoding: error.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
