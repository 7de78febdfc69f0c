import JSONText

/// A JSON string that comes piece by piece: checks every byte of it and keeps the start of what it stands for.
///
/// Escapes, pairs of surrogates and UTF-8 sequences may be cut anywhere. A lone surrogate stands for U+FFFD. Faults are
/// those of `JSONCursor`, with the same reason and place.
struct PartialString: Sendable {
  /// The string, unescaped, as UTF-8: whole, or its first bytes if ``isCut``.
  private(set) var kept: [UInt8] = []
  /// The string, unescaped, is longer than what is kept.
  private(set) var isCut = false
  /// The closing quote was read.
  private(set) var isClosed = false

  private enum Place: UInt8 {
    case plain
    case behindBackslash
    case inDigits
    case inSequence
  }

  private var place = Place.plain
  private var keepLimit = 0
  /// Of a `\u` escape: its digits so far.
  private var digits = 0
  private var unit: UInt32 = 0
  /// A high surrogate that waits for its low one; 0 if there is none.
  private var highSurrogate: UInt32 = 0
  /// Of a UTF-8 sequence: where it starts, the bytes that are due, and the values that the next one may have.
  private var sequenceStart = 0
  private var sequenceRest = 0
  private var nextByte: ClosedRange<UInt8> = 0x80...0xBF

  /// Starts behind an opening quote.
  ///
  /// - Parameter limit: the most bytes that are kept.
  mutating func open(keeping limit: Int) {
    kept.removeAll(keepingCapacity: true)
    keepLimit = limit
    isCut = false
    isClosed = false
    place = .plain
    highSurrogate = 0
  }

  /// Reads on up to the closing quote or the end of the piece.
  ///
  /// - Parameter offset: bytes of the text before the piece.
  /// - Returns: the index past the last byte read.
  mutating func read(
    _ piece: UnsafeRawBufferPointer, from start: Int, offset: Int
  ) throws(JSONError) -> Int {
    var index = start
    while index < piece.count {
      if place == .plain {
        let end = ByteSearch.plainEnd(piece, from: index)
        if end > index {
          dropHighSurrogate()
          keep(UnsafeRawBufferPointer(rebasing: piece[index..<end]))
          index = end
          continue
        }
      }
      let byte = piece[index]
      switch place {
      case .plain: try special(byte, at: offset + index)
      case .behindBackslash: try escape(byte, at: offset + index)
      case .inDigits: try digit(byte, at: offset + index)
      case .inSequence: try continuation(byte)
      }
      index += 1
      if isClosed { return index }
    }
    return index
  }

  /// Why the text cannot end here.
  func fault(atEnd offset: Int) -> JSONError {
    place == .inSequence
      ? JSONError(offset: sequenceStart, reason: .invalidUTF8)
      : JSONError(offset: offset, reason: .unterminatedString)
  }

  /// Takes a byte that is not plain.
  private mutating func special(_ byte: UInt8, at offset: Int) throws(JSONError) {
    if byte == 0x5C {
      place = .behindBackslash
      return
    }
    dropHighSurrogate()
    if byte == 0x22 {
      isClosed = true
    } else if byte < 0x20 {
      throw JSONError(offset: offset, reason: .controlCharacter)
    } else {
      try startSequence(byte, at: offset)
    }
  }

  private mutating func escape(_ letter: UInt8, at offset: Int) throws(JSONError) {
    let meaning: UInt8
    switch letter {
    case UInt8(ascii: "u"):
      digits = 0
      unit = 0
      place = .inDigits
      return
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): meaning = letter
    case UInt8(ascii: "b"): meaning = 0x08
    case UInt8(ascii: "f"): meaning = 0x0C
    case UInt8(ascii: "n"): meaning = 0x0A
    case UInt8(ascii: "r"): meaning = 0x0D
    case UInt8(ascii: "t"): meaning = 0x09
    default: throw JSONError(offset: offset, reason: .invalidEscape)
    }
    dropHighSurrogate()
    keep(meaning)
    place = .plain
  }

  private mutating func digit(_ byte: UInt8, at offset: Int) throws(JSONError) {
    let value: UInt8
    switch byte {
    case 0x30...0x39: value = byte - 0x30
    case 0x41...0x46: value = byte - 0x37
    case 0x61...0x66: value = byte - 0x57
    default: throw JSONError(offset: offset, reason: .invalidEscape)
    }
    unit = unit << 4 | UInt32(value)
    digits += 1
    guard digits == 4 else { return }
    place = .plain
    if highSurrogate != 0, unit & 0xFC00 == 0xDC00 {
      keep(scalar: 0x10000 + (highSurrogate & 0x3FF) << 10 + (unit & 0x3FF))
      highSurrogate = 0
      return
    }
    dropHighSurrogate()
    if unit & 0xFC00 == 0xD800 {
      highSurrogate = unit
    } else {
      keep(scalar: unit)
    }
  }

  /// The first byte of a sequence, by table 3-7 of the Unicode standard.
  private mutating func startSequence(_ lead: UInt8, at offset: Int) throws(JSONError) {
    switch lead {
    case 0xC2...0xDF: (sequenceRest, nextByte) = (1, 0x80...0xBF)
    case 0xE0: (sequenceRest, nextByte) = (2, 0xA0...0xBF)
    case 0xED: (sequenceRest, nextByte) = (2, 0x80...0x9F)
    case 0xE1...0xEF: (sequenceRest, nextByte) = (2, 0x80...0xBF)
    case 0xF0: (sequenceRest, nextByte) = (3, 0x90...0xBF)
    case 0xF1...0xF3: (sequenceRest, nextByte) = (3, 0x80...0xBF)
    case 0xF4: (sequenceRest, nextByte) = (3, 0x80...0x8F)
    default: throw JSONError(offset: offset, reason: .invalidUTF8)
    }
    sequenceStart = offset
    place = .inSequence
    keep(lead)
  }

  private mutating func continuation(_ byte: UInt8) throws(JSONError) {
    guard nextByte.contains(byte) else { throw JSONError(offset: sequenceStart, reason: .invalidUTF8) }
    nextByte = 0x80...0xBF
    sequenceRest -= 1
    if sequenceRest == 0 { place = .plain }
    keep(byte)
  }

  /// A high surrogate that no low one follows stands for U+FFFD.
  private mutating func dropHighSurrogate() {
    guard highSurrogate != 0 else { return }
    highSurrogate = 0
    keep(scalar: 0xFFFD)
  }

  private mutating func keep(scalar value: UInt32) {
    // A low surrogate that follows no high one is no scalar.
    let scalar = Unicode.Scalar(value) ?? "\u{FFFD}"
    for byte in scalar.utf8 { keep(byte) }
  }

  private mutating func keep(_ byte: UInt8) {
    if kept.count < keepLimit { kept.append(byte) } else { isCut = true }
  }

  private mutating func keep(_ run: UnsafeRawBufferPointer) {
    let room = keepLimit - kept.count
    if run.count > room { isCut = true }
    if room > 0 { kept.append(contentsOf: run.prefix(room)) }
  }
}
