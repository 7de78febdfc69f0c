/// What matching needs to know of a Unicode scalar: is it part of a word, does its script write spaces, what is its
/// lower-case twin. Looked up in tables, because the standard library's properties cost some 30 ns a scalar.
struct ScalarTables: Sendable {
  /// How a scalar takes part in words.
  enum WordClass: UInt8, Sendable {
    /// White space, punctuation, symbols.
    case outside
    /// A letter, mark, digit or underscore of a script that separates words.
    case word
    /// A letter or mark of a script written without spaces (Han, Kana, Thai …), or of Hangul, whose particles stick to
    /// the word: an edge inside such text is not visible, so every place counts as one.
    case unspaced
  }

  /// The tables, made on first use (some milliseconds); compiling any rule that reads text touches them.
  static let shared = ScalarTables()

  private static let limit: UInt32 = 0x20000
  private let classes: [UInt8]
  /// Page of 256 scalars → offset into ``folds``; page 0 maps everything to itself.
  private let foldPages: [UInt16]
  private let folds: [UInt32]

  func wordClass(of scalar: UInt32) -> WordClass {
    if scalar < Self.limit { return WordClass(rawValue: classes[Int(scalar)]) ?? .outside }
    return Self.computedClass(of: scalar)
  }

  /// The scalar under simple case folding: `Σ`, `σ` and `ς` all become `σ`. Foldings that change the number of scalars
  /// (`ß` to `ss`) are not made.
  func folded(_ scalar: UInt32) -> UInt32 {
    guard scalar < Self.limit else { return scalar }
    let page = Int(foldPages[Int(scalar >> 8)])
    return page == 0 ? scalar : folds[page << 8 | Int(scalar & 0xFF)]
  }

  private init() {
    var classes = [UInt8](repeating: 0, count: Int(Self.limit))
    var pages = [UInt16](repeating: 0, count: Int(Self.limit >> 8))
    var folds = [UInt32](repeating: 0, count: 256)
    for scalar in 0..<Self.limit {
      switch scalar {
      case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xAC00...0xD7A3:  // most scalars there are, all letters without case
        classes[Int(scalar)] = WordClass.unspaced.rawValue
        continue
      default:
        break
      }
      classes[Int(scalar)] = Self.computedClass(of: scalar).rawValue
      let folded = Self.computedFold(of: scalar)
      if folded != scalar {
        let page = Int(scalar >> 8)
        if pages[page] == 0 {
          pages[page] = UInt16(folds.count >> 8)
          folds += (0..<256).map { UInt32(page << 8 | $0) }
        }
        folds[Int(pages[page]) << 8 | Int(scalar & 0xFF)] = folded
      }
    }
    self.classes = classes
    foldPages = pages
    self.folds = folds
  }

  private static func computedClass(of value: UInt32) -> WordClass {
    guard let scalar = Unicode.Scalar(value) else { return .outside }
    if value == 0x5F { return .word }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
      .spacingMark, .enclosingMark, .decimalNumber, .letterNumber:
      return isUnspaced(value) ? .unspaced : .word
    default:
      return .outside
    }
  }

  /// Lower case of upper case, where both are single scalars: that joins all variants of a letter (`ς`, `ſ`, the Kelvin
  /// sign) as Unicode's simple case folding does. The dotless i is its own letter.
  private static func computedFold(of value: UInt32) -> UInt32 {
    guard let scalar = Unicode.Scalar(value), value != 0x131, scalar.properties.changesWhenCaseMapped else {
      return value
    }
    var result = scalar
    if let upper = single(scalar.properties.uppercaseMapping) { result = upper }
    return (single(result.properties.lowercaseMapping) ?? single(scalar.properties.lowercaseMapping) ?? scalar).value
  }

  private static func single(_ text: String) -> Unicode.Scalar? {
    let scalars = text.unicodeScalars
    guard let first = scalars.first, scalars.index(after: scalars.startIndex) == scalars.endIndex else { return nil }
    return first
  }

  /// Scripts written without spaces between words, and Hangul; block ranges of the Unicode standard.
  private static func isUnspaced(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0..<0x0E00: false
    case 0x0E00...0x0EFF: true  // Thai, Lao
    case 0x0F00...0x0FFF: true  // Tibetan: syllables, not words, are marked
    case 0x1000...0x109F, 0xA9E0...0xA9FF, 0xAA60...0xAA7F: true  // Myanmar
    case 0x1100...0x11FF, 0x3130...0x318F, 0xA960...0xA97F, 0xAC00...0xD7FF: true  // Hangul
    case 0x1780...0x17FF, 0x19E0...0x19FF: true  // Khmer
    case 0x1950...0x19DF, 0x1A20...0x1AAF: true  // Tai Le, New Tai Lue, Tai Tham
    case 0x2E80...0x2FDF, 0x3005...0x3007, 0x3021...0x3029, 0x3038...0x303B: true  // Han radicals, marks, numerals
    case 0x3040...0x30FF, 0x31F0...0x31FF, 0xFF66...0xFF9F: true  // Kana
    case 0x3100...0x312F, 0x31A0...0x31BF: true  // Bopomofo
    case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF: true  // Han
    case 0xA000...0xA4CF: true  // Yi
    case 0xA980...0xA9DF, 0xAA80...0xAADF: true  // Javanese, Tai Viet
    case 0x1AFF0...0x1B16F: true  // Kana, extended
    case 0x20000...0x3FFFF: true  // Han, extended
    default: false
    }
  }
}
