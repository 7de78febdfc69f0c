/// Letters, numbers and white space, as the words of byte-level tokenizers tell them apart.
struct ScalarCategories: Sendable {
  enum Category: UInt8, Sendable {
    case other
    case letter
    case number
    case space
  }

  /// The table, made on first use (some milliseconds).
  static let shared = ScalarCategories()

  private static let limit: UInt32 = 0x20000
  private let categories: [UInt8]

  private init() {
    categories = (0..<Self.limit).map { Self.computed($0).rawValue }
  }

  func category(of scalar: UInt32) -> Category {
    scalar < Self.limit ? Category(rawValue: categories[Int(scalar)]) ?? .other : Self.computed(scalar)
  }

  private static func computed(_ value: UInt32) -> Category {
    guard let scalar = Unicode.Scalar(value) else { return .other }
    if scalar.properties.isWhitespace { return .space }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return .letter
    case .decimalNumber, .letterNumber, .otherNumber: return .number
    default: return .other
    }
  }
}
