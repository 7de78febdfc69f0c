import JSONText
import Users

/// The body of a request to the users API: `{"name","rpm","tpm"}`, of which reading and deleting need the name only.
struct UserRequest: Sendable, Equatable {
  /// Most bytes of a body, as upstream has it.
  static let bodyLimit = 1 << 20

  var name = ""
  var rpm = 0
  var tpm = 0

  /// - Throws: a 400 that names the member at fault, or a 413. Members of other names are refused.
  init(_ body: [UInt8]) throws(AdminError) {
    guard body.count <= Self.bodyLimit else { throw .tooLarge(limit: Self.bodyLimit) }
    do {
      try JSONText.validate(body)
      try body.withUnsafeBytes { try read($0) }
    } catch let error as AdminError {
      throw error
    } catch {
      throw .invalidInput("the body is not valid JSON: \(error)")
    }
  }

  /// - Throws: a 400 where the record cannot be taken.
  func user() throws(AdminError) -> User {
    do throws(InvalidUser) {
      return try User(name: name, rpm: rpm, tpm: tpm)
    } catch {
      throw .invalidInput(error.description)
    }
  }

  private mutating func read(_ body: UnsafeRawBufferPointer) throws {
    var cursor = JSONCursor(body)
    guard try cursor.kind() == .object else {
      throw AdminError.invalidInput("the body must be a JSON object with name, rpm and tpm")
    }
    try cursor.enterObject()
    while let member = try cursor.nextMember() {
      let value = try cursor.skipValue()
      switch JSONString.text(member.key, in: body) {
      case "name":
        guard value.kind == .string else { throw AdminError.invalidInput("name must be a string") }
        name = JSONString.text(value, in: body)
      case "rpm": rpm = try Self.number(value, "rpm", body)
      case "tpm": tpm = try Self.number(value, "tpm", body)
      case let other:
        throw AdminError.invalidInput(
          "there is no member \"\(String(other.prefix(64)))\"; a user has name, rpm and tpm")
      }
    }
  }

  private static func number(_ value: JSONExtent, _ name: String, _ body: UnsafeRawBufferPointer) throws -> Int {
    guard value.kind == .number, let number = JSONNumber.integer(value, in: body) else {
      throw AdminError.invalidInput("\(name) must be a whole number")
    }
    return number
  }
}
