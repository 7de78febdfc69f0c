extension DocumentDecoder {
  /// A `routing` block without its model cards.
  mutating func routingProfile(_ node: DocumentNode?, at path: DocumentPath) -> RoutingProfile {
    RoutingProfile(
      signals: signals(node?["signals"], at: path + .key("signals")),
      decisions: decisions(node?["decisions"], at: path + .key("decisions")),
      strategy: node?["strategy"]?.text.flatMap(RoutingStrategy.init))
  }

  private mutating func decisions(_ node: DocumentNode?, at path: DocumentPath) -> [Decision] {
    var decisions: [Decision] = []
    for (element, decisionPath) in each(node, at: path) {
      var decision = Decision(name: element["name"]?.text ?? "")
      decision.description = element["description"]?.text ?? ""
      if let priority = element["priority"]?.integer { decision.priority = priority }
      if let tier = element["tier"]?.integer { decision.tier = tier }
      if let rules = element["rules"], rules.entries?.isEmpty == false {
        decision.rules = ruleNode(rules, at: decisionPath + .key("rules"))
      }
      decision.modelRefs = each(element["modelRefs"], at: DocumentPath()).map { modelRef($0.node) }
      if let type = element["algorithm"]?["type"]?.text { decision.algorithm = type.lowercased() }
      decision.plugins = plugins(element["plugins"], at: decisionPath + .key("plugins"))
      decisions.append(decision)
    }
    return decisions
  }

  private func modelRef(_ node: DocumentNode) -> ModelRef {
    var reference = ModelRef(model: node["model"]?.text ?? "", loraName: node["lora_name"]?.text)
    if let weight = node["weight"]?.number { reference.weight = weight }
    if let useReasoning = node["use_reasoning"]?.boolean { reference.useReasoning = useReasoning }
    reference.reasoningEffort = node["reasoning_effort"]?.text
    return reference
  }

  private mutating func plugins(_ node: DocumentNode?, at path: DocumentPath) -> [DecisionPlugin] {
    var plugins: [DecisionPlugin] = []
    for (element, pluginPath) in each(node, at: path) {
      guard let configuration = element["configuration"], configuration.entries != nil else { continue }
      let configurationPath = pluginPath + .key("configuration")
      switch element["type"]?.text {
      case "system_prompt": plugins.append(.systemPrompt(systemPrompt(configuration, at: configurationPath)))
      case "fast_response": plugins.append(.fastResponse(fastResponse(configuration, at: configurationPath)))
      default: continue
      }
    }
    return plugins
  }

  private mutating func systemPrompt(_ node: DocumentNode, at path: DocumentPath) -> SystemPromptPlugin {
    let prompt = node["system_prompt"]?.text ?? ""
    var plugin = SystemPromptPlugin(isEnabled: node["enabled"]?.boolean ?? !prompt.isEmpty, prompt: prompt)
    if let mode = node["mode"]?.text.flatMap(SystemPromptPlugin.Mode.init) { plugin.mode = mode }
    if plugin.isEnabled, prompt.isEmpty {
      log.error(
        path + .key("system_prompt"), .predicate("is missing or empty"),
        suggestion: "write the prompt, or enabled: false")
    }
    return plugin
  }

  private mutating func fastResponse(_ node: DocumentNode, at path: DocumentPath) -> FastResponsePlugin {
    let plugin = FastResponsePlugin(isEnabled: node["enabled"]?.boolean ?? true, message: node["message"]?.text ?? "")
    if plugin.isEnabled, plugin.message.isEmpty {
      log.error(
        path + .key("message"), .predicate("is missing or empty"),
        suggestion: "write the answer, or enabled: false")
    }
    return plugin
  }

  // MARK: Rules

  private mutating func ruleNode(_ node: DocumentNode, at path: DocumentPath) -> RuleNode {
    let hasConditions = node["operator"] != nil || node["conditions"] != nil
    let isLeaf = node["type"] != nil || node["name"] != nil
    if hasConditions, isLeaf {
      log.error(
        path, .clause("a rule has both a type or name and an operator or conditions"),
        suggestion: "write the condition as one of the conditions")
      return .or([])
    }
    if hasConditions { return composite(node, at: path) }
    guard let type = node["type"]?.text, !type.isEmpty else {
      log.error(path + .key("type"), .predicate("is missing"), suggestion: "a condition has a type and a name")
      return .or([])
    }
    guard let name = node["name"]?.text, !name.isEmpty else {
      log.error(path + .key("name"), .predicate("is missing"), suggestion: "a condition has a type and a name")
      return .or([])
    }
    return .leaf(
      RuleLeaf(
        type: type.lowercased(), name: name, label: node["label"]?.text,
        predicate: predicate(node["predicate"], at: path + .key("predicate")),
        onError: node["on_error"]?.text.flatMap(RuleLeaf.OnError.init)))
  }

  private mutating func composite(_ node: DocumentNode, at path: DocumentPath) -> RuleNode {
    var children: [RuleNode] = []
    for (child, childPath) in each(node["conditions"], at: path + .key("conditions")) {
      if child.entries?.isEmpty == true {
        log.error(childPath, .predicate("is empty"), suggestion: "a condition has a type and a name")
      } else {
        children.append(ruleNode(child, at: childPath))
      }
    }
    switch node["operator"]?.text?.uppercased() ?? "OR" {
    case "AND": return .and(children)
    case "NOT":
      let count = node["conditions"]?.elements?.count ?? 0
      guard count == 1, let child = children.first else {
        if count != 1 {
          log.error(
            path + .key("conditions"), .clause("NOT takes exactly one condition, not \(count)"),
            suggestion: "wrap several in an OR or an AND")
        }
        return .or([])
      }
      return .not(child)
    default:
      if node["conditions"]?.elements?.isEmpty ?? true {
        log.warning(path, .clause("an OR without conditions never matches"), suggestion: "leave rules out to match all")
      }
      return .or(children)
    }
  }
}
