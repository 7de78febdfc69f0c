/// Makes the typed document from a tree that ``SchemaCheck`` has looked at, fills in the defaults, and checks what the
/// table of keys cannot say. Values of the wrong type have been reported by then and are read as if left out.
struct DocumentDecoder {
  var log: ProblemLog
  let environment: [String: String]
  /// Looks at the files that the document names.
  let files: FileInspection

  mutating func document(hash: String) -> RouterDocument {
    let root = log.root
    let global = globalSettings(root["global"])
    var routing = routingProfile(root["routing"], at: DocumentPath([.key("routing")]))
    routing.modelCards = modelCards(root["routing"]?["modelCards"])
    return RouterDocument(
      version: root["version"]?.text ?? "v0.3", documentHash: hash, listeners: listeners(root["listeners"]),
      providers: providers(root["providers"]), routing: routing, entrypoints: entrypoints(root["entrypoints"]),
      recipes: recipes(root["recipes"], cards: routing.modelCards), global: global)
  }

  /// The elements of a list that are mappings, with their paths.
  func each(_ node: DocumentNode?, at path: DocumentPath) -> [(node: DocumentNode, path: DocumentPath)] {
    (node?.elements ?? []).enumerated().compactMap { index, element in
      element.entries == nil ? nil : (element, path + .index(index))
    }
  }

  // MARK: Small sections

  /// An address to bind, without the brackets that IPv6 may stand in; nil when the node is absent.
  mutating func host(_ node: DocumentNode?, at path: DocumentPath) -> String? {
    guard let text = node?.text, !text.isEmpty else { return nil }
    if text.hasPrefix("["), text.hasSuffix("]"), HostText.isIPv6(text.dropFirst().dropLast()) {
      return String(text.dropFirst().dropLast())
    }
    if !HostText.isHost(text) {
      let shown = node?.scalar?.isFromEnvironment == true ? "" : ", not \(ProblemLog.quoted(text))"
      log.error(
        path, .predicate("must be an IP address or a host name\(shown)"),
        suggestion: "write an address such as 0.0.0.0 or ::1; the port has a key of its own")
    }
    return text
  }

  private func entrypoints(_ node: DocumentNode?) -> [Entrypoint] {
    each(node, at: DocumentPath([.key("entrypoints")])).map { element in
      Entrypoint(
        modelNames: element.node["model_names"]?.texts ?? [], recipe: element.node["recipe"]?.text ?? "default")
    }
  }

  private mutating func recipes(_ node: DocumentNode?, cards: [ModelCard]) -> [Recipe] {
    var recipes: [Recipe] = []
    for (element, path) in each(node, at: DocumentPath([.key("recipes")])) {
      let routingPath = path + .key("routing")
      if element["name"]?.text == "default" {
        log.error(
          path + .key("name"), .clause("the name is that of the top-level routing"),
          suggestion: "give the recipe another name")
      }
      if element["routing"]?["modelCards"] != nil {
        log.error(
          routingPath + .key("modelCards"), .clause("model cards belong to the top-level routing"),
          suggestion: "move them there; all recipes share them")
      }
      var routing = routingProfile(element["routing"], at: routingPath)
      routing.modelCards = cards
      recipes.append(
        Recipe(
          name: element["name"]?.text ?? "", description: element["description"]?.text ?? "", routing: routing))
    }
    return recipes
  }

  private mutating func globalSettings(_ node: DocumentNode?) -> GlobalSettings {
    let router = node?["router"]
    let domain = node?["model_catalog"]?["modules"]?["classifier"]?["domain"]
    let management = node?["services"]?["management_api"]
    var settings = GlobalSettings()
    if let names = router?["auto_model_names"]?.texts {
      settings.autoModelNames = names
    } else if let name = router?["auto_model_name"]?.text {
      settings.autoModelNames = ["vllm-sr/auto", "auto"] + (["vllm-sr/auto", "auto"].contains(name) ? [] : [name])
    }
    if let strategy = router?["strategy"]?.text.flatMap(RoutingStrategy.init) { settings.strategy = strategy }
    if let skip = router?["skip_processing"]?["enabled"]?.boolean { settings.skipProcessing = skip }
    if let threshold = domain?["threshold"]?.number { settings.domainThreshold = threshold }
    if let category = domain?["fallback_category"]?.text { settings.fallbackCategory = category }
    readerSettings(node?["model_catalog"], into: &settings)
    let bindPath = DocumentPath([.key("global"), .key("services"), .key("management_api"), .key("bind_address")])
    if let address = host(management?["bind_address"], at: bindPath) { settings.managementAddress = address }
    if let port = management?["port"]?.integer { settings.managementPort = port }
    settings.gateway = gatewayLimits(node?["gateway"])
    return settings
  }
}
