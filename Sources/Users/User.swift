/// Somebody whose requests are counted: a record of the users API, in the words of AIBrix's metadata service
/// (`{"name","rpm","tpm"}`).
public struct User: Sendable, Equatable {
  /// Most bytes of a name.
  public static let nameLimit = 256
  /// The greatest limit that a record may set, of requests and of tokens.
  public static let greatestLimit = 1_000_000_000_000

  /// As clients write it in the field `user`. Not empty, at most ``nameLimit`` bytes, and such as a field's value can be.
  public var name: String
  /// Requests a minute, as the record says; 0 leaves it to the default. 0 to ``greatestLimit``.
  public var rpm: Int
  /// Tokens a minute, as the record says; 0 leaves it to the default. 0 to ``greatestLimit``.
  public var tpm: Int

  /// - Throws: what is wrong with the record, as a sentence.
  public init(name: String, rpm: Int = 0, tpm: Int = 0) throws(InvalidUser) {
    guard !name.isEmpty, name.utf8.count <= Self.nameLimit else {
      throw InvalidUser(description: "name must have 1 to \(Self.nameLimit) bytes")
    }
    guard name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
      throw InvalidUser(description: "name must have no control characters, since clients send it in a header")
    }
    guard name.utf8.first != 0x20, name.utf8.last != 0x20 else {
      throw InvalidUser(description: "name must not begin or end with a space, which a header's value cannot")
    }
    for (key, value) in [("rpm", rpm), ("tpm", tpm)] where !(0...Self.greatestLimit).contains(value) {
      throw InvalidUser(description: "\(key) must be from 0 to \(Self.greatestLimit), not \(value)")
    }
    self.name = name
    self.rpm = rpm
    self.tpm = tpm
  }

  /// Requests a minute that hold: 100 where the record says 0.
  public var requestLimit: Int { rpm == 0 ? 100 : rpm }

  /// Tokens a minute that hold: a thousand for each request where the record says 0.
  ///
  ///     rpm   tpm    requestLimit   tokenLimit
  ///     0     0      100            100 000
  ///     5     0      5              5 000
  ///     5     70     5              70
  public var tokenLimit: Int {
    guard tpm == 0 else { return tpm }
    let (product, overflows) = requestLimit.multipliedReportingOverflow(by: 1000)
    return overflows ? .max : product
  }
}

/// Why a record cannot be taken.
public struct InvalidUser: Error, Sendable, Equatable, CustomStringConvertible {
  public let description: String
}
