/// The scripts that the language identifier tells apart.
enum WritingSystem: UInt8, Sendable, CaseIterable {
  /// Not a letter, or of a script that is not known here.
  case none
  // Shared by several languages: the model's groups, in the order of its file.
  case latin, cyrillic, arabic, devanagari
  // Of one language each, as far as this identifier goes.
  case amharic, armenian, bengali, burmese, dhivehi, georgian, greek, gujarati, hebrew, kannada, khmer, lao, malayalam
  case odia, punjabi, sinhala, tamil, telugu, thai, tibetan
  case han, kana, hangul

  /// The language of a script that has one; nil for the shared ones and Han.
  var soleLanguage: String? {
    switch self {
    case .none, .latin, .cyrillic, .arabic, .devanagari, .han: nil
    case .amharic: "am"
    case .armenian: "hy"
    case .bengali: "bn"
    case .burmese: "my"
    case .dhivehi: "dv"
    case .georgian: "ka"
    case .greek: "el"
    case .gujarati: "gu"
    case .hebrew: "he"
    case .kannada: "kn"
    case .khmer: "km"
    case .lao: "lo"
    case .malayalam: "ml"
    case .odia: "or"
    case .punjabi: "pa"
    case .sinhala: "si"
    case .tamil: "ta"
    case .telugu: "te"
    case .thai: "th"
    case .tibetan: "bo"
    case .kana: "ja"
    case .hangul: "ko"
    }
  }

  /// What a letter counts when scripts are weighed: a Han character or a Hangul syllable says as much as two letters.
  var weight: Int {
    switch self {
    case .none: 0
    case .han, .kana, .hangul: 2
    default: 1
    }
  }

  /// The script of a folded scalar.
  static func of(_ scalar: UInt32) -> WritingSystem {
    switch scalar {
    case 0x61...0x7A, 0xDF...0xF6, 0xF8...0x24F, 0x1E00...0x1EFF: .latin
    case 0x370...0x3FF, 0x1F00...0x1FFF: .greek
    case 0x400...0x52F: .cyrillic
    case 0x531...0x587: .armenian
    case 0x5D0...0x5F2: .hebrew
    case 0x620...0x64A, 0x66E...0x6D3, 0x6D5: .arabic
    case 0x780...0x7B1: .dhivehi
    case 0x900...0x963: .devanagari
    case 0x980...0x9FE: .bengali
    case 0xA01...0xA76: .punjabi
    case 0xA81...0xAFF: .gujarati
    case 0xB01...0xB77: .odia
    case 0xB82...0xBFA: .tamil
    case 0xC00...0xC7F: .telugu
    case 0xC80...0xCF2: .kannada
    case 0xD00...0xD7F: .malayalam
    case 0xD81...0xDF4: .sinhala
    case 0xE01...0xE3A, 0xE40...0xE4E: .thai
    case 0xE81...0xEDF: .lao
    case 0xF00...0xFDA: .tibetan
    case 0x1000...0x109F: .burmese
    case 0x10A0...0x10FF, 0x1C90...0x1CBF: .georgian
    case 0x1100...0x11FF, 0x3131...0x318E, 0xAC00...0xD7A3: .hangul
    case 0x1200...0x139F: .amharic
    case 0x1780...0x17D3: .khmer
    case 0x3005...0x3007, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x3FFFF: .han
    case 0x3041...0x30FF, 0x31F0...0x31FF, 0xFF66...0xFF9D: .kana
    default: .none
    }
  }
}
