extension ConfigurationSchema {
  private static let projections = ConfigurationFeature.setting("projections of signals")

  /// `routing`, without its signals and decisions.
  static let routingKeys: [ConfigurationKey] = [
    .init("routing.modelCards", .objects(uniqueBy: "name"), "What the models are good for. Top-level only."),
    .init("routing.modelCards[].name", .name, required: true, "The model's name."),
    .init("routing.modelCards[].description", .text, "What it is good for."),
    .init(
      "routing.modelCards[].context_window_size", .integer(1...Int.max), "Tokens that fit its context window."),
    .init("routing.modelCards[].loras", .objects(uniqueBy: "name"), "LoRA adapters that it serves."),
    .init("routing.modelCards[].loras[].name", .name, required: true, "The name the engines serve the adapter by."),
    .init("routing.modelCards[].loras[].description", .text, "What it is good for."),
    .init("routing.modelCards[].quality_score", .number(fraction), "How good its answers are, 0 to 1."),
    .init("routing.modelCards[].param_size", .text, .informative, "Number of parameters, such as `8b`."),
    .init("routing.modelCards[].capabilities", .texts, .informative, "What it can do."),
    .init(
      "routing.modelCards[].modality", .choice(["ar", "diffusion", "omni"], ignoringCase: true), .informative,
      "What it makes: text, images or both."),
    .init("routing.modelCards[].tags", .texts, .informative, "For people."),
    .init("routing.signals", .object, "Rules that are read off a request; decisions combine them."),
    .init(
      "routing.projections", .anything, .notYet(projections, harmless: []),
      "Signals computed from other signals: partitions, scores, mappings."),
    .init("routing.decisions", .objects(uniqueBy: "name"), "What to do with which requests."),
    .init(
      "routing.strategy", .choice(RoutingStrategy.allCases.map(\.rawValue), ignoringCase: false),
      default: "`global.router.strategy`", "Which of several matching decisions is taken."),
  ]
}
