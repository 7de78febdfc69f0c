/// The v0.3 schema: one table of all keys.
///
/// Checking a document, the list of keys that are known but not acted upon, and docs/configuration.md come from it.
/// A key gets its row in the file of its section; nothing else need change for it to be accepted.
public enum ConfigurationSchema {
  /// All keys in the order of the reference.
  public static let keys: [ConfigurationKey] =
    documentKeys + listenerKeys + providerKeys + reliabilityKeys + balancingKeys + routingKeys + signalKeys
    + decisionKeys + globalKeys
    + gatewayKeys

  /// By path.
  static let keyByPath = Dictionary(keys.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })

  /// The names of the keys directly under a path; under the empty path, those of the document.
  static let childNames: [String: [String]] = keys.reduce(into: [:]) { children, key in
    let name = key.lastName
    children[String(key.path.dropLast(name.count).dropLast(key.path == name ? 0 : 1)), default: []].append(name)
  }

  /// Any whole number that is not negative.
  static let nonNegative = 0...Int.max
  static let fraction = 0.0...1.0
  static let nonNegativeNumber = 0.0...Double.greatestFiniteMagnitude

  static let documentKeys: [ConfigurationKey] = [
    .init(
      "version", .text, default: "v0.3",
      "The schema's version; another is a warning, and an error with `--strict`."),
    .init("listeners", .objects(uniqueBy: "name"), "Where the gateway listens."),
    .init("providers", .object, "The models and where they run."),
    .init("routing", .object, "The default recipe: model cards, signals, decisions."),
    .init("entrypoints", .objects(uniqueBy: nil), "Virtual model names that enter a recipe."),
    .init("entrypoints[].model_names", .texts, required: true, "The names; none may be a model's or an auto name."),
    .init(
      "entrypoints[].recipe", .name, required: true,
      "The recipe they enter; `default` is the top-level `routing`."),
    .init("recipes", .objects(uniqueBy: "name"), "Routing namespaces of their own."),
    .init("recipes[].name", .name, required: true, "The recipe's name."),
    .init("recipes[].description", .text, .informative, "For people."),
    .init(
      "recipes[].routing", .same(as: "routing"), required: true,
      "As the top-level `routing`, whose model cards all recipes share."),
    .init("global", .object, "What holds for all recipes."),
    .init("setup", .anything, .informative, "Notes of set-up tools."),
  ]

  /// Whether the key of a path holds a secret, so that messages do not show its value.
  static func isSecret(_ type: ConfigurationKey.ValueType) -> Bool { type == .secret || type == .secretMap }
}
