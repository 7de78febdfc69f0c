/// The semantic router's v0.3 document, decoded, migrated, checked and with its defaults filled in.
///
/// A plain value: everything the rest of the house knows of a configuration file. Keys that are loaded but not yet
/// acted upon are not modelled here; ``ConfigurationLoader`` names each of them once in a warning.
public struct RouterDocument: Sendable, Equatable {
  /// The `version` key as written; `v0.3` for documents that were migrated on load.
  public var version: String
  /// SHA-256 of the file's raw bytes, in hex; identifies the loaded generation.
  public var documentHash: String
  public var listeners: [Listener]
  public var providers: Providers
  /// The default recipe: the top-level `routing` block.
  public var routing: RoutingProfile
  public var entrypoints: [Entrypoint]
  /// Named recipes; their model cards are the top-level ones.
  public var recipes: [Recipe]
  public var global: GlobalSettings

  public init(
    version: String = "v0.3", documentHash: String = "", listeners: [Listener] = [],
    providers: Providers = Providers(), routing: RoutingProfile = RoutingProfile(),
    entrypoints: [Entrypoint] = [], recipes: [Recipe] = [], global: GlobalSettings = GlobalSettings()
  ) {
    self.version = version
    self.documentHash = documentHash
    self.listeners = listeners
    self.providers = providers
    self.routing = routing
    self.entrypoints = entrypoints
    self.recipes = recipes
    self.global = global
  }
}

/// Virtual model names that enter a recipe.
public struct Entrypoint: Sendable, Equatable {
  public var modelNames: [String]
  public var recipe: String

  public init(modelNames: [String], recipe: String) {
    self.modelNames = modelNames
    self.recipe = recipe
  }
}

/// A routing namespace of its own.
public struct Recipe: Sendable, Equatable {
  public var name: String
  public var description: String
  public var routing: RoutingProfile

  public init(name: String, description: String = "", routing: RoutingProfile) {
    self.name = name
    self.description = description
    self.routing = routing
  }
}
