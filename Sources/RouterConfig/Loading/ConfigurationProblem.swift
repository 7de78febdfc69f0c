/// Something wrong with a configuration file, or worth knowing about it.
public struct ConfigurationProblem: Sendable, Equatable, CustomStringConvertible {
  public enum Severity: String, Sendable {
    /// The document cannot be used.
    case error
    /// The document is used; something in it does not do what its author may expect.
    case warning
  }

  public var severity: Severity
  /// The file as the loader was given it.
  public var file: String
  /// Counted from 1.
  public var line: Int
  /// Counted from 1, in Unicode scalars.
  public var column: Int
  /// The node, such as `routing.decisions[3].rules.conditions[0].name`; empty for the document itself.
  public var path: String
  /// A sentence that names the thing and what is wrong with it. Never holds a secret.
  public var reason: String
  /// The way out, such as `did you mean domain:math?`.
  public var suggestion: String?

  public init(
    severity: Severity, file: String, line: Int, column: Int, path: String, reason: String, suggestion: String? = nil
  ) {
    self.severity = severity
    self.file = file
    self.line = line
    self.column = column
    self.path = path
    self.reason = reason
    self.suggestion = suggestion
  }

  /// `config.yaml:41:9: decision "math": signal domain:maths is not declared; did you mean domain:math?`
  public var description: String {
    let kind = severity == .warning ? "warning: " : ""
    return "\(file):\(line):\(column): \(kind)\(reason)\(suggestion.map { "; \($0)" } ?? "")"
  }
}

/// Why a document was not loaded: every error found, in the order of the file, then the warnings.
public struct ConfigurationProblems: Error, Sendable, Equatable, CustomStringConvertible {
  public var problems: [ConfigurationProblem]

  public init(_ problems: [ConfigurationProblem]) { self.problems = problems }

  /// One problem a line.
  public var description: String { problems.map(\.description).joined(separator: "\n") }
}
