import Yams

/// Reads YAML into ``DocumentNode``s: aliases and merge keys resolved, sizes bounded.
enum YAMLReader {
  /// Largest document, in bytes.
  static let byteLimit = 4 << 20
  /// Most nodes after aliases are resolved: aliases of aliases would otherwise grow without end.
  static let nodeLimit = 200_000
  /// Deepest nesting.
  static let depthLimit = 100

  /// - Throws: ``ConfigurationProblems`` with one problem, its ``ConfigurationProblem/path`` empty.
  static func read(_ bytes: [UInt8], file: String) throws(ConfigurationProblems) -> DocumentNode {
    func problem(_ reason: String, _ suggestion: String? = nil, at location: SourceLocation) -> ConfigurationProblems {
      ConfigurationProblems([
        ConfigurationProblem(
          severity: .error, file: file, line: location.line, column: location.column, path: "", reason: reason,
          suggestion: suggestion)
      ])
    }
    let start = SourceLocation(line: 1, column: 1)
    guard bytes.count <= byteLimit else {
      throw problem(
        "the document has \(bytes.count) bytes, more than the limit of \(byteLimit)", "split it", at: start)
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw problem(
        "the document is not valid UTF-8", "save it as UTF-8", at: firstInvalidPlace(in: bytes))
    }
    let root: Node?
    do {
      root = try Yams.compose(yaml: text, .default, .default, .utf8)
    } catch let error as YamlError {
      let (reason, location) = explain(error)
      throw problem("not valid YAML: \(reason)", at: location)
    } catch {
      throw problem("not valid YAML: \(error)", at: start)
    }
    guard let root else {
      throw problem("the document is empty", "`switchyard config init` writes one to begin with", at: start)
    }
    var budget = nodeLimit
    do {
      return try convert(root, depth: 0, budget: &budget)
    } catch {
      throw problem(error.reason, at: error.location)
    }
  }

  private struct Refusal: Error {
    var reason: String
    var location: SourceLocation
  }

  private static func convert(_ node: Node, depth: Int, budget: inout Int) throws(Refusal) -> DocumentNode {
    let location =
      node.mark.map { SourceLocation(line: $0.line, column: $0.column) }
      ?? SourceLocation(line: 1, column: 1)
    budget -= 1
    guard budget >= 0 else {
      throw Refusal(reason: "the document has more than \(nodeLimit) values after aliases", location: location)
    }
    guard depth <= depthLimit else {
      throw Refusal(reason: "the document is nested more than \(depthLimit) levels deep", location: location)
    }
    switch node {
    case .scalar(let scalar):
      let isPlain = scalar.style == .plain
      if isPlain, ["", "~", "null", "Null", "NULL"].contains(scalar.string) {
        return DocumentNode(.null, at: location)
      }
      return DocumentNode(.scalar(.init(text: scalar.string, isPlain: isPlain)), at: location)
    case .sequence(let sequence):
      var elements: [DocumentNode] = []
      for element in sequence { elements.append(try convert(element, depth: depth + 1, budget: &budget)) }
      return DocumentNode(.sequence(elements), at: location)
    case .mapping(let mapping):
      var entries: [DocumentNode.Entry] = []
      var merged: [DocumentNode] = []
      for (key, value) in mapping {
        let converted = try convert(value, depth: depth + 1, budget: &budget)
        guard case .scalar(let name) = key else {
          throw Refusal(reason: "a key must be a text, not a list or a mapping", location: location)
        }
        if name.string == "<<", name.style == .plain {
          merged += converted.elements ?? [converted]
        } else {
          let place = name.mark.map { SourceLocation(line: $0.line, column: $0.column) } ?? location
          entries.append(.init(key: name.string, keyLocation: place, value: converted))
        }
      }
      for entry in merged.flatMap({ $0.entries ?? [] }) where !entries.contains(where: { $0.key == entry.key }) {
        entries.append(entry)
      }
      return DocumentNode(.mapping(entries), at: location)
    case .alias:
      throw Refusal(reason: "an alias names no anchor", location: location)
    }
  }

  private static func explain(_ error: YamlError) -> (String, SourceLocation) {
    func place(_ mark: Mark) -> SourceLocation { SourceLocation(line: max(1, mark.line), column: max(1, mark.column)) }
    switch error {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      return (context.map { "\($0.text), \(problem)" } ?? problem, place(mark))
    case .duplicatedKeysInMapping(let duplicates, let context):
      let names = duplicates.map { "\"\($0)\"" }.joined(separator: ", ")
      return ("the same mapping has the key \(names) more than once", place(context.mark))
    case .reader(let problem, let offset, _, let yaml):
      var location = SourceLocation(line: 1, column: 1)
      for character in yaml.prefix(offset ?? 0) {
        location.column += 1
        if character.isNewline { location = SourceLocation(line: location.line + 1, column: 1) }
      }
      return (problem, location)
    default:
      return ("\(error)", SourceLocation(line: 1, column: 1))
    }
  }

  private static func firstInvalidPlace(in bytes: [UInt8]) -> SourceLocation {
    var location = SourceLocation(line: 1, column: 1)
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    while case .scalarValue(let scalar) = decoder.decode(&iterator) {
      location.column += 1
      if scalar == "\n" { location = SourceLocation(line: location.line + 1, column: 1) }
    }
    return location
  }
}
