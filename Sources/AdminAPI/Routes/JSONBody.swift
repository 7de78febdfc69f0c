import JSONText

/// The members of a small request body: texts, lists of texts, numbers, flags, and one level of options.
struct JSONBody {
  enum Value {
    case text(String)
    case texts([String])
    case number(Double)
    case flag(Bool)
    case other
  }

  private var members: [String: Value] = [:]

  /// - Throws: when it is no JSON object.
  init(_ bytes: [UInt8]) throws(AdminError) {
    do {
      try JSONText.validate(bytes)
      try bytes.withUnsafeBytes { bytes in
        var cursor = JSONCursor(bytes)
        try read(&cursor, bytes, prefix: "")
      }
    } catch let error as AdminError {
      throw error
    } catch {
      throw .invalidInput("the body is not valid JSON: \(error)")
    }
  }

  private mutating func read(_ cursor: inout JSONCursor, _ bytes: UnsafeRawBufferPointer, prefix: String) throws {
    guard try cursor.kind() == .object else {
      throw AdminError.invalidInput(prefix.isEmpty ? "the body must be a JSON object" : "options must be an object")
    }
    try cursor.enterObject()
    while let member = try cursor.nextMember() {
      let name = prefix + JSONString.text(member.key, in: bytes)
      switch try cursor.kind() {
      case .object where prefix.isEmpty && name == "options": try read(&cursor, bytes, prefix: "options.")
      case _ where prefix.isEmpty && name == "options":
        guard try cursor.skipValue().kind == .null else { throw AdminError.invalidInput("options must be an object") }
      case .array: members[name] = try Self.list(&cursor, bytes)
      default:
        let value = try cursor.skipValue()
        members[name] =
          switch value.kind {
          case .string: .text(JSONString.text(value, in: bytes))
          case .number: JSONNumber.double(value, in: bytes).map(Value.number) ?? .other
          case .true: .flag(true)
          case .false: .flag(false)
          case .null: nil
          default: .other
          }
      }
    }
  }

  private static func list(_ cursor: inout JSONCursor, _ bytes: UnsafeRawBufferPointer) throws -> Value {
    var texts: [String] = []
    var isOfTexts = true
    try cursor.enterArray()
    while let kind = try cursor.nextElement() {
      let value = try cursor.skipValue()
      if kind == .string { texts.append(JSONString.text(value, in: bytes)) } else { isOfTexts = false }
    }
    return isOfTexts ? .texts(texts) : .other
  }

  /// A text that must be there and not empty.
  func text(_ name: String) throws(AdminError) -> String {
    guard case .text(let text) = members[name], !text.isEmpty else {
      throw .invalidInput("\(name) is missing, empty or no string")
    }
    return text
  }

  /// A text that may be left out.
  func optionalText(_ name: String) throws(AdminError) -> String? {
    switch members[name] {
    case nil: return nil
    case .text(let text): return text
    default: throw .invalidInput("\(name) must be a string")
    }
  }

  /// A list of texts that must be there, with 1 to `limit` of them, none empty.
  func texts(_ name: String, limit: Int) throws(AdminError) -> [String] {
    guard case .texts(let texts) = members[name], !texts.isEmpty else {
      throw .invalidInput("\(name) is missing or empty; give a list of strings")
    }
    guard texts.count <= limit else {
      throw .invalidInput("\(name) has \(texts.count) texts; \(limit) is the most, send the rest in further requests")
    }
    if let place = texts.firstIndex(of: "") { throw .invalidInput("\(name)[\(place)] is empty") }
    return texts
  }

  /// A list of texts that may be left out.
  func optionalTexts(_ name: String) throws(AdminError) -> [String]? {
    switch members[name] {
    case nil: return nil
    case .texts(let texts): return texts
    default: throw .invalidInput("\(name) must be a list of strings")
    }
  }

  /// A number within bounds; nil when it is left out.
  func number(_ name: String, in range: ClosedRange<Double>) throws(AdminError) -> Double? {
    switch members[name] {
    case nil: return nil
    case .number(let number) where range.contains(number): return number
    default: throw .invalidInput("\(name) must be a number from \(range.lowerBound) to \(range.upperBound)")
    }
  }

  func flag(_ name: String) throws(AdminError) -> Bool? {
    switch members[name] {
    case nil: return nil
    case .flag(let flag): return flag
    default: throw .invalidInput("\(name) must be true or false")
    }
  }

  func contains(_ name: String) -> Bool { members[name] != nil }
}
