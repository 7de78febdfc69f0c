import Yams

extension EngineSimulatorOptions {
  /// One option as a source gave it.
  private struct Setting {
    let definition: OptionDefinition
    let place: String
    var values: [String]
  }

  /// Whether the arguments ask for the help text.
  public static func asksForHelp(_ arguments: [String]) -> Bool {
    arguments.contains("--help") || arguments.contains("-h")
  }

  /// Reads flags (`--name value`, `--name=value`, lists until the next `--`), the environment and the file of `--config`,
  /// and checks everything together. A flag wins over the environment, the environment over the file, the file over
  /// the default.
  ///
  /// - Parameter arguments: Without the command's own name.
  /// - Parameter readFile: Gives the text of the configuration file.
  /// - Throws: What is wrong first; an unknown flag names the nearest known one.
  public init(
    arguments: [String], environment: [String: String], readFile: (String) throws -> String
  ) throws(OptionError) {
    let flags = try EngineSimulatorOptions.settings(arguments: arguments)
    var fromFile: [Setting] = []
    if let setting = flags.last(where: { $0.definition.name == "config" }) {
      let path = setting.values.first ?? ""
      let text: String
      do {
        text = try readFile(path)
      } catch {
        throw OptionError("--config \(path): the file cannot be read: \(ConfigurationFileFailure.reason(error))")
      }
      fromFile = try EngineSimulatorOptions.settings(yaml: text, path: path)
    }
    self.init(model: "")

    // The generation decides how the environment is read, so it comes first.
    if let setting = (fromFile + flags).last(where: { $0.definition.name == "compat" }) {
      try apply(setting)
    }
    for setting in fromFile { try apply(setting) }
    if compatibility == .latest, let name = environment["SIM_MODEL"], !name.isEmpty { model = name }
    if compatibility == .latest, let seed = environment["PYTHONHASHSEED"], !seed.isEmpty { hashSeed = seed }
    for setting in flags { try apply(setting) }
    if hashSeed.isEmpty { hashSeed = environment["PYTHONHASHSEED"] ?? "" }
    podName = environment["POD_NAME"] ?? ""
    podNamespace = environment["POD_NAMESPACE"] ?? ""
    podIP = environment["POD_IP"] ?? ""
    developmentMode = environment["VLLM_SERVER_DEV_MODE"] == "1"

    for setting in fromFile + flags { try checkAvailability(setting) }
    self = try validated()
  }

  private mutating func apply(_ setting: Setting) throws(OptionError) {
    try setting.definition.apply(
      &self, OptionInput(place: setting.place, values: setting.values, compatibility: compatibility))
  }

  private mutating func checkAvailability(_ setting: Setting) throws(OptionError) {
    let definition = setting.definition
    let isOff =
      definition.arity == .flag && ["false", "False", "FALSE", "f", "F", "0", "no"].contains(setting.values.first)
    let isEmpty = setting.values == [""]
    if let absence = definition.absence, !isOff, !isEmpty {
      switch absence {
      case .refuse(let reason): throw OptionError("\(setting.place): \(reason)")
      case .warn(let reason): warnings.append("\(setting.place): \(reason)")
      }
    }
    switch (definition.availability, compatibility) {
    case (.latest, .v050):
      warnings.append("\(setting.place): v0.5.0 does not know this option; it is used all the same")
    case (.v050, .latest): warnings.append("\(setting.place): only v0.5.0 knows this option")
    default: break
    }
  }

  private static func settings(arguments: [String]) throws(OptionError) -> [Setting] {
    var settings: [Setting] = []
    var index = 0
    while index < arguments.count {
      let argument = arguments[index]
      index += 1
      guard argument.hasPrefix("-"), argument != "-", argument != "--" else {
        throw OptionError("\"\(argument)\" is not an option; options are written --name value or --name=value")
      }
      let body = argument.drop { $0 == "-" }
      let name = String(body.prefix { $0 != "=" })
      let inline = body.firstIndex(of: "=").map { String(body[body.index(after: $0)...]) }
      guard argument.hasPrefix("--") || name == "v", let definition = OptionDefinition.named(name) else {
        throw unknown(argument.hasPrefix("--") ? "--\(name)" : "-\(name)", name)
      }
      let place = "--\(name)"
      switch definition.arity {
      case .flag:
        var value = inline ?? "true"
        if inline == nil, index < arguments.count, ["true", "false"].contains(arguments[index]) {
          value = arguments[index]
          index += 1
        }
        settings.append(Setting(definition: definition, place: place, values: [value]))
      case .one:
        if let inline {
          settings.append(Setting(definition: definition, place: place, values: [inline]))
        } else if index < arguments.count, !arguments[index].hasPrefix("--") {
          settings.append(Setting(definition: definition, place: place, values: [arguments[index]]))
          index += 1
        } else {
          throw OptionError("\(place) needs a value")
        }
      case .list:
        var values = inline.map { [$0] } ?? []
        while index < arguments.count, !arguments[index].hasPrefix("--") {
          values.append(arguments[index])
          index += 1
        }
        if let earlier = settings.firstIndex(where: { $0.definition.name == name }) {
          settings[earlier].values += values
        } else {
          settings.append(Setting(definition: definition, place: place, values: values))
        }
      }
    }
    return settings
  }

  private static func unknown(_ shown: String, _ name: String) -> OptionError {
    let hint = EditDistance.nearest(to: name, among: OptionDefinition.all.map(\.name)).map { "; did you mean --\($0)?" }
    return OptionError("\(shown) is not a known option" + (hint ?? "; --help lists them"))
  }

  private static func settings(yaml: String, path: String) throws(OptionError) -> [Setting] {
    let root: Node?
    do {
      root = try Yams.compose(yaml: yaml)
    } catch {
      throw OptionError(ConfigurationFileFailure.invalidYAML(error, path: path))
    }
    guard let root else { return [] }
    guard case .mapping(let mapping) = root else {
      throw OptionError("\(path): the file must be a mapping of flags' names")
    }
    var settings: [Setting] = []
    for (key, value) in mapping {
      let name = key.scalar?.string ?? ""
      let place = "\(path):\(key.mark.map { "\($0.line):\($0.column)" } ?? "0:0"): \(name)"
      guard name != "config", let definition = OptionDefinition.named(name) else {
        let hint = EditDistance.nearest(to: name, among: OptionDefinition.all.map(\.name)).map {
          "; did you mean \($0)?"
        }
        throw OptionError("\(place) is not a known option" + (hint ?? ""))
      }
      var values: [String]
      if let sequence = value.sequence {
        values = []
        for element in sequence { values.append(element.scalar?.string ?? JSONValue(yaml: element).jsonText) }
        // A list given to an option of one value is that option's JSON.
        if definition.arity != .list { values = [JSONValue(yaml: value).jsonText] }
      } else if let scalar = value.scalar {
        values = [scalar.string]
      } else {
        values = [JSONValue(yaml: value).jsonText]
      }
      settings.append(Setting(definition: definition, place: place, values: values))
    }
    return settings
  }
}

extension JSONValue {
  /// The same value as a YAML node, with YAML's reading of plain scalars.
  init(yaml node: Node) {
    switch node {
    case .mapping(let mapping):
      self = .object(mapping.map { JSONMember(name: $0.key.scalar?.string ?? "", value: JSONValue(yaml: $0.value)) })
    case .sequence(let sequence):
      self = .array(sequence.map { JSONValue(yaml: $0) })
    case .scalar(let scalar):
      if scalar.style == .plain || scalar.style == .any {
        if let integer = Int(scalar.string) {
          self = .integer(integer)
        } else if let number = Double(scalar.string) {
          self = .number(number)
        } else if scalar.string == "true" || scalar.string == "false" {
          self = .bool(scalar.string == "true")
        } else if ["", "~", "null"].contains(scalar.string) {
          self = .null
        } else {
          self = .string(scalar.string)
        }
      } else {
        self = .string(scalar.string)
      }
    case .alias:
      self = .null
    }
  }
}
