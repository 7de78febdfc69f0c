/// Gives keys and words with several spellings the one that the rest of the loader knows.
enum DocumentNormalization {
  /// Spellings of the response cache plugin; of the others, hyphens become underscores.
  private static let responseCachePlugin: Set<String> = ["semantic-cache", "semantic_cache", "response-cache"]

  /// - Parameter log: gets an error where two spellings of the same key stand side by side.
  static func normalize(_ root: DocumentNode, log: inout ProblemLog) -> DocumentNode {
    var root = root
    if var global = root["global"], var stores = global["stores"], let cache = stores["semantic_cache"] {
      if stores["response_cache"] != nil {
        log.error(
          DocumentPath([.key("global"), .key("stores"), .key("semantic_cache")]),
          .predicate("is an older name of response_cache, which is set too"), suggestion: "keep response_cache")
      } else {
        stores["response_cache"] = cache
      }
      stores["semantic_cache"] = nil
      global["stores"] = stores
      root["global"] = global
    }
    if let routing = root["routing"] { root["routing"] = normalizePlugins(inRouting: routing) }
    if let recipes = root["recipes"], let elements = recipes.elements {
      let normalized = elements.map { recipe in
        var recipe = recipe
        if let routing = recipe["routing"] { recipe["routing"] = normalizePlugins(inRouting: routing) }
        return recipe
      }
      root["recipes"] = DocumentNode(.sequence(normalized), at: recipes.location)
    }
    return root
  }

  private static func normalizePlugins(inRouting routing: DocumentNode) -> DocumentNode {
    guard let decisions = routing["decisions"], let elements = decisions.elements else { return routing }
    var routing = routing
    let normalized = elements.map { decision in
      guard let plugins = decision["plugins"], let pluginElements = plugins.elements else { return decision }
      var decision = decision
      let renamed = pluginElements.map { plugin in
        guard let type = plugin["type"], var scalar = type.scalar else { return plugin }
        var plugin = plugin
        scalar.text =
          responseCachePlugin.contains(scalar.text)
          ? "response_cache" : String(scalar.text.map { $0 == "-" ? "_" : $0 })
        plugin["type"] = DocumentNode(.scalar(scalar), at: type.location)
        return plugin
      }
      decision["plugins"] = DocumentNode(.sequence(renamed), at: plugins.location)
      return decision
    }
    routing["decisions"] = DocumentNode(.sequence(normalized), at: decisions.location)
    return routing
  }
}
