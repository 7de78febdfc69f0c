/// Whole strings that are tokens of their own wherever they stand in a text: from the left, the longest at each place.
struct AddedTokens: Sendable {
  private let table: PieceTable
  private var starts = [Bool](repeating: false, count: 256)

  init(_ tokens: [(piece: [UInt8], id: UInt32)]) {
    table = PieceTable(tokens)
    for token in tokens { if let first = token.piece.first { starts[Int(first)] = true } }
  }

  /// Hands over the stretches of the text in order, none empty: tokens with their ids, and what is between them.
  func split(_ text: UnsafeRawBufferPointer, _ body: (Range<Int>, UInt32?) -> Void) {
    guard !table.isEmpty, let base = text.bindMemory(to: UInt8.self).baseAddress else {
      if !text.isEmpty { body(0..<text.count, nil) }
      return
    }
    var start = 0
    var index = 0
    while index < text.count {
      guard starts[Int(text[index])], let (length, id) = match(base + index, text.count - index) else {
        index += 1
        continue
      }
      if start < index { body(start..<index, nil) }
      body(index..<index + length, id)
      index += length
      start = index
    }
    if start < text.count { body(start..<text.count, nil) }
  }

  private func match(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> (length: Int, id: UInt32)? {
    var hash: UInt64 = 0
    var found: (length: Int, id: UInt32)?
    for length in 1...max(1, min(count, table.longest)) {
      hash = PieceTable.extended(hash, by: bytes[length - 1])
      if let id = table.id(of: bytes, count: length, hash: hash) { found = (length, id) }
    }
    return found
  }
}
