/// Collects the problems of one document and words them.
///
/// Callers name a node by its path; the log finds its place in the file and the thing it belongs to, so that messages
/// read `decision "math": modelRefs[0].model is missing` and not `routing.decisions[3].modelRefs[0].model is missing`.
struct ProblemLog {
  /// How a message goes on from its subject.
  enum Phrase {
    /// Says something of the node: `priority must be a whole number`.
    case predicate(String)
    /// A sentence of its own about what the node belongs to: `decision "math": signal domain:maths is not declared`.
    case clause(String)
    /// A sentence about the document as a whole.
    case statement(String)
  }

  /// Most problems kept of each severity.
  static let limit = 200

  let file: String
  /// The document that paths refer to.
  var root: DocumentNode
  private(set) var errors: [ConfigurationProblem] = []
  private(set) var warnings: [ConfigurationProblem] = []
  private var dropped = 0

  init(file: String, root: DocumentNode) {
    self.file = file
    self.root = root
  }

  mutating func error(
    _ path: DocumentPath, _ phrase: Phrase, suggestion: String? = nil, at location: SourceLocation? = nil
  ) {
    add(.error, path, phrase, suggestion, location)
  }

  mutating func warning(
    _ path: DocumentPath, _ phrase: Phrase, suggestion: String? = nil, at location: SourceLocation? = nil
  ) {
    add(.warning, path, phrase, suggestion, location)
  }

  mutating func add(
    _ severity: ConfigurationProblem.Severity, _ path: DocumentPath, _ phrase: Phrase, _ suggestion: String? = nil,
    _ location: SourceLocation? = nil
  ) {
    guard (severity == .error ? errors : warnings).count < Self.limit else {
      dropped += 1
      return
    }
    let place = location ?? root.nearest(to: path).location
    let problem = ConfigurationProblem(
      severity: severity, file: file, line: place.line, column: place.column, path: path.description,
      reason: sentence(about: path, phrase), suggestion: suggestion)
    if severity == .error { errors.append(problem) } else { warnings.append(problem) }
  }

  /// Drops the errors behind the first `count` that stand at one of `places`.
  mutating func dropErrors(at places: Set<SourceLocation>, afterFirst count: Int) {
    guard !places.isEmpty else { return }
    errors = errors.enumerated().filter { index, error in
      index < count || !places.contains(SourceLocation(line: error.line, column: error.column))
    }.map(\.element)
  }

  /// The errors in the order of the file, then the warnings.
  func sorted() -> (errors: [ConfigurationProblem], warnings: [ConfigurationProblem]) {
    func inOrder(_ problems: [ConfigurationProblem]) -> [ConfigurationProblem] {
      problems.enumerated().sorted {
        ($0.element.line, $0.element.column, $0.offset) < ($1.element.line, $1.element.column, $1.offset)
      }.map(\.element)
    }
    var sorted = (errors: inOrder(errors), warnings: inOrder(warnings))
    if dropped > 0 {
      let more = ConfigurationProblem(
        severity: errors.isEmpty ? .warning : .error, file: file, line: 1, column: 1, path: "",
        reason: "\(dropped) more problems are not shown", suggestion: "correct the others first")
      if errors.isEmpty { sorted.warnings.append(more) } else { sorted.errors.append(more) }
    }
    return sorted
  }

  // MARK: Wording

  private func sentence(about path: DocumentPath, _ phrase: Phrase) -> String {
    let (owner, depth) = owner(of: path)
    let rest = path.suffix(after: depth)
    switch phrase {
    case .predicate(let predicate):
      let subject =
        switch (owner, rest.isEmpty) {
        case (let owner?, true): owner
        case (let owner?, false): "\(owner): \(rest)"
        case (nil, true): "the document"
        case (nil, false): rest
        }
      return "\(subject) \(predicate)"
    case .clause(let clause):
      if let owner { return "\(owner): \(clause)" }
      return rest.isEmpty ? clause : "\(rest): \(clause)"
    case .statement(let statement):
      return statement
    }
  }

  /// The innermost named thing around a path, worded, and the number of steps that lead to it.
  private func owner(of path: DocumentPath) -> (text: String?, depth: Int) {
    var node = root
    var owners: [String] = []
    var depth = 0
    for (position, step) in path.steps.enumerated() {
      node = node.nearest(to: DocumentPath([step]))
      guard position > 0, case .key(let list) = path.steps[position - 1] else { continue }
      let label: String?
      switch step {
      case .index:
        let name = node["name"]?.text
        if position > 1, path.steps[position - 2] == .key("signals") {
          let type = ConfigurationSchema.signalKeyByRuleType.first { $0.key == list }?.type ?? list
          label = name.map { "signal \(type):\($0)" }
        } else {
          label = Self.labels[list].flatMap { word in name.map { "\(word) \(Self.quoted($0))" } }
        }
      case .key(let name):
        label = Self.keyedLabels[list].map { word in "\(word) \(Self.quoted(name))" }
      }
      if let label {
        owners.append(label)
        depth = position + 1
      }
    }
    return (owners.isEmpty ? nil : owners.joined(separator: ": "), depth)
  }

  private static let labels = [
    "listeners": "listener", "models": "model", "modelCards": "model card", "decisions": "decision",
    "recipes": "recipe", "vllm_endpoints": "endpoint", "categories": "category",
    "rolesets": "roleset",
  ]

  /// Of mappings whose keys are names.
  private static let keyedLabels = [
    "reasoning_families": "reasoning family", "model_config": "model", "provider_profiles": "provider profile",
  ]

  /// A text as messages show it: in quotes, in one line, not too long.
  static func quoted(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    return line.count > 60 ? "\"\(line.prefix(57))…\"" : "\"\(line)\""
  }

  /// `a`, `a or b`, `a, b or c`.
  static func listed(_ words: [String], _ conjunction: String = "or") -> String {
    guard let last = words.last, words.count > 1 else { return words.first ?? "" }
    return "\(words.dropLast().joined(separator: ", ")) \(conjunction) \(last)"
  }
}
