extension ConfigurationSchema {
  private static func notYet(
    _ path: String, _ feature: String, harmless: [String] = [], _ meaning: String
  ) -> ConfigurationKey {
    ConfigurationKey("global.\(path)", .anything, .notYet(.setting(feature), harmless: harmless), meaning)
  }

  private static let domainModel = "a domain model of its own"
  private static let envoyOptions = "options of the Envoy filter"
  private static let managementAccess = "access rules of the management API"

  /// `global`.
  static let globalKeys: [ConfigurationKey] =
    [
      .init("global.router", .object, "The router itself."),
      .init(
        "global.router.strategy", .choice(RoutingStrategy.allCases.map(\.rawValue), ignoringCase: false),
        default: "priority", "Which of several matching decisions is taken in recipes that do not say."),
      .init("global.router.auto_model_name", .name, default: "MoM", "A model name that asks for routing."),
      .init(
        "global.router.auto_model_names", .texts, default: "`vllm-sr/auto`, `auto` and the name above",
        "All the model names that ask for routing."),
      .init(
        "global.router.include_config_models_in_list", .boolean, .informative,
        "Accepted, without effect: `/v1/models` always lists the models and their adapters besides the names that ask "
          + "for routing."),
      .init("global.router.skip_processing", .object, "Requests that pass unrouted."),
      .init(
        "global.router.skip_processing.enabled", .boolean, default: "false",
        "Whether the header `x-vsr-skip-processing: true` is honoured."),
      notYet(
        "router.config_source", "a configuration source other than the file", harmless: ["", "file"],
        "Where routing comes from: `file` or `kubernetes`."),
      notYet("router.clear_route_cache", envoyOptions, harmless: ["true", "false"], "Envoy's route cache."),
      notYet("router.streamed_body", envoyOptions, "Bodies handed over piecemeal."),
      notYet("router.model_selection", "learned model selection", "Selection among candidates by trained models."),
      notYet("router.learning", "router learning", "Choices that adapt to their outcome."),
      .init("global.services", .object, "What the router serves besides answers."),
      .init("global.services.management_api", .object, "The management API."),
      .init("global.services.management_api.bind_address", .name, default: "127.0.0.1", "The address it binds."),
      .init("global.services.management_api.port", .integer(0...65535), default: "8081", "The port it binds."),
      notYet(
        "services.management_api.remote_exposure", managementAccess, harmless: ["false"],
        "Whether it may bind an address others reach."),
      notYet("services.management_api.auth", managementAccess, "Who may use it."),
      notYet("services.api", "batch classification", "The classification API."),
      notYet("services.response_api", "a store for the Responses API", "Stored responses."),
      .init("global.services.observability", .object, "Metrics and traces."),
      .init("global.services.observability.metrics", .object, "Metrics."),
      .init(
        "global.services.observability.metrics.enabled", .boolean, .informative,
        "Metrics are always kept; scraping them costs what it costs."),
      notYet(
        "services.observability.metrics.windowed_metrics", "metrics over time windows", "Rates of the last minutes."),
      notYet("services.observability.tracing", "tracing", "Spans, sent to a collector."),
      notYet("services.authz", "authorisation", "Who may ask which model."),
      notYet("services.ratelimit", "rate limits", "Requests and tokens a unit of time."),
      notYet("services.router_replay", "request replay", "Records of routed requests."),
      notYet("services.startup_status", "a store for the start-up status", "Where progress at start is kept."),
      .init("global.stores", .object, "Stores."),
      notYet("stores.response_cache", "a response cache", "Cached answers."),
      notYet("stores.memory", "conversation memory", "What users said before."),
      notYet("stores.vector_store", "a vector store", "Documents for retrieval."),
      .init("global.integrations", .object, "Integrations."),
      notYet("integrations.tools", "a tools database", "Tools chosen by meaning."),
      notYet("integrations.looper", "algorithms that call models themselves", "Their endpoint, limits and names."),
      .init("global.model_catalog", .object, "Models of the router itself."),
      notYet("model_catalog.system", "classification models", "Files of the router's classifiers."),
      notYet("model_catalog.external", "external classification models", "Models asked over HTTP."),
      notYet("model_catalog.kbs", "knowledge bases", "Labels with examples."),
      .init("global.model_catalog.modules", .object, "Settings of the classifiers."),
      notYet("model_catalog.modules.prompt_compression", "prompt compression", "Shorter texts for the classifiers."),
      notYet("model_catalog.modules.complexity", "the complexity classifier", "Tells hard questions from easy ones."),
      notYet(
        "model_catalog.modules.hallucination_mitigation", "hallucination detection", "Finds unsupported statements."),
      notYet("model_catalog.modules.feedback_detector", "the feedback detector", "Reads the user's satisfaction."),
      notYet("model_catalog.modules.modality_detector", "the modality detector", "Tells text from image requests."),
      .init("global.model_catalog.modules.classifier", .object, "Classifiers of prompts."),
      notYet(
        "model_catalog.modules.classifier.mcp", "a classifier over MCP", "A domain classifier behind a tool call."),
      notYet("model_catalog.modules.classifier.preference", "the preference classifier", "Finds the described route."),
      .init("global.model_catalog.modules.classifier.domain", .object, "The domain classifier, which is built in."),
      .init(
        "global.model_catalog.modules.classifier.domain.threshold", .number(fraction), default: "0.5",
        "A domain counts from this probability on."),
      .init(
        "global.model_catalog.modules.classifier.domain.fallback_category", .name, default: "other",
        "The domain of prompts of which no domain is sure."),
      .init(
        "global.model_catalog.modules.classifier.domain.enabled", .boolean, .informative,
        "The classifier runs when a decision needs it."),
      .init(
        "global.model_catalog.modules.classifier.domain.use_cpu", .boolean, .informative,
        "The built-in classifier runs on the CPU."),
      .init(
        "global.model_catalog.modules.classifier.domain.use_modernbert", .boolean, .informative,
        "Which model a `model_id` names."),
      .init(
        "global.model_catalog.modules.classifier.domain.use_mmbert_32k", .boolean, .informative,
        "Which model a `model_id` names."),
      notYet("model_catalog.modules.classifier.domain.model_ref", domainModel, "A model of `model_catalog.system`."),
      notYet("model_catalog.modules.classifier.domain.model_id", domainModel, "A model's files."),
      notYet("model_catalog.modules.classifier.domain.category_mapping_path", domainModel, "Its labels."),
    ] + readerKeys
}
