/// A document that can be used, and what is worth knowing about it.
public struct LoadedConfiguration: Sendable {
  public let document: RouterDocument
  /// In the order of the file.
  public let warnings: [ConfigurationProblem]
  /// The file was in the flat format that preceded v0.3.
  public let wasMigrated: Bool
  /// The file as the loader was given it.
  public let file: String
  private let root: DocumentNode

  init(
    document: RouterDocument, warnings: [ConfigurationProblem], wasMigrated: Bool, file: String, root: DocumentNode
  ) {
    self.document = document
    self.warnings = warnings
    self.wasMigrated = wasMigrated
    self.file = file
    self.root = root
  }

  /// Where a node stands in the file, or its nearest ancestor that does; both count from 1.
  ///
  /// - Parameter path: such as `routing.signals.keywords[2].keywords[0]`.
  /// - Returns: nil when `path` is not a path.
  public func location(of path: String) -> (line: Int, column: Int)? {
    guard let path = DocumentPath(path) else { return nil }
    let location = root.nearest(to: path).location
    return (location.line, location.column)
  }

  /// An error found by a later stage, such as a pattern that does not compile, in the words and with the place of those
  /// that the loader finds itself.
  public func problem(at path: String, _ reason: String, suggestion: String? = nil) -> ConfigurationProblem {
    var log = ProblemLog(file: file, root: root)
    log.error(DocumentPath(path) ?? DocumentPath(), .clause(reason), suggestion: suggestion)
    return log.errors[0]
  }
}
