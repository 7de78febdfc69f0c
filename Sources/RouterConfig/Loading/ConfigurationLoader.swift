import Digests

/// Reads a configuration file: YAML, or JSON, which is YAML too.
///
/// The steps, in order: hash of the bytes; YAML; the `config` block of a Helm values file; environment variables;
/// check and migration of the flat format; older spellings; the table of keys; decoding with defaults; references
/// between parts; models that no request can reach. All problems are found in one go. The work is a few milliseconds for a
/// usual file and may run on any thread.
public struct ConfigurationLoader: Sendable {
  private let environment: [String: String]
  private let isStrict: Bool
  private let files: FileInspection

  /// - Parameters:
  ///   - environment: variables for references such as `${NAME}` and for `api_key_env`.
  ///   - strict: makes keys and versions outside the schema errors in place of warnings.
  ///   - files: looks at the files that a document names, such as certificates; one that cannot be read is an error.
  ///     Give ``FileInspection/none`` for documents that are to run on another machine.
  public init(environment: [String: String], strict: Bool = false, files: FileInspection = .system) {
    self.environment = environment
    isStrict = strict
    self.files = files
  }

  /// - Parameters:
  ///   - bytes: the whole file, at most 4 MiB.
  ///   - file: its name for messages; relative paths in the document begin at the folder in it, if it has one.
  /// - Throws: every error and warning at once.
  public func load(_ bytes: [UInt8], file: String) throws(ConfigurationProblems) -> LoadedConfiguration {
    let root = try YAMLReader.read(bytes, file: file)
    return try load(root, hash: SHA256.hexDigest(of: bytes), file: file)
  }

  /// Loads a tree; the part of ``load(_:file:)`` behind YAML.
  func load(_ tree: DocumentNode, hash: String, file: String) throws(ConfigurationProblems) -> LoadedConfiguration {
    var root = Self.documentPart(of: tree)
    var expansion = EnvironmentExpansion(environment: environment)
    root = expansion.expand(root)
    var log = ProblemLog(file: file, root: root)
    let unknownKeys: ConfigurationProblem.Severity = isStrict ? .error : .warning
    // Errors of the flat format, and where later errors would only follow from them.
    var spoilt: (places: Set<SourceLocation>, errors: Int) = ([], 0)
    let wasMigrated = ConfigurationMigration.isLegacy(root)
    if wasMigrated {
      var check = FlatDocumentCheck(log: log, unknownKeys: unknownKeys)
      check.check()
      log = check.log
      spoilt = (check.spoilt, log.errors.count)
      var migration = ConfigurationMigration(root)
      root = migration.migrated()
      log.root = root
      log.warning(
        DocumentPath(), .statement("the document is in the format before v0.3 and was migrated in memory"),
        suggestion: "`switchyard config migrate` writes the new form")
    }
    root = DocumentNormalization.normalize(root, log: &log)
    log.root = root
    for (name, location) in expansion.unset {
      log.warning(
        DocumentPath(), .statement("the environment variable \(name) is not set and stands for nothing here"),
        suggestion: "set it, or write ${\(name):-default}; a dollar sign itself is written $$", at: location)
    }

    var schema = SchemaCheck(log: log, unknownKeys: unknownKeys)
    schema.checkDocument()
    log = schema.log
    schema.features.report(to: &log)
    var decoder = DocumentDecoder(log: log, environment: environment, files: files)
    let document = decoder.document(hash: hash)
    var references = ReferenceCheck(log: decoder.log, document: document)
    references.check()
    var traffic = TrafficCheck(log: references.log, document: references.document)
    traffic.check()
    log = traffic.log
    log.dropErrors(at: spoilt.places, afterFirst: spoilt.errors)

    let (errors, warnings) = log.sorted()
    guard errors.isEmpty else { throw ConfigurationProblems(errors + warnings) }
    return LoadedConfiguration(
      document: references.document, warnings: warnings, wasMigrated: wasMigrated, file: file, root: root)
  }

  /// The document itself: the `config` block where the file is a Helm values file.
  static func documentPart(of tree: DocumentNode) -> DocumentNode {
    guard let config = tree["config"], config.entries != nil, tree["routing"] == nil else { return tree }
    let isDocument =
      config["routing"] != nil || config["global"] != nil || config["providers"] != nil
      || ConfigurationMigration.isLegacy(config)
    return isDocument ? config : tree
  }
}
