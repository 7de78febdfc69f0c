extension DocumentDecoder {
  mutating func providers(_ node: DocumentNode?) -> Providers {
    let path = DocumentPath([.key("providers")])
    let defaults = node?["defaults"]
    let reliability = reliability(
      defaults?["reliability"], over: .defaults, at: path + .key("defaults") + .key("reliability"))
    let balancing = balancing(
      defaults?["balancing"], besides: defaults?["reliability"], over: BalancingSettings(),
      at: path + .key("defaults") + .key("balancing"))
    return Providers(
      defaultModel: defaults?["default_model"]?.text,
      defaultReasoningEffort: defaults?["default_reasoning_effort"]?.text,
      reasoningFamilies: reasoningFamilies(
        defaults?["reasoning_families"], at: path + .key("defaults") + .key("reasoning_families")),
      models: providerModels(node?["models"], over: reliability, balancing, at: path + .key("models")))
  }

  func modelCards(_ node: DocumentNode?) -> [ModelCard] {
    each(node, at: DocumentPath()).map { card, _ in
      ModelCard(
        name: card["name"]?.text ?? "", description: card["description"]?.text ?? "",
        contextWindowSize: card["context_window_size"]?.integer,
        loras: each(card["loras"], at: DocumentPath()).map { lora, _ in
          LoRACard(name: lora["name"]?.text ?? "", description: lora["description"]?.text ?? "")
        },
        qualityScore: card["quality_score"]?.number)
    }
  }

  private mutating func reasoningFamilies(
    _ node: DocumentNode?, at path: DocumentPath
  ) -> [String: ReasoningFamily] {
    var families: [String: ReasoningFamily] = [:]
    for entry in node?.entries ?? [] {
      guard let kind = entry.value["type"]?.text.flatMap(ReasoningFamily.Kind.init),
        let parameter = entry.value["parameter"]?.text
      else { continue }
      if kind == .topLevelReasoningEffort, parameter != "reasoning_effort" {
        log.error(
          path + .key(entry.key) + .key("parameter"),
          .predicate("must be reasoning_effort for the type top_level_reasoning_effort"),
          suggestion: "write parameter: reasoning_effort, or another type")
      }
      families[entry.key] = ReasoningFamily(kind: kind, parameter: parameter)
    }
    return families
  }

  /// - Parameters reliability, balancing: what holds for models that do not say.
  private mutating func providerModels(
    _ node: DocumentNode?, over reliability: ReliabilitySettings, _ balancing: BalancingSettings,
    at path: DocumentPath
  ) -> [ProviderModel] {
    var models: [ProviderModel] = []
    for (model, modelPath) in each(node, at: path) {
      let name = model["name"]?.text ?? ""
      var provided = ProviderModel(
        name: name, reasoningFamily: model["reasoning_family"]?.text,
        providerModelID: model["provider_model_id"]?.text,
        externalModelIDs: model["external_model_ids"]?.textMap ?? [:],
        backends: backends(model["backend_refs"], of: name, at: modelPath + .key("backend_refs")),
        pricing: model["pricing"].map(pricing),
        reliability: self.reliability(model["reliability"], over: reliability, at: modelPath + .key("reliability")),
        balancing: self.balancing(
          model["balancing"], besides: model["reliability"], over: balancing,
          at: modelPath + .key("balancing")))
      provided.adapterSources = (model["adapters"]?.textMap ?? [:]).filter { !$0.value.isEmpty }
      provided.loadsAdapters = model["load_adapters"]?.boolean ?? false
      if provided.loadsAdapters, provided.adapterSources.isEmpty {
        log.warning(
          modelPath + .key("load_adapters"), .predicate("loads nothing: there are no adapters whose source is known"),
          suggestion: "write adapters: {NAME: PATH}")
      }
      models.append(provided)
    }
    return models
  }

  private func pricing(_ node: DocumentNode) -> ModelPricing {
    var pricing = ModelPricing()
    if let currency = node["currency"]?.text { pricing.currency = currency }
    if let price = node["prompt_per_1m"]?.number { pricing.promptPerMillion = price }
    if let price = node["completion_per_1m"]?.number { pricing.completionPerMillion = price }
    return pricing
  }

  private mutating func backends(
    _ node: DocumentNode?, of model: String, at path: DocumentPath
  ) -> [BackendReference] {
    let elements = each(node, at: path)
    var backends: [BackendReference] = []
    for (index, element) in elements.enumerated() {
      let fallback = elements.count == 1 ? "primary" : "backend-\(index + 1)"
      let name = "\(model)_\(element.node["name"]?.text ?? fallback)"
      if let backend = backend(element.node, named: name, at: element.path) { backends.append(backend) }
    }
    checkPairs(elements)
    return backends
  }

  /// Who prefills needs somebody to decode, and the other way round.
  private mutating func checkPairs(_ backends: [(node: DocumentNode, path: DocumentPath)]) {
    var roles: [String: Set<String>] = [:]
    for (node, _) in backends {
      if let role = node["role"]?.text { roles[node["roleset"]?.text ?? "", default: []].insert(role) }
    }
    var told: Set<String> = []
    for (node, path) in backends {
      let roleset = node["roleset"]?.text
      switch node["role"]?.text.flatMap(EndpointsDocument.Role.init) ?? .both {
      case .both:
        guard roleset != nil else { continue }
        log.error(
          path + .key("roleset"), .predicate("is for replicas with the role prefill or decode"),
          suggestion: "write a role, or leave it out")
      case let role:
        let other = role == .prefill ? EndpointsDocument.Role.decode : .prefill
        guard roles[roleset ?? ""]?.contains(other.rawValue) == false, told.insert(roleset ?? "").inserted else {
          continue
        }
        let place =
          roleset.map { "in the roleset \(ProblemLog.quoted($0))" } ?? "among the model's replicas without a roleset"
        log.error(
          path + .key("role"), .predicate("is \(role.rawValue), but nothing \(place) has the role \(other.rawValue)"),
          suggestion: "give another replica role: \(other.rawValue), or leave the role out")
      }
    }
  }

  private mutating func backend(
    _ node: DocumentNode, named name: String, at path: DocumentPath
  ) -> BackendReference? {
    guard let address = backendAddress(node, at: path) else { return nil }
    let profile = node["provider"]?.text.flatMap(ProviderProfile.named)
    var backend = BackendReference(
      name: name, host: address.host, port: address.port, usesTLS: address.usesTLS, pathPrefix: address.pathPrefix)
    backend.chatPath = chatPath(node, profile: profile, at: path)
    if let weight = node["weight"]?.integer { backend.weight = weight }
    if let type = node["type"]?.text ?? node["provider"]?.text { backend.type = type }
    backend.authHeader = node["auth_header"]?.text ?? profile?.authHeader ?? backend.authHeader
    backend.authPrefix = node["auth_prefix"]?.text ?? profile?.authPrefix ?? backend.authPrefix
    backend.extraHeaders = node["extra_headers"]?.textMap ?? [:]
    backend.labels = node["labels"]?.textMap ?? [:]
    if let role = node["role"]?.text.flatMap(EndpointsDocument.Role.init), role != .both {
      backend.endpoint = EndpointDetails(role: role, roleset: node["roleset"]?.text)
    }
    backend.metricsPort = node["metrics_port"]?.integer
    if let events = node["kv_events"], events.entries != nil {
      backend.cacheEvents = CacheEventEndpoints(events, host: backend.host, at: path + .key("kv_events"), log: &log)
    }
    if let key = node["api_key"] {
      backend.credential = key.text.flatMap { $0.isEmpty ? nil : Credential($0) }
      backend.credentialEnvironmentName = key.scalar?.environmentName
    } else if let variable = node["api_key_env"]?.text, !variable.isEmpty {
      backend.credentialEnvironmentName = variable
      if let value = environment[variable], !value.isEmpty {
        backend.credential = Credential(value)
      } else {
        log.warning(
          path + .key("api_key_env"),
          .clause("the environment variable \(variable) is not set, so requests go out without a credential"),
          suggestion: "set it before the start")
      }
    }
    return backend
  }

  /// Where to connect to, and the path before the API's.
  private mutating func backendAddress(_ node: DocumentNode, at path: DocumentPath) -> BackendAddress? {
    let base = node["base_url"]
    let endpoint = node["endpoint"]
    guard endpoint != nil || base != nil else {
      log.error(
        path, .predicate("has neither an endpoint nor a base_url"), suggestion: "write endpoint: host:port")
      return nil
    }
    var fromBase: BackendAddress?
    if let base, let text = base.text, !text.isEmpty {
      do {
        fromBase = try BackendAddress(url: text)
      } catch {
        let shown = mayHoldSecret(base) ? "" : ": \(ProblemLog.quoted(text))"
        log.error(
          path + .key("base_url"), .predicate("\(error.reason)\(shown)"),
          suggestion: "write a URL such as https://host/v1")
        return nil
      }
    }
    guard let endpoint, let text = endpoint.text, !text.isEmpty else { return fromBase }
    do {
      let usesTLS = (node["protocol"]?.text?.lowercased() ?? (fromBase?.usesTLS == true ? "https" : "http")) == "https"
      var address = try BackendAddress(endpoint: text, usesTLS: usesTLS)
      if let fromBase { address.pathPrefix = fromBase.pathPrefix }
      return address
    } catch {
      let shown = mayHoldSecret(endpoint) ? "" : ": \(ProblemLog.quoted(text))"
      log.error(
        path + .key("endpoint"), .predicate("\(error.reason)\(shown)"),
        suggestion: "write host:port, [IPv6]:port or host:port/path")
      return nil
    }
  }

  /// Addresses with a user part, or out of the environment, are not shown.
  private func mayHoldSecret(_ node: DocumentNode) -> Bool {
    node.scalar?.isFromEnvironment == true || node.text?.contains("@") == true
  }

  /// The explicit path, or the provider's usual one behind the base URL's path.
  private mutating func chatPath(
    _ node: DocumentNode, profile: ProviderProfile?, at path: DocumentPath
  ) -> String? {
    if let explicit = node["chat_path"]?.text, !explicit.isEmpty {
      if !explicit.hasPrefix("/") {
        log.error(
          path + .key("chat_path"), .predicate("must begin with a slash"), suggestion: "write /\(explicit)")
      }
      return explicit
    }
    let basePath = node["base_url"]?.text.map(BackendAddress.path(ofURL:)) ?? ""
    let suffix = profile?.chatSuffix ?? (basePath.isEmpty ? nil : "/chat/completions")
    guard let suffix, !(basePath.isEmpty && suffix == "/chat/completions") else { return nil }
    let repeated = basePath.hasSuffix("/v1") && suffix.hasPrefix("/v1/")
    let version = node["api_version"]?.text.map { "?api-version=\($0)" } ?? ""
    return (repeated ? String(basePath.dropLast(3)) : basePath) + suffix + version
  }
}
