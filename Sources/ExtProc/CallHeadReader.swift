import NIOHPACK

/// Reads the heads of a connection's calls. Envoy's calls of one filter all have the same head, so a block that is like
/// the one before it is not read again: comparing takes a third of what reading takes, since HPACK's table hands out the
/// very strings that it handed out before.
///
/// Holds the last block that was whole, so at most a header list's limit. A value of one connection.
struct CallHeadReader {
  private var last: (block: HPACKHeaders, head: CallHead)?

  /// Reads a call's block. Linear in its bytes.
  ///
  /// - Throws: when it breaks the rules of HTTP/2.
  mutating func read(_ block: HPACKHeaders) throws(CallHead.Malformed) -> CallHead {
    if let last, Self.isSame(last.block, block) { return last.head }
    let head = try CallHead(block)
    last = (block, head)
    return head
  }

  /// Whether two blocks have the same fields in the same order.
  private static func isSame(_ one: HPACKHeaders, _ other: HPACKHeaders) -> Bool {
    one.count == other.count && zip(one, other).allSatisfy { $0.name == $1.name && $0.value == $1.value }
  }
}
