/// Reads a label selector in Kubernetes' grammar, token by token. Cost: linear in the text.
///
///     selector    = [ requirement *( "," requirement ) ]
///     requirement = key | "!" key | key ("=" | "==" | "!=" | ">" | "<") [ value ] | key ("in" | "notin") "(" values ")"
///     values      = [ value ] *( "," [ value ] )      at least one, which may be the empty one beside a comma
struct LabelSelectorParser {
  private enum Token: Equatable {
    case end
    case word(String)
    case comma, open, close
    case not, equals, differs, above, below

    /// As messages show it.
    var shown: String {
      switch self {
      case .end: "the end"
      case .word(let word): "\"\(LabelSelectorParser.shown(word))\""
      case .comma: "\",\""
      case .open: "\"(\""
      case .close: "\")\""
      case .not: "\"!\""
      case .equals: "\"=\""
      case .differs: "\"!=\""
      case .above: "\">\""
      case .below: "\"<\""
      }
    }
  }

  private let bytes: [UInt8]
  /// Of the next token's first byte, once white space is passed over.
  private var position = 0
  /// The token that was read last, and where it begins.
  private var token = Token.end
  private var start = 0
  private var valueCount = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func requirements() throws(LabelSelectorError) -> [LabelSelector.Requirement] {
    guard bytes.count <= LabelSelector.byteLimit else {
      throw LabelSelectorError(
        offset: LabelSelector.byteLimit, reason: "the selector is longer than \(LabelSelector.byteLimit) bytes")
    }
    var requirements: [LabelSelector.Requirement] = []
    advance()
    if token == .end { return [] }
    while true {
      guard requirements.count < LabelSelector.requirementLimit else {
        throw failure("there are more than \(LabelSelector.requirementLimit) requirements")
      }
      requirements.append(try requirement())
      if token == .end { return requirements }
      guard token == .comma else { throw expected("a comma or the end") }
      advance()
    }
  }

  private mutating func requirement() throws(LabelSelectorError) -> LabelSelector.Requirement {
    if token == .not {
      advance()
      return LabelSelector.Requirement(key: try key(), operation: .isAbsent)
    }
    let key = try key()
    switch token {
    case .end, .comma: return LabelSelector.Requirement(key: key, operation: .exists)
    case .equals: return LabelSelector.Requirement(key: key, operation: .isOneOf, values: [try value()])
    case .differs: return LabelSelector.Requirement(key: key, operation: .isNoneOf, values: [try value()])
    case .above: return LabelSelector.Requirement(key: key, operation: .isAbove, bound: try number())
    case .below: return LabelSelector.Requirement(key: key, operation: .isBelow, bound: try number())
    case .word("in"): return LabelSelector.Requirement(key: key, operation: .isOneOf, values: try values())
    case .word("notin"): return LabelSelector.Requirement(key: key, operation: .isNoneOf, values: try values())
    default: throw expected("one of =, ==, !=, in, notin, > and < behind the key \"\(Self.shown(key))\"")
    }
  }

  // MARK: Parts

  private mutating func key() throws(LabelSelectorError) -> String {
    guard case .word(let key) = token else { throw expected("a key") }
    let parts = key.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard parts.count <= 2, let name = parts.last, (1...63).contains(name.count), Self.isLabelText(name),
      parts.count == 1 || Self.isDomain(parts[0])
    else {
      throw failure(
        "\"\(Self.shown(key))\" is no key of a label; one is such as tier or example.com/tier, the name of at most 63 letters, "
          + "digits, \"-\", \"_\" and \".\" that begins and ends with a letter or digit")
    }
    advance()
    return key
  }

  /// Behind an operator: nothing is the empty value.
  private mutating func value() throws(LabelSelectorError) -> String {
    advance()
    if token == .end || token == .comma { return try checked("") }
    guard case .word(let word) = token else { throw expected("a value") }
    let value = try checked(word)
    advance()
    return value
  }

  private mutating func number() throws(LabelSelectorError) -> Int {
    advance()
    guard case .word(let word) = token, let number = Int(try checked(word)) else { throw expected("a whole number") }
    advance()
    return number
  }

  /// Sorted, each once.
  private mutating func values() throws(LabelSelectorError) -> [String] {
    advance()
    guard token == .open else { throw expected("\"(\"") }
    advance()
    guard token != .close else { throw failure("the list of values is empty; write one between the brackets") }
    var values: Set<String> = []
    while true {
      if case .word(let word) = token {
        values.insert(try checked(word))
        advance()
        guard token == .comma || token == .close else { throw expected("a comma or \")\"") }
      } else if token == .comma || token == .close {
        values.insert(try checked(""))
      } else {
        throw expected("a value, a comma or \")\"")
      }
      if token == .close { break }
      advance()
    }
    advance()
    return values.sorted()
  }

  private mutating func checked(_ value: String) throws(LabelSelectorError) -> String {
    valueCount += 1
    guard valueCount <= LabelSelector.valueLimit else {
      throw failure("there are more than \(LabelSelector.valueLimit) values")
    }
    guard value.isEmpty || value.utf8.count <= 63 && Self.isLabelText(value.utf8) else {
      throw failure(
        "\"\(Self.shown(value))\" is no value of a label; one has at most 63 letters, digits, \"-\", \"_\" and \".\", and begins "
          + "and ends with a letter or digit")
    }
    return value
  }

  // MARK: Tokens

  private mutating func advance() {
    while position < bytes.count, Self.isSpace(bytes[position]) { position += 1 }
    start = position
    guard position < bytes.count else {
      token = .end
      return
    }
    let isFollowedByEquals = position + 1 < bytes.count && bytes[position + 1] == UInt8(ascii: "=")
    position += 1
    switch bytes[start] {
    case UInt8(ascii: ","): token = .comma
    case UInt8(ascii: "("): token = .open
    case UInt8(ascii: ")"): token = .close
    case UInt8(ascii: ">"): token = .above
    case UInt8(ascii: "<"): token = .below
    case UInt8(ascii: "="):
      token = .equals
      if isFollowedByEquals { position += 1 }
    case UInt8(ascii: "!"):
      token = isFollowedByEquals ? .differs : .not
      if isFollowedByEquals { position += 1 }
    default:
      while position < bytes.count, !Self.isSpace(bytes[position]), !Self.isSpecial(bytes[position]) { position += 1 }
      token = .word(String(decoding: bytes[start..<position], as: UTF8.self))
    }
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

  private static func isSpecial(_ byte: UInt8) -> Bool { "=!(),><".utf8.contains(byte) }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }

  /// Not empty.
  private static func isLabelText(_ text: some BidirectionalCollection<UInt8>) -> Bool {
    guard let first = text.first, let last = text.last, isAlphanumeric(first), isAlphanumeric(last) else {
      return false
    }
    return text.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
  }

  /// A DNS subdomain in lower case (RFC 1123).
  private static func isDomain(_ text: some BidirectionalCollection<UInt8>) -> Bool {
    (1...253).contains(text.count)
      && text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
        guard let first = label.first, let last = label.last, isAlphanumeric(first), isAlphanumeric(last) else {
          return false
        }
        return label.allSatisfy { (isAlphanumeric($0) || $0 == UInt8(ascii: "-")) && !(0x41...0x5A).contains($0) }
      }
  }

  // MARK: Messages

  private func failure(_ reason: String) -> LabelSelectorError { LabelSelectorError(offset: start, reason: reason) }

  private func expected(_ what: String) -> LabelSelectorError { failure("found \(token.shown) in place of \(what)") }

  /// A client's text: not too long, in one line.
  fileprivate static func shown(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.prefix(40).filter { $0.value >= 0x20 && $0.value != 0x7F }))
  }
}
