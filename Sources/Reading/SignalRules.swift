import ChatProtocols
import RouterConfig
import Signals

/// The compiled rules of one signal family. Each family is one file in `Signals/`, and ``SignalTable`` lists them all.
protocol SignalRules: Sendable {
  static var family: SignalFamily { get }
  static var documentation: SignalDocumentation { get }

  /// Compiles the family's rules.
  ///
  /// - Throws: every rule that cannot be compiled, each with its place in the document.
  static func compile(
    _ declarations: SignalDeclarations, in environment: SignalEnvironment
  ) throws(SignalCompilationErrors) -> Self

  /// Whether its readings are worth more with the encoder's reading of the evaluation text.
  var wantsEncoding: Bool { get }
  /// Whether it reads ``PromptFacts/history``.
  var readsHistory: Bool { get }

  /// One reading a declared rule, in the order of the document. Pure: same facts, same readings.
  func read(_ facts: PromptFacts, _ encoding: PromptEncoding) -> FamilyReading
}

extension SignalRules {
  var wantsEncoding: Bool { false }
  var readsHistory: Bool { false }
}

/// A family that guards: it reads all of a request's texts, and says something even when it could not.
protocol GuardSignalRules: SignalRules {
  /// What all its rules say when nothing could be read.
  func unread(_ reason: String) -> FamilyReading
}

/// A family that reads without an encoder.
protocol PlainSignalRules: SignalRules {
  func read(_ facts: PromptFacts) -> FamilyReading
}

extension PlainSignalRules {
  func read(_ facts: PromptFacts, _ encoding: PromptEncoding) -> FamilyReading { read(facts) }
}

/// What rules are compiled with, beside the declarations.
struct SignalEnvironment: Sendable {
  var models: ReadingModels
  var settings: GlobalSettings
  /// The place of the `signals` block in the document, such as `routing.signals`.
  var pathPrefix: String

  /// The place of a family's rule, such as `routing.signals.keywords[2]`.
  func path(_ family: SignalFamily, _ index: Int) -> String { "\(pathPrefix).\(family.documentKey)[\(index)]" }
}

/// A rule that cannot be compiled, such as a regular expression with a syntax error.
public struct SignalCompilationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The place in the document, such as `routing.signals.keywords[2].keywords[0]`.
  public var path: String
  public var reason: String

  public init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }

  public var description: String { "\(path): \(reason)" }
}

/// All rules of a document that cannot be compiled, in its order within each family.
public struct SignalCompilationErrors: Error, Sendable, Equatable, CustomStringConvertible {
  public var problems: [SignalCompilationError]

  public init(_ problems: [SignalCompilationError]) { self.problems = problems }

  /// One problem a line.
  public var description: String { problems.map(\.description).joined(separator: "\n") }
}
