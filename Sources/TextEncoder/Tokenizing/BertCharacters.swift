@_spi(_Unicode) import Swift  // canonical decomposition (`_nfd`), as the standard library itself compares strings

/// What BERT's normalizer and word splitter make of each Unicode scalar.
///
/// Cleaning, spacing of Han, decomposition without marks and lower-casing look at one scalar at a time, so all of them
/// together are one table. (Reordering marks that are not dropped would not be; no such mark is in use with another.)
struct BertCharacters: Sendable {
  /// The switches of the normalizer.
  struct Options: Sendable, Equatable {
    var cleansText = true
    var spacesHan = true
    var stripsAccents = true
    var lowercases = true
  }

  enum Kind: UInt8, Sendable {
    /// Part of a word, as it is.
    case letter
    /// Ends a word.
    case space
    /// As if it were not there.
    case dropped
    /// A word of its own, as it is.
    case alone
    /// Becomes others: see ``forEachReplacement(of:_:)``.
    case replaced
  }

  /// The table of uncased models, made on first use (some tens of milliseconds) and shared.
  static let uncased = BertCharacters(Options())

  private static let limit: UInt32 = 0x20000
  private let options: Options
  private let kinds: [UInt8]
  /// Page of 256 scalars → place in ``entries``; page 0 has none.
  private let pages: [UInt16]
  private let entries: [UInt32]
  /// At an entry: the number of replacements, then for each its kind, its length and its UTF-8.
  private let replacements: [UInt8]
  /// The kind of each ASCII byte.
  let asciiKinds: [UInt8]
  /// Each ASCII byte as it stands in words.
  let asciiBytes: [UInt8]

  init(_ options: Options) {
    self.options = options
    var kinds = [UInt8](repeating: 0, count: Int(Self.limit))
    var pages = [UInt16](repeating: 0, count: Int(Self.limit >> 8))
    var entries = [UInt32](repeating: 0, count: 256)
    var replacements: [UInt8] = []
    var asciiBytes: [UInt8] = (0..<128).map { UInt8($0) }
    for value in 0..<Self.limit {
      guard let scalar = Unicode.Scalar(value) else {
        kinds[Int(value)] = Kind.dropped.rawValue
        continue
      }
      let (kind, replacement) = Self.computed(scalar, options)
      kinds[Int(value)] = kind.rawValue
      guard kind == .replaced else { continue }
      if value < 0x80 {  // capital letters
        asciiBytes[Int(value)] = replacement[3]
        kinds[Int(value)] = Kind.letter.rawValue
        continue
      }
      let page = Int(value >> 8)
      if pages[page] == 0 {
        pages[page] = UInt16(entries.count >> 8)
        entries += [UInt32](repeating: 0, count: 256)
      }
      entries[Int(pages[page]) << 8 | Int(value & 0xFF)] = UInt32(replacements.count)
      replacements += replacement
    }
    self.kinds = kinds
    self.pages = pages
    self.entries = entries
    self.replacements = replacements
    self.asciiBytes = asciiBytes
    asciiKinds = Array(kinds[..<128])
  }

  @inline(__always)
  func kind(of scalar: UInt32) -> Kind {
    if scalar < Self.limit { return Kind(rawValue: kinds[Int(scalar)]) ?? .letter }
    return Unicode.Scalar(scalar).map { Self.computed($0, options).kind } ?? .dropped
  }

  /// Hands over the kinds and the UTF-8 of what a replaced scalar becomes.
  @inline(__always)
  func forEachReplacement(of scalar: UInt32, _ body: (Kind, UnsafeBufferPointer<UInt8>) -> Void) {
    if scalar < Self.limit {
      let entry = Int(entries[Int(pages[Int(scalar >> 8)]) << 8 | Int(scalar & 0xFF)])
      replacements.withUnsafeBufferPointer { Self.forEach(UnsafeBufferPointer(rebasing: $0[entry...]), body) }
    } else if let scalar = Unicode.Scalar(scalar) {
      Self.computed(scalar, options).replacement.withUnsafeBufferPointer { Self.forEach($0, body) }
    }
  }

  @inline(__always)
  private static func forEach(
    _ entry: UnsafeBufferPointer<UInt8>, _ body: (Kind, UnsafeBufferPointer<UInt8>) -> Void
  ) {
    var index = 1
    for _ in 0..<entry[0] {
      let length = Int(entry[index + 1])
      body(
        Kind(rawValue: entry[index]) ?? .letter, UnsafeBufferPointer(rebasing: entry[index + 2..<index + 2 + length]))
      index += 2 + length
    }
  }

  private static func computed(_ scalar: Unicode.Scalar, _ options: Options) -> (kind: Kind, replacement: [UInt8]) {
    switch scalar.value {
    case 0x3400...0x4DBF, 0x4E00...0x9FFF:  // a fifth of all scalars here: no case, no marks, no decomposition
      return (options.spacesHan ? .alone : .letter, [])
    default: break
    }
    if options.cleansText {
      if isControl(scalar) { return (.dropped, []) }
      if isSpace(scalar) { return (.space, []) }
    }
    let isHan = options.spacesHan && isHan(scalar.value)
    var scalars = [scalar]
    if options.stripsAccents {
      if scalar.value >= 0x80 { scalars = String(scalar)._nfd.map { $0 } }
      scalars.removeAll { $0.properties.generalCategory == .nonspacingMark }
    }
    if options.lowercases { scalars = scalars.flatMap { Array($0.properties.lowercaseMapping.unicodeScalars) } }
    if scalars.isEmpty { return (.dropped, []) }
    if scalars == [scalar] { return (isHan ? .alone : wordKind(scalar), []) }
    var replacement = [UInt8(scalars.count)]
    for part in scalars {
      let utf8 = Array(String(part).utf8)
      replacement += [(isHan ? Kind.alone : wordKind(part)).rawValue, UInt8(utf8.count)] + utf8
    }
    return (.replaced, replacement)
  }

  private static func wordKind(_ scalar: Unicode.Scalar) -> Kind {
    if scalar.properties.isWhitespace { return .space }
    return isPunctuation(scalar) ? .alone : .letter
  }

  private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "\t" || scalar == "\n" || scalar == "\r" || scalar.properties.isWhitespace
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 9, 10, 13: return false
    case 0, 0xFFFD: return true
    default: break
    }
    switch scalar.properties.generalCategory {
    case .control, .format, .privateUse: return true
    default: return false
    }
  }

  private static func isHan(_ value: UInt32) -> Bool {
    switch value {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F, 0x2B920...0x2CEAF,
      0xF900...0xFAFF, 0x2F800...0x2FA1F:
      true
    default: false
    }
  }

  private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 33...47, 58...64, 91...96, 123...126: return true
    case 0..<128: return false
    default: break
    }
    switch scalar.properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
      .finalPunctuation, .otherPunctuation:
      return true
    default: return false
    }
  }
}
