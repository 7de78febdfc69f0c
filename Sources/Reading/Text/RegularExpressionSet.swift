import CRegularExpressions

/// Many regular expressions matched in one pass over a text.
///
/// Unchecked: as ``RegularExpression``; the set is sealed in `init` and RE2's set is immutable from then on.
final class RegularExpressionSet: @unchecked Sendable {
  /// One pattern that does not compile, by its index.
  struct SyntaxError: Error, Equatable {
    var index: Int
    var reason: String
  }

  private let set: OpaquePointer?
  /// Each pattern by itself, for texts on which the set's automaton outgrows its memory.
  private let singles: [RegularExpression]

  init(_ patterns: [(pattern: String, isCaseSensitive: Bool)]) throws(SyntaxError) {
    var singles: [RegularExpression] = []
    for (index, entry) in patterns.enumerated() {
      do throws(RegularExpression.SyntaxError) {
        singles.append(try RegularExpression(entry.pattern, isCaseSensitive: entry.isCaseSensitive))
      } catch {
        throw SyntaxError(index: index, reason: error.reason)
      }
    }
    self.singles = singles
    set = patterns.count > 1 ? Self.makeSet(patterns) : nil
  }

  deinit { regular_expression_set_destroy(set) }

  /// The sealed set; nil when it does not fit the memory bound, and the patterns then run one by one.
  private static func makeSet(_ patterns: [(pattern: String, isCaseSensitive: Bool)]) -> OpaquePointer? {
    guard let set = regular_expression_set_create(RegularExpression.memoryLimit) else { return nil }
    for (index, entry) in patterns.enumerated() {
      // The set has one case rule for all, so each pattern brings its own.
      var pattern = entry.isCaseSensitive ? entry.pattern : "(?i:\(entry.pattern))"
      let added = pattern.withUTF8 { bytes in
        bytes.withMemoryRebound(to: CChar.self) { bytes in
          regular_expression_set_add(set, bytes.baseAddress, bytes.count, nil, 0)
        }
      }
      guard added == Int32(index) else {
        regular_expression_set_destroy(set)
        return nil
      }
    }
    guard regular_expression_set_seal(set) else {
      regular_expression_set_destroy(set)
      return nil
    }
    return set
  }

  /// Which patterns match somewhere in the text: one flag a pattern.
  func found(in text: [UInt8]) -> [Bool] {
    var found = [Bool](repeating: false, count: singles.count)
    if let set {
      let indices = [CInt](unsafeUninitializedCapacity: singles.count) { buffer, count in
        let matched = text.withUnsafeBufferPointer { bytes in
          regular_expression_set_match(set, bytes.baseAddress, bytes.count, buffer.baseAddress, buffer.count)
        }
        // A pattern is reported once, so `matched` is never above the capacity. One entry of -1: out of memory.
        if matched < 0 { buffer[0] = -1 }
        count = matched < 0 ? 1 : min(Int(matched), buffer.count)
      }
      if indices.first != -1 {
        for index in indices { found[Int(index)] = true }
        return found
      }
    }
    for index in singles.indices { found[index] = singles[index].matches(text) }
    return found
  }
}
