/// BERT's tokenizer: normalise, split at white space and punctuation, then take the longest piece of the vocabulary at
/// each place of a word; a word with no such cover, or a very long one, is the unknown token.
///
/// Texts of special tokens (`[SEP]`) are read as plain text: a user cannot end the input by writing one.
///
/// Cost: one pass, some nanoseconds a byte; a word's pieces at most its length times the longest piece's in probes.
struct WordPieceModel: Sendable {
  private let first: PieceTable
  private let continuing: PieceTable
  private let characters: BertCharacters
  private let unknown: UInt32
  /// Scalars a word may have.
  private let wordLimit: Int

  /// - Parameter wordLimit: scalars a word may have, 1 to 1 000; longer ones are unknown.
  init(
    vocabulary: [(piece: [UInt8], id: UInt32)], continuingPrefix: [UInt8], unknown: UInt32, wordLimit: Int,
    options: BertCharacters.Options
  ) {
    var first: [(piece: [UInt8], id: UInt32)] = []
    var continuing: [(piece: [UInt8], id: UInt32)] = []
    for entry in vocabulary {
      // A piece with the prefix also matches itself, at a word's start, as the text `##…`; words hold no `#`, which is
      // punctuation, so such a match would need another prefix.
      if entry.piece.starts(with: continuingPrefix), entry.piece.count > continuingPrefix.count {
        continuing.append((Array(entry.piece.dropFirst(continuingPrefix.count)), entry.id))
      }
      first.append(entry)
    }
    self.first = PieceTable(first)
    self.continuing = PieceTable(continuing)
    self.unknown = unknown
    self.wordLimit = min(max(wordLimit, 1), 1000)
    characters = options == BertCharacters.Options() ? .uncased : BertCharacters(options)
  }

  /// Appends the tokens of the text until there are `limit`; the word that reaches the limit is kept whole.
  func tokenize(_ text: UnsafeRawBufferPointer, limit: Int, into result: inout TokenizedText) {
    // A scalar of a word is at most 4 bytes, and a replaced one at most 20 of them.
    let room = wordLimit * 4 + 96
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: room) { bytes in
      withUnsafeTemporaryAllocation(of: UInt64.self, capacity: room + 1) { hashes in
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 2 * room) { places in
          var word = Word(
            bytes: bytes.baseAddress.unsafelyUnwrapped, hashes: hashes.baseAddress.unsafelyUnwrapped,
            starts: places.baseAddress.unsafelyUnwrapped, ends: places.baseAddress.unsafelyUnwrapped + room,
            limit: wordLimit)
          read(text, limit: limit, &word, &result)
        }
      }
    }
  }

  /// The word being read, normalised: its bytes, the hashes of its prefixes, and which bytes of the text each byte is
  /// from.
  private struct Word {
    let bytes: UnsafeMutablePointer<UInt8>
    let hashes: UnsafeMutablePointer<UInt64>
    let starts: UnsafeMutablePointer<UInt32>
    let ends: UnsafeMutablePointer<UInt32>
    let limit: Int
    var count = 0
    var scalars = 0

    init(
      bytes: UnsafeMutablePointer<UInt8>, hashes: UnsafeMutablePointer<UInt64>, starts: UnsafeMutablePointer<UInt32>,
      ends: UnsafeMutablePointer<UInt32>, limit: Int
    ) {
      self.bytes = bytes
      self.hashes = hashes
      self.starts = starts
      self.ends = ends
      self.limit = limit
      hashes[0] = 0
    }

    @inline(__always)
    mutating func append(_ byte: UInt8, _ start: Int, _ end: Int) {
      bytes[count] = byte
      hashes[count + 1] = PieceTable.extended(hashes[count], by: byte)
      starts[count] = UInt32(truncatingIfNeeded: start)
      ends[count] = UInt32(truncatingIfNeeded: end)
      count += 1
    }

    /// Appends a scalar; of a word over the limit only the end is noted.
    @inline(__always)
    mutating func append(_ scalar: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) {
      scalars += 1
      if scalars > limit {
        ends[count - 1] = UInt32(truncatingIfNeeded: end)
        return
      }
      for byte in scalar { append(byte, start, end) }
    }
  }

  private func read(_ text: UnsafeRawBufferPointer, limit: Int, _ word: inout Word, _ result: inout TokenizedText) {
    var index = 0
    characters.asciiKinds.withUnsafeBufferPointer { kinds in
      characters.asciiBytes.withUnsafeBufferPointer { ascii in
        while index < text.count, result.count < limit {
          let byte = text[index]
          if byte < 0x80 {
            switch kinds[Int(byte)] {
            case BertCharacters.Kind.letter.rawValue:
              word.scalars += 1
              if word.scalars <= word.limit {
                word.append(ascii[Int(byte)], index, index + 1)
              } else {
                word.ends[word.count - 1] = UInt32(truncatingIfNeeded: index + 1)
              }
            case BertCharacters.Kind.space.rawValue: flush(&word, &result)
            case BertCharacters.Kind.alone.rawValue:
              flush(&word, &result)
              word.scalars = 1
              word.append(byte, index, index + 1)
              flush(&word, &result)
            default: break
            }
            index += 1
            continue
          }
          let scalar = UTF8Scalar(text, at: index)
          let end = index + scalar.length
          let kind = characters.kind(of: scalar.value)
          if kind == .replaced {
            characters.forEachReplacement(of: scalar.value) { kind, utf8 in
              take(kind, utf8, index, end, &word, &result)
            }
          } else {
            take(
              kind, UnsafeBufferPointer(rebasing: text.bindMemory(to: UInt8.self)[index..<end]), index, end, &word,
              &result)
          }
          index = end
        }
      }
    }
    flush(&word, &result)
    result.bytesRead = index
  }

  @inline(__always)
  private func take(
    _ kind: BertCharacters.Kind, _ utf8: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int, _ word: inout Word,
    _ result: inout TokenizedText
  ) {
    switch kind {
    case .letter: word.append(utf8, start, end)
    case .space: flush(&word, &result)
    case .alone:
      flush(&word, &result)
      word.append(utf8, start, end)
      flush(&word, &result)
    case .dropped, .replaced: break
    }
  }

  /// Appends the pieces of the word and empties it.
  @inline(__always)
  private func flush(_ word: inout Word, _ result: inout TokenizedText) {
    guard word.count > 0 else { return }
    defer {
      word.count = 0
      word.scalars = 0
    }
    if word.scalars <= word.limit {
      if let id = first.id(of: word.bytes, count: word.count, hash: word.hashes[word.count]) {
        result.append(id, Int(word.starts[0]), Int(word.ends[word.count - 1]))
        return
      }
      let before = result.count
      if appendPieces(word, &result) { return }
      result.ids.removeLast(result.count - before)
      result.starts.removeLast(result.starts.count - before)
      result.ends.removeLast(result.ends.count - before)
    }
    result.append(unknown, Int(word.starts[0]), Int(word.ends[word.count - 1]))
  }

  private func appendPieces(_ word: Word, _ result: inout TokenizedText) -> Bool {
    var start = 0
    while start < word.count {
      let table = start == 0 ? first : continuing
      var end = min(word.count, start + table.longest)
      var found: UInt32?
      while end > start {
        let hash = word.hashes[end] &- word.hashes[start] &* table.powers[end - start]
        found = table.id(of: word.bytes + start, count: end - start, hash: hash)
        if found != nil { break }
        end -= 1
      }
      guard let found else { return false }
      result.append(found, Int(word.starts[start]), Int(word.ends[end - 1]))
      start = end
    }
    return true
  }
}
