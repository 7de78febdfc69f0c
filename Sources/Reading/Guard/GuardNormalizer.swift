/// Undoes what hides an attack from a reader of words: letters of other scripts and shapes, invisible characters, marks,
/// digits in the place of letters, words cut into letters or pieces, and encoded stretches.
///
/// Plain text comes out as it went in. `training/guard/README.md` states the rules, `training/guard/normalizer.py` is the
/// reference, byte for byte. Any bytes are taken; the cost grows with them, and at most two copies of the text and
/// ``decodedLimit`` bytes of decoded text are made. Pure; any thread may call it.
public struct GuardNormalizer: Sendable {
  /// The most bytes of decoded text that are kept.
  public static let decodedLimit = 8192
  /// The most bytes of a stretch in a shifted alphabet, or backwards, that are decoded.
  static let shiftedLimit = 4096
  /// Such a stretch begins so many bytes before its first known word.
  static let shiftedLead = 64
  /// The most bytes of one base64 stretch that are decoded.
  static let base64Limit = 12_288
  /// A longer run of look-alikes is a word of its own script.
  static let lookAlikeLimit = 32
  /// After so many words with digits for letters, one digit is enough in further words.
  static let usualWords = 2
  /// The most pieces that one cut word is joined from.
  static let pieceLimit = 64

  /// A text with its disguises undone.
  public struct Normalized: Sendable, Equatable {
    /// The text, or nil if nothing had to be undone.
    public var text: [UInt8]?
    /// What encoded stretches say, one a line; empty without any.
    public var decoded: [UInt8]
  }

  public init() {}

  /// Undoes the disguises of a text (UTF-8; invalid bytes are kept as they are).
  public func normalize(_ bytes: UnsafeRawBufferPointer) -> Normalized {
    var decoded = GuardDecoded()
    guard let plain = Self.undoScalars(bytes, &decoded) else {
      return Normalized(text: Self.undoWords(bytes, &decoded), decoded: decoded.bytes)
    }
    let text = plain.withUnsafeBytes { Self.undoWords($0, &decoded) } ?? plain
    let isSame = text.count == bytes.count && text.elementsEqual(bytes)
    return Normalized(text: isSame ? nil : text, decoded: decoded.bytes)
  }

  // MARK: - Letters of other scripts and shapes, invisible characters, marks

  /// - Returns: nil for ASCII, which has none.
  private static func undoScalars(_ bytes: UnsafeRawBufferPointer, _ decoded: inout GuardDecoded) -> [UInt8]? {
    guard !isASCII(bytes) else { return nil }
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    var index = 0
    // The last letter that was written: ASCII, or 0x80 for any other.
    var lastLetter: UInt8 = 0
    while index < bytes.count {
      let byte = bytes[index]
      if byte < 0x80 {
        out.append(byte)
        if GuardBytes.isLetter(byte) { lastLetter = byte }
        index += 1
        continue
      }
      guard let (scalar, length) = GuardLetters.scalar(bytes, index) else {
        out.append(byte)
        lastLetter = 0x80
        index += 1
        continue
      }
      let end = index + length
      if GuardLetters.isTag(scalar) {
        if 0xE0020...0xE007E ~= scalar { decoded.add([UInt8(scalar - 0xE0000)], at: index..<end) }
        index = end
        continue
      }
      let isBeside = out.last.map(GuardBytes.isAlphanumeric) ?? false
      let isHidden =
        isBeside && GuardLetters.isMark(scalar)
        || GuardLetters.isInvisible(scalar) && (isBeside || end < bytes.count && GuardBytes.isAlphanumeric(bytes[end]))
      if isHidden {
        index = end
      } else if let letter = GuardLetters.styled(scalar) {
        out.append(letter)
        if GuardBytes.isLetter(letter) { lastLetter = letter }
        index = end
      } else if GuardLetters.lookAlike(scalar) != nil {
        index = undoLookAlikes(bytes, from: index, &out, &lastLetter)
      } else {
        out.append(contentsOf: bytes[index..<end])
        lastLetter = 0x80
        index = end
      }
    }
    return out
  }

  /// Writes a run of look-alikes as Latin letters if it stands within a word of Latin letters, or is a word by itself
  /// behind a Latin one; else as it is.
  ///
  /// - Returns: where the run ends.
  private static func undoLookAlikes(
    _ bytes: UnsafeRawBufferPointer, from start: Int, _ out: inout [UInt8], _ lastLetter: inout UInt8
  ) -> Int {
    var end = start
    var letters: [UInt8] = []
    var count = 0
    while end < bytes.count, count < lookAlikeLimit, bytes[end] >= 0x80,
      let (scalar, length) = GuardLetters.scalar(bytes, end)
    {
      if let letter = GuardLetters.lookAlike(scalar) {
        letters.append(letter)
      } else if !GuardLetters.isInvisible(scalar), !GuardLetters.isMark(scalar) {
        break
      }
      end += length
      count += 1
    }
    let before = out.last ?? 0x20
    let after = end < bytes.count ? bytes[end] : 0x20
    let isWhole =
      before < 0x80 && !GuardBytes.isAlphanumeric(before) && after < 0x80 && !GuardBytes.isAlphanumeric(after)
    let isLatin =
      GuardBytes.isLetter(before) || GuardBytes.isLetter(after) && before < 0x80
      || isWhole && GuardBytes.isLetter(lastLetter)
    if isLatin, count < lookAlikeLimit, let last = letters.last {
      out.append(contentsOf: letters)
      lastLetter = last
    } else {
      out.append(contentsOf: bytes[start..<end])
      lastLetter = 0x80
    }
    return end
  }

  private static func isASCII(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var index = 0
    while index + 8 <= bytes.count {
      if bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 != 0 { return false }
      index += 8
    }
    while index < bytes.count {
      if bytes[index] >= 0x80 { return false }
      index += 1
    }
    return true
  }

  // MARK: - Words: cut, disguised, encoded

  /// - Returns: nil if no word had to be changed.
  private static func undoWords(_ text: UnsafeRawBufferPointer, _ decoded: inout GuardDecoded) -> [UInt8]? {
    var edits = GuardEdits(text)
    var alphabet = GuardAlphabet()
    var base64 = GuardBase64Run()
    var index = 0
    var chunkEnd = 0
    var hexadecimalEnd = 0
    var disguisedWords = 0
    var before: UInt8 = 0x20
    let count = text.count
    while index < count {
      let byte = text[index]
      defer { before = text[index - 1] }
      if GuardBytes.isSpace(byte) {
        index += 1
        continue
      }
      if index >= chunkEnd { chunkEnd = readChunk(text, from: index, &decoded) }
      let isWord = GuardBytes.isAlphanumeric(byte) || GuardBytes.isSign(byte) || byte == 0x5C
      if before >= 0x80 || GuardBytes.isAlphanumeric(before) || !isWord {
        index += 1
        continue
      }
      if let cut = GuardWordForms.joined(text, from: index) {
        edits.replace(index..<cut.end, with: cut.word)
        cut.word.withUnsafeBytes { alphabet.see($0, at: index) }
        index = cut.end
        continue
      }
      if index >= hexadecimalEnd, byte == 0x5C || GuardBytes.hexadecimal(byte) != nil {
        let (bytes, end) = GuardEncodings.hexadecimalPairs(text, from: index)
        if bytes.count >= 8, end == count || !GuardBytes.isAlphanumeric(text[end]), GuardBytes.isReadable(bytes) {
          decoded.add(bytes, at: index..<end)
        }
        hexadecimalEnd = end
      }
      if byte == 0x5C {
        index += 1
        continue
      }
      if let (piece, range) = base64.decoded(text, from: index) {
        decoded.add(piece, at: range)
        index = range.upperBound
        continue
      }
      var end = index
      var hasLetter = false
      var hasOther = false
      while end < count {
        let isLetter = GuardBytes.isLetter(text[end])
        guard isLetter || GuardBytes.isDigit(text[end]) || GuardBytes.isSign(text[end]) else { break }
        hasLetter = hasLetter || isLetter
        hasOther = hasOther || !isLetter
        end += 1
      }
      if !hasOther {
        if end == count || text[end] < 0x80 {
          alphabet.see(UnsafeRawBufferPointer(rebasing: text[index..<end]), at: index)
        }
      } else if hasLetter,
        let plain = GuardWordForms.undisguised(
          text, index..<end, isUsual: disguisedWords >= usualWords)
      {
        disguisedWords += 1
        edits.replace(plain.range, with: plain.word)
      }
      index = end
    }
    if let (bytes, start) = alphabet.decoded(text) { decoded.add(bytes, at: start..<start) }
    return edits.result()
  }

  /// Decodes the escapes of what stands between white space, when there are three or more.
  ///
  /// - Returns: where it ends.
  private static func readChunk(
    _ text: UnsafeRawBufferPointer, from start: Int, _ decoded: inout GuardDecoded
  ) -> Int {
    var end = start
    var escapes = 0
    while end < text.count, !GuardBytes.isSpace(text[end]) {
      let byte = text[end]
      if byte == 0x25 || byte == 0x26 || byte == 0x5C { escapes += 1 }
      end += 1
    }
    if escapes >= 3 {
      let chunk = UnsafeRawBufferPointer(rebasing: text[start..<min(end, start + decodedLimit)])
      if let piece = GuardEncodings.unescaped(chunk) { decoded.add(piece, at: start..<end) }
    }
    return end
  }
}
