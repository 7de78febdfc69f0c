/// One key of the configuration document: a row of the table that checks documents and makes their reference.
public struct ConfigurationKey: Sendable {
  /// What the value must look like.
  public indirect enum ValueType: Sendable, Equatable {
    /// Any scalar, as it is written.
    case text
    /// A text that must not be empty.
    case name
    /// A text that is never shown.
    case secret
    case integer(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    case boolean
    /// One of these words; letter case counts unless `ignoringCase`.
    case choice([String], ignoringCase: Bool)
    /// `60s`, `1m30s`, or a number of seconds.
    case duration
    /// The same, but not `0`.
    case positiveDuration
    /// A number of bytes above 0: `65536`, `64M`, `1.5G`; see ``Quantity/bytes(_:)``.
    case size
    /// One of these words, or else a scalar of the type.
    case either([String], or: ValueType)
    /// `4096`, `4K`, `1.5M`.
    case tokenCount
    /// A list of texts.
    case texts
    /// A list of lists of texts.
    case textLists
    /// Texts by name.
    case textMap
    /// Texts by name that are never shown.
    case secretMap
    /// A mapping with the keys listed under this one.
    case object
    /// A list of such mappings; no two may have the same value of the key `uniqueBy`.
    case objects(uniqueBy: String?)
    /// Such mappings by name.
    case objectsByName
    /// Texts or such mappings by name.
    case textsOrObjectsByName
    /// The same as the key of that path.
    case same(as: String)
    /// Whatever YAML can say.
    case anything
  }

  /// What this build does with the key.
  public enum Support: Sendable, Equatable {
    case honoured
    /// Loaded for people and other tools; nothing depends on it.
    case informative
    /// Loaded and named in one warning for each feature, except where its text is one of `harmless`, which ask for
    /// nothing that this build does not do.
    case notYet(ConfigurationFeature, harmless: [String])
  }

  /// `routing.decisions[].modelRefs[].model`; `*` stands for any name.
  public var path: String
  public var type: ValueType
  public var isRequired: Bool
  /// What holds when the key is left out, as people write it; nil when there is nothing to say.
  public var defaultValue: String?
  public var meaning: String
  public var support: Support

  init(
    _ path: String, _ type: ValueType, required: Bool = false, default defaultValue: String? = nil,
    _ support: Support, _ meaning: String
  ) {
    self.path = path
    self.type = type
    self.isRequired = required
    self.defaultValue = defaultValue
    self.meaning = meaning
    self.support = support
  }

  init(
    _ path: String, _ type: ValueType, required: Bool = false, default defaultValue: String? = nil, _ meaning: String
  ) {
    self.init(path, type, required: required, default: defaultValue, .honoured, meaning)
  }

  /// The last part of ``path``.
  var lastName: String {
    let end = path.lastIndex(of: ".").map { path.index(after: $0) } ?? path.startIndex
    return String(path[end...])
  }
}

/// Something that documents ask for and this build does not do yet; each is warned of once.
public enum ConfigurationFeature: Sendable, Hashable {
  /// A setting, named by the object of 'the document sets …'.
  case setting(String)
  /// A family of signals, by its key under `routing.signals`.
  case signalFamily(String)
  case plugin(String)
  case algorithm(String)

  /// The warning for `count` uses.
  func warning(count: Int) -> String {
    func noun(_ singular: String, _ verb: String) -> String {
      count == 1 ? "1 \(singular) \(verb)s" : "\(count) \(singular)s \(verb)"
    }
    switch self {
    case .setting(let what):
      let subject = count == 1 ? "the document sets" : "\(count) places set"
      return "\(subject) \(what), which this version does not act on yet"
    case .signalFamily(let family):
      let subject = count == 1 ? "1 rule is declared" : "\(count) rules are declared"
      return
        "\(subject) under signals.\(family), which this version does not read yet: conditions on them count as failed"
    case .plugin(let type):
      return "\(noun("decision", "use")) the plugin \(type), which this version does not act on yet"
    case .algorithm(let type):
      return "\(noun("decision", "use")) the algorithm \(type), which this version does not act on yet: "
        + "static takes its place"
    }
  }
}
