/// The words of a text: runs of letters, marks, digits and `_`; each scalar of a script without spaces is one by itself.
struct Words: Sendable {
  /// A text of more words is read up to here, so that matching word by word stays bounded.
  static let limit = 4096
  /// A word of more scalars counts as text without words (keys, base64).
  static let longest = 64

  /// The text that was split: folded unless case matters.
  let text: [UInt8]
  let ranges: [Range<Int>]
  /// The text went on after ``limit`` words.
  let isCut: Bool

  init(_ original: [UInt8], isCaseSensitive: Bool) {
    let text = isCaseSensitive ? original : CaseFolding.fold(original)
    let tables = ScalarTables.shared
    var ranges: [Range<Int>] = []
    var isCut = false
    text.withUnsafeBufferPointer { bytes in
      var position = 0
      var start: Int?
      var scalars = 0
      func close(at end: Int) {
        if let first = start, scalars <= Self.longest { ranges.append(first..<end) }
        start = nil
        scalars = 0
      }
      while position < bytes.count {
        if ranges.count >= Self.limit {
          isCut = true
          return
        }
        let (scalar, end) = UTF8Text.scalar(in: bytes, at: position)
        switch tables.wordClass(of: scalar) {
        case .outside:
          close(at: position)
        case .unspaced:
          close(at: position)
          ranges.append(position..<end)
        case .word:
          if start == nil { start = position }
          scalars += 1
        }
        position = end
      }
      close(at: bytes.count)
    }
    self.text = text
    self.ranges = ranges
    self.isCut = isCut
  }

  /// The words as scalars.
  var scalars: [[UInt32]] { ranges.map { UTF8Text.scalars(of: text[$0]) } }
}
