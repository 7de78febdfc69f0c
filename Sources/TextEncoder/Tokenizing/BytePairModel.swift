/// Byte-pair tokenizers of two kinds: over bytes (GPT-2, ModernBERT), and over characters with spaces written as `▁`
/// and bytes for characters the vocabulary lacks (Gemma, mmBERT).
///
/// Added tokens that are not special (runs of spaces, of line ends) are found first, from the left, the longest. Texts
/// of special tokens are read as plain text: a user cannot end the input by writing one.
struct BytePairModel: Sendable {
  /// What is done to a text before it is cut.
  enum Normalization: Sendable, Equatable {
    case compose
    case replace([UInt8], [UInt8])
    case prepend([UInt8])
  }

  /// How a text is cut into words.
  enum Words: Sendable, Equatable {
    case whole
    case byteLevel(addsSpace: Bool, splits: Bool)
    /// Spaces become `mark`; one is put first if `prepends`; if `splits`, each mark starts a word.
    case metaspace(mark: [UInt8], prepends: Prepending, splits: Bool)
    /// Cut behind each space.
    case behindSpaces
  }

  enum Prepending: String, Sendable {
    case always
    case first
    case never
  }

  let normalizations: [Normalization]
  let words: Words
  let merges: BytePairMerges
  let vocabulary: PieceTable
  /// Byte → token: of the byte's own character (byte level), or `<0x..>` where the model falls back to bytes.
  let byteTokens: [UInt32?]
  let fallsBackToBytes: Bool
  let fusesUnknown: Bool
  /// Words that are a token are taken as they are, without merging.
  let ignoresMerges: Bool
  let unknown: UInt32?
  /// Added tokens found in the text as it is, and in the normalised one.
  let added: AddedTokens
  let normalizedAdded: AddedTokens

  func tokenize(_ text: UnsafeRawBufferPointer, limit: Int, into result: inout TokenizedText) {
    var word = BytePairWord()
    var cache = BytePairCache()
    var done = 0
    added.split(text) { range, id in
      guard result.count < limit else { return }
      if let id {
        result.append(id, range.lowerBound, range.upperBound)
        done = range.upperBound
        return
      }
      // A long stretch is read in parts, so that a limit of tokens bounds the work; without a limit it is one part.
      var start = range.lowerBound
      while start < range.upperBound, result.count < limit {
        let end = partEnd(text, start, range.upperBound, limit)
        var part = NormalizedText(text, start..<end)
        normalize(&part)
        let isFirst = start == 0
        part.bytes.withUnsafeBytes { bytes in
          normalizedAdded.split(bytes) { inner, id in
            if let id {
              result.append(id, Int(part.starts[inner.lowerBound]), Int(part.ends[inner.upperBound - 1]))
            } else {
              appendWords(part, inner, isFirst: isFirst && inner.lowerBound == 0, &word, &cache, &result)
            }
          }
        }
        start = end
        done = end
      }
    }
    result.bytesRead = done
    if result.count > limit {
      result.ids.removeLast(result.count - limit)
      result.starts.removeLast(result.starts.count - limit)
      result.ends.removeLast(result.ends.count - limit)
      result.bytesRead = Int(result.ends.last ?? 0)
    }
  }

  /// Bytes of a stretch that are read at once where there is a limit of tokens, so that little more is read than it takes: a token
  /// covers 64 bytes at most in practice.
  private static let partBytes = 128 << 10
  /// In so many bytes before that a space is looked for, before which words are cut anyway.
  private static let cutSearch = 1 << 10

  private func partEnd(_ text: UnsafeRawBufferPointer, _ start: Int, _ end: Int, _ limit: Int) -> Int {
    guard limit < .max else { return end }
    let most = limit < Self.partBytes / 64 ? max(1, limit) * 64 : Self.partBytes
    guard end - start > most else { return end }
    let last = start + most
    for cut in stride(from: last, to: max(start + 1, last - Self.cutSearch), by: -1)
    where text[cut] == 0x20 && text[cut - 1] != 0x20 {
      return cut
    }
    var cut = last
    while cut > start + 1, text[cut] & 0xC0 == 0x80 { cut -= 1 }
    return cut
  }

  private func normalize(_ text: inout NormalizedText) {
    for step in normalizations {
      switch step {
      case .compose: text.compose()
      case .replace(let pattern, let content): text.replace(pattern, with: content)
      case .prepend(let content): text.prepend(content)
      }
    }
  }

  private func appendWords(
    _ text: NormalizedText, _ range: Range<Int>, isFirst: Bool, _ word: inout BytePairWord,
    _ cache: inout BytePairCache, _ result: inout TokenizedText
  ) {
    var part = text
    if range != 0..<text.bytes.count {
      part.bytes = Array(text.bytes[range])
      part.starts = Array(text.starts[range])
      part.ends = Array(text.ends[range])
    }
    switch words {
    case .whole: append(part, 0..<part.bytes.count, &word, &cache, &result)
    case .byteLevel(let addsSpace, let splits):
      if addsSpace, part.bytes.first != UInt8(ascii: " ") { part.prepend([UInt8(ascii: " ")]) }
      guard splits else {
        append(part, 0..<part.bytes.count, &word, &cache, &result)
        return
      }
      part.bytes.withUnsafeBytes { bytes in
        ByteLevelWords.forEach(bytes) { append(part, $0, &word, &cache, &result) }
      }
    case .metaspace(let mark, let prepends, let splits):
      part.replace([UInt8(ascii: " ")], with: mark)
      if prepends == .always || prepends == .first && isFirst, !part.bytes.starts(with: mark) { part.prepend(mark) }
      guard splits else {
        append(part, 0..<part.bytes.count, &word, &cache, &result)
        return
      }
      cut(part, { $0.starts(with: mark) ? 0 : nil }, &word, &cache, &result)
    case .behindSpaces:
      cut(part, { $0.first == UInt8(ascii: " ") ? 1 : nil }, &word, &cache, &result)
    }
  }

  /// Cuts where `border` sees one: it is given the rest of the text and says how many bytes further the cut is.
  private func cut(
    _ part: NormalizedText, _ border: (ArraySlice<UInt8>) -> Int?, _ word: inout BytePairWord,
    _ cache: inout BytePairCache, _ result: inout TokenizedText
  ) {
    var start = 0
    for index in part.bytes.indices {
      guard let offset = border(part.bytes[index...]), index + offset > start else { continue }
      append(part, start..<index + offset, &word, &cache, &result)
      start = index + offset
    }
    append(part, start..<part.bytes.count, &word, &cache, &result)
  }

  /// Appends the tokens of one word.
  private func append(
    _ part: NormalizedText, _ range: Range<Int>, _ word: inout BytePairWord, _ cache: inout BytePairCache,
    _ result: inout TokenizedText
  ) {
    guard !range.isEmpty else { return }
    part.bytes.withUnsafeBufferPointer { bytes in
      let slice = UnsafeBufferPointer(rebasing: bytes[range])
      if let tokens = cache.tokens(of: slice) {
        for token in tokens {
          result.append(
            token.id, Int(part.starts[range.lowerBound + token.start]),
            Int(part.ends[range.lowerBound + token.end - 1]))
        }
        return
      }
      word.removeAll()
      fill(&word, slice)
      if !(ignoresMerges && takeWhole(slice, &word)) { word.merge(merges) }
      var found: [BytePairCache.Token] = []
      word.forEachToken { id, start, end in
        found.append(BytePairCache.Token(id: id, start: Int(start), end: Int(end)))
        result.append(
          id, Int(part.starts[range.lowerBound + Int(start)]), Int(part.ends[range.lowerBound + Int(end) - 1]))
      }
      cache.insert(slice, found)
    }
  }

  private func takeWhole(_ slice: UnsafeBufferPointer<UInt8>, _ word: inout BytePairWord) -> Bool {
    let hash = slice.reduce(0) { PieceTable.extended($0, by: $1) }
    guard let start = slice.baseAddress, let id = vocabulary.id(of: start, count: slice.count, hash: hash) else {
      return false
    }
    word.removeAll()
    word.append(id, 0, UInt32(slice.count))
    return true
  }

  private func fill(_ word: inout BytePairWord, _ slice: UnsafeBufferPointer<UInt8>) {
    if case .byteLevel = words {
      for (index, byte) in slice.enumerated() {
        if let id = byteTokens[Int(byte)] ?? unknown { word.append(id, UInt32(index), UInt32(index + 1)) }
      }
      return
    }
    let raw = UnsafeRawBufferPointer(slice)
    var unknownSince: Int?
    var index = 0
    func flushUnknown(_ end: Int) {
      if let start = unknownSince, let unknown { word.append(unknown, UInt32(start), UInt32(end)) }
      unknownSince = nil
    }
    while index < slice.count {
      let end = index + UTF8Scalar(raw, at: index).length
      var hash: UInt64 = 0
      for at in index..<end { hash = PieceTable.extended(hash, by: slice[at]) }
      if let start = slice.baseAddress, let id = vocabulary.id(of: start + index, count: end - index, hash: hash) {
        flushUnknown(index)
        word.append(id, UInt32(index), UInt32(end))
      } else if fallsBackToBytes, (index..<end).allSatisfy({ byteTokens[Int(slice[$0])] != nil }) {
        flushUnknown(index)
        for at in index..<end {
          if let id = byteTokens[Int(slice[at])] { word.append(id, UInt32(index), UInt32(end)) }
        }
      } else {
        if !fusesUnknown { flushUnknown(index) }
        if unknownSince == nil { unknownSince = index }
      }
      index = end
    }
    flushUnknown(slice.count)
  }
}
