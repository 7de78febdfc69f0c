/// The keys of the flat format that preceded v0.3: those that the migration carries over, and those that mean nothing
/// any more.
enum FlatFormat {
  /// The keys of one kind of mapping.
  struct Keys {
    var carried: [String]
    /// Keys that the format had and v0.3 has no place for.
    var dropped: [String] = []
  }

  static let signalKeys: [(old: String, new: String)] = [
    ("keyword_rules", "keywords"), ("embedding_rules", "embeddings"), ("fact_check_rules", "fact_check"),
    ("user_feedback_rules", "user_feedbacks"), ("preference_rules", "preferences"), ("language_rules", "language"),
    ("context_rules", "context"), ("complexity_rules", "complexity"), ("modality_rules", "modality"),
    ("role_bindings", "role_bindings"), ("jailbreak", "jailbreak"), ("pii", "pii"),
    ("structure_rules", "structure"), ("conversation_rules", "conversation"), ("metadata_rules", "metadata"),
  ]

  /// Blocks that moved under `global` as they are.
  static let globalKeys: [(old: String, new: [String])] = [
    ("semantic_cache", ["stores", "response_cache"]), ("response_cache", ["stores", "response_cache"]),
    ("memory", ["stores", "memory"]), ("vector_store", ["stores", "vector_store"]),
    ("tools", ["integrations", "tools"]), ("looper", ["integrations", "looper"]),
    ("api", ["services", "api"]), ("response_api", ["services", "response_api"]),
    ("observability", ["services", "observability"]), ("authz", ["services", "authz"]),
    ("ratelimit", ["services", "ratelimit"]), ("router_replay", ["services", "router_replay"]),
    ("prompt_guard", ["model_catalog", "modules", "prompt_guard"]),
    ("prompt_compression", ["model_catalog", "modules", "prompt_compression"]),
    ("hallucination_mitigation", ["model_catalog", "modules", "hallucination_mitigation"]),
    ("feedback_detector", ["model_catalog", "modules", "feedback_detector"]),
    ("modality_detector", ["model_catalog", "modules", "modality_detector"]),
    ("embedding_models", ["model_catalog", "embeddings", "semantic"]),
    ("external_models", ["model_catalog", "external"]),
    ("config_source", ["router", "config_source"]), ("auto_model_name", ["router", "auto_model_name"]),
    ("auto_model_names", ["router", "auto_model_names"]),
    ("include_config_models_in_list", ["router", "include_config_models_in_list"]),
    ("clear_route_cache", ["router", "clear_route_cache"]), ("streamed_body", ["router", "streamed_body"]),
    ("skip_processing", ["router", "skip_processing"]), ("model_selection", ["router", "model_selection"]),
  ]

  static let classifierKeys: [(old: String, new: String)] = [
    ("category_model", "domain"), ("mcp_category_model", "mcp"), ("pii_model", "pii"),
    ("preference_model", "preference"),
  ]

  /// Keys that moved under `providers.defaults`, from the top as from drafts' `providers`.
  static let defaultKeys = ["default_model", "reasoning_families", "default_reasoning_effort"]

  /// Keys of `model_config` that belong to a model's card.
  static let cardKeys = [
    "param_size", "context_window_size", "description", "capabilities", "loras", "quality_score", "modality", "tags",
  ]

  /// Keys of `model_config` that a provider's model has too.
  static let modelKeys = [
    "reasoning_family", "pricing", "external_model_ids", "api_format", "provider_model_id", "reliability", "balancing",
  ]

  /// Keys of `vllm_endpoints[]` that a backend has too.
  static let backendKeys = ["protocol", "weight", "type", "api_key", "api_key_env"]

  /// Keys at the top that v0.3 does not have there.
  static let document = Keys(
    carried: signalKeys.map(\.old) + globalKeys.map(\.old) + defaultKeys + [
      "categories", "model_config", "vllm_endpoints", "provider_profiles", "classifier", "decisions", "strategy",
      "signals",
    ],
    dropped: ["bert_model", "model_targets", "backends", "auth_profiles"])

  /// Keys at the top of v0.3, which a flat document may have besides its own.
  static let currentKeys = [
    "version", "listeners", "providers", "routing", "entrypoints", "recipes", "global", "setup",
  ]

  static let model = Keys(
    carried: modelKeys + cardKeys + ["preferred_endpoints", "access_key"], dropped: ["pii_policy"])

  static let endpoint = Keys(
    carried: backendKeys + ["name", "address", "port", "models", "provider_profile"], dropped: ["health_check_path"])

  static let category = Keys(
    carried: [
      "name", "description", "mmlu_categories", "model_scores", "system_prompt", "system_prompt_mode",
      "system_prompt_enabled", "use_reasoning", "reasoning_effort",
    ],
    dropped: [
      "reasoning_description", "jailbreak_enabled", "jailbreak_threshold", "pii_enabled", "pii_threshold",
      "semantic_cache_enabled", "semantic_cache_similarity_threshold",
    ])

  static let score = Keys(
    carried: ["model", "score", "use_reasoning", "reasoning_effort", "lora_name"], dropped: ["reasoning_description"])

  static let classifier = Keys(carried: classifierKeys.map(\.old))

  static let versions = ["v0.1", "0.1", "v0.2", "0.2", "v0.3", "0.3"]
}
