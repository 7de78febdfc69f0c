extension ConfigurationSchema {
  private static let outputContract = ConfigurationFeature.setting("output contracts")
  private static let iterations = ConfigurationFeature.setting("candidate iterations")
  private static let emits = ConfigurationFeature.setting("emitted directives")
  private static let adaptations = ConfigurationFeature.setting("adaptations by router learning")

  /// Algorithms of the schema; this build acts on the first.
  static let algorithmTypes = [
    "static", "confidence", "ratings", "remom", "fusion", "workflows", "router_dc", "automix", "hybrid",
    "latency_aware", "multi_factor", "prompt", "knn", "kmeans", "svm", "mlp",
  ]

  /// Algorithms without a block of their own.
  static let algorithmsWithoutBlock: Set<String> = ["static", "knn", "kmeans", "svm", "mlp"]

  /// Plugins of the schema.
  static let pluginTypes = [
    "system_prompt", "fast_response", "response_cache", "header_mutation", "request_params", "tools", "tool_selection",
    "hallucination", "response_jailbreak", "rag", "memory", "context_compression", "image_gen", "router_replay",
  ]

  /// The settings of the plugins that this build acts on.
  static let pluginSettings: [String: Set<String>] = [
    "system_prompt": ["enabled", "system_prompt", "mode"],
    "fast_response": ["enabled", "message"],
  ]

  /// `routing.decisions`.
  static let decisionKeys: [ConfigurationKey] =
    choiceKeys
    + predicateKeys(of: "routing.decisions[].rules", "Bounds on the signal's number, in place of whether it matched.")
    + modelKeys + algorithmBlocks + actionKeys

  private static let choiceKeys: [ConfigurationKey] =
    [
      .init("routing.decisions[].name", .name, required: true, "The decision's name."),
      .init("routing.decisions[].description", .text, "What it is for."),
      .init(
        "routing.decisions[].priority", .integer(Int.min...Int.max), default: "0",
        "The greatest wins among matching decisions."),
      .init(
        "routing.decisions[].tier", .integer(nonNegative), default: "0",
        "Lower positive tiers come before higher ones and before decisions without a tier."),
      .init(
        "routing.decisions[].rules", .object, default: "always",
        "When it matches: a condition, or an operator over conditions."),
      .init(
        "routing.decisions[].rules.operator", .choice(["AND", "OR", "NOT"], ignoringCase: true), default: "OR",
        "How the conditions combine; `NOT` takes exactly one."),
      .init(
        "routing.decisions[].rules.conditions", .objects(uniqueBy: nil),
        "Conditions, each again a condition or an operator over conditions."),
      .init(
        "routing.decisions[].rules.conditions[]", .same(as: "routing.decisions[].rules"), "Nested, as `rules`."),
      .init("routing.decisions[].rules.type", .name, "The type of a declared rule, such as `domain`."),
      .init("routing.decisions[].rules.name", .name, "The declared rule's name."),
      .init("routing.decisions[].rules.label", .name, "The label whose probability counts (type `classifier`)."),
    ]

  private static let modelKeys: [ConfigurationKey] =
    [
      .init(
        "routing.decisions[].rules.on_error",
        .choice(RuleLeaf.OnError.allCases.map(\.rawValue), ignoringCase: false),
        "What a condition with a predicate answers when its signal failed."),
      .init(
        "routing.decisions[].modelRefs", .objects(uniqueBy: nil), "Candidate models; none means the default model."),
      .init("routing.decisions[].modelRefs[].model", .name, required: true, "The model."),
      .init("routing.decisions[].modelRefs[].lora_name", .name, "An adapter of the model's card."),
      .init(
        "routing.decisions[].modelRefs[].weight", .number(nonNegativeNumber), default: "1",
        "Share relative to its siblings."),
      .init("routing.decisions[].modelRefs[].use_reasoning", .boolean, default: "false", "Whether the model reasons."),
      .init(
        "routing.decisions[].modelRefs[].reasoning_effort", .name,
        default: "`default_reasoning_effort`", "How hard it reasons."),
      .init("routing.decisions[].modelRefs[].reasoning_description", .text, .informative, "For people."),
      .init(
        "routing.decisions[].algorithm", .object, default: "static",
        "How one of several candidates is chosen; the block named like the type holds its settings."),
      .init(
        "routing.decisions[].algorithm.type", .choice(algorithmTypes, ignoringCase: true), required: true,
        "The algorithm. This version acts on `static`: the first candidate, or one by weight."),
      .init("routing.decisions[].algorithm.on_error", .text, .informative, "What to do when the algorithm fails."),
    ]

  private static let algorithmBlocks: [ConfigurationKey] =
    algorithmTypes.filter { !algorithmsWithoutBlock.contains($0) }.map { type in
      ConfigurationKey(
        "routing.decisions[].algorithm.\(type)", .anything, .informative, "Settings of the algorithm `\(type)`.")
    }

  private static let actionKeys: [ConfigurationKey] =
    [
      .init("routing.decisions[].plugins", .objects(uniqueBy: nil), "What else is done to the request and its answer."),
      .init(
        "routing.decisions[].plugins[].type", .choice(pluginTypes, ignoringCase: false), required: true,
        "The plugin, at most once in a decision. This version acts on `system_prompt` and `fast_response`."),
      .init(
        "routing.decisions[].plugins[].configuration", .object,
        "The plugin's settings; those of `system_prompt` and `fast_response` follow."),
      .init(
        "routing.decisions[].plugins[].configuration.enabled", .boolean,
        default: "true when there is a prompt or message",
        "Whether the plugin acts."),
      .init(
        "routing.decisions[].plugins[].configuration.system_prompt", .text,
        "The system message."),
      .init(
        "routing.decisions[].plugins[].configuration.mode",
        .choice(SystemPromptPlugin.Mode.allCases.map(\.rawValue), ignoringCase: false), default: "insert",
        "What happens to a system message of the client: `replace` drops it, `insert` puts it behind the prompt."),
      .init(
        "routing.decisions[].plugins[].configuration.message", .text,
        "The answer that the router gives itself, without asking a model (`fast_response`)."),
      .init(
        "routing.decisions[].output_contract", .text, .notYet(outputContract, harmless: [""]),
        "Prompt text that fixes the answer's form."),
      .init(
        "routing.decisions[].output_contract_spec", .anything, .notYet(outputContract, harmless: []),
        "The answer's form, checked and repaired."),
      .init(
        "routing.decisions[].adaptations", .anything, .notYet(adaptations, harmless: []),
        "How router learning may change the choice."),
      .init(
        "routing.decisions[].candidateIterations", .anything, .notYet(iterations, harmless: []),
        "Candidates produced by iteration."),
      .init("routing.decisions[].emits", .anything, .notYet(emits, harmless: []), "Directives to caches and sessions."),
      .init("routing.decisions[].annotations", .anything, .informative, "For people and tools."),
    ]
}
