/// Puts environment variables into the texts of a document.
///
/// | written | becomes |
/// |---|---|
/// | `$NAME`, `${NAME}` | the variable; empty, with a warning, when it is not set |
/// | `${NAME:-text}` | the variable, or `text` when it is not set or empty |
/// | `${NAME-text}` | the variable, or `text` when it is not set |
/// | `$$` | a dollar sign |
///
/// A dollar sign before anything else stays as it is, so that regular expressions and prices need no care. What comes
/// out of a variable is not expanded again. Keys are left alone.
struct EnvironmentExpansion {
  let environment: [String: String]
  /// Variables that were needed, are not set and have no default, with the place of their first use.
  private(set) var unset: [(name: String, location: SourceLocation)] = []

  init(environment: [String: String]) { self.environment = environment }

  mutating func expand(_ node: DocumentNode) -> DocumentNode {
    switch node.content {
    case .null: return node
    case .scalar(let scalar):
      guard scalar.text.utf8.contains(UInt8(ascii: "$")) else { return node }
      return DocumentNode(.scalar(expand(scalar, at: node.location)), at: node.location)
    case .sequence(let elements):
      return DocumentNode(.sequence(elements.map { expand($0) }), at: node.location)
    case .mapping(let entries):
      let expanded = entries.map { entry in
        DocumentNode.Entry(key: entry.key, keyLocation: entry.keyLocation, value: expand(entry.value))
      }
      return DocumentNode(.mapping(expanded), at: node.location)
    }
  }

  private mutating func expand(_ scalar: DocumentNode.Scalar, at location: SourceLocation) -> DocumentNode.Scalar {
    var result = scalar
    var output = ""
    var rest = Substring(scalar.text)
    var references = 0
    var onlyName: String?
    while let dollar = rest.firstIndex(of: "$") {
      output += rest[..<dollar]
      let behind = rest.index(after: dollar)
      rest = rest[behind...]
      if rest.first == "$" {
        output += "$"
        rest = rest.dropFirst()
      } else if let (reference, end) = Self.reference(at: rest) {
        output += value(of: reference, at: location)
        rest = rest[end...]
        references += 1
        onlyName = reference.name
      } else {
        output += "$"
      }
    }
    output += rest
    result.text = output
    result.isFromEnvironment = references > 0
    let isNothingElse = scalar.text.hasPrefix("$") && (scalar.text.hasSuffix("}") || rest.isEmpty)
    if references == 1, isNothingElse, let name = onlyName, ["$\(name)", "${\(name)}"].contains(scalar.text) {
      result.environmentName = name
    }
    return result
  }

  private struct Reference {
    var name: String
    /// What stands in when the variable has no value.
    var fallback: String?
    var countsEmptyAsUnset = false
  }

  private mutating func value(of reference: Reference, at location: SourceLocation) -> String {
    if let value = environment[reference.name], !(value.isEmpty && reference.countsEmptyAsUnset) { return value }
    if let fallback = reference.fallback { return fallback }
    if !unset.contains(where: { $0.name == reference.name }) { unset.append((reference.name, location)) }
    return ""
  }

  /// The reference that `text`, which follows a dollar sign, begins with, and its end.
  private static func reference(at text: Substring) -> (Reference, String.Index)? {
    if text.first == "{" {
      guard let close = text.firstIndex(of: "}") else { return nil }
      let inner = text[text.index(after: text.startIndex)..<close]
      let nameEnd = self.nameEnd(of: inner)
      guard nameEnd > inner.startIndex else { return nil }
      let name = String(inner[..<nameEnd])
      let tail = inner[nameEnd...]
      let end = text.index(after: close)
      if tail.isEmpty { return (Reference(name: name), end) }
      if tail.hasPrefix(":-") {
        return (Reference(name: name, fallback: String(tail.dropFirst(2)), countsEmptyAsUnset: true), end)
      }
      if tail.hasPrefix("-") { return (Reference(name: name, fallback: String(tail.dropFirst())), end) }
      return nil
    }
    let end = nameEnd(of: text)
    guard end > text.startIndex else { return nil }
    return (Reference(name: String(text[..<end])), end)
  }

  private static func nameEnd(of text: Substring) -> String.Index {
    var index = text.startIndex
    while index < text.endIndex {
      let character = text[index]
      guard character.isASCII,
        character == "_" || character.isLetter || (character.isNumber && index > text.startIndex)
      else { break }
      index = text.index(after: index)
    }
    return index
  }
}
