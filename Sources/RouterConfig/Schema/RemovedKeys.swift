extension ConfigurationSchema {
  /// Keys that earlier formats had, and what to do about each. Paths are as in the table of keys.
  static let removedKeys: [String: String] = {
    var keys: [String: String] = [
      "routing.models": "write routing.modelCards",
      "providers.model_targets": "write providers.models[].backend_refs",
      "providers.backends": "write providers.models[].backend_refs",
      "providers.auth_profiles": "write auth_header, auth_prefix and api_key_env in providers.models[].backend_refs[]",
      "providers.default_model": "write providers.defaults.default_model",
      "providers.reasoning_families": "write providers.defaults.reasoning_families",
      "providers.default_reasoning_effort": "write providers.defaults.default_reasoning_effort",
      "providers.models[].access": "write providers.models[].backend_refs",
      "providers.models[].endpoints": "write providers.models[].backend_refs",
      "providers.models[].access_key": "write api_key_env in providers.models[].backend_refs[]",
      "global.modules": "write global.model_catalog.modules",
      "global.model_catalog.embeddings.bert": "write global.model_catalog.embeddings.semantic.bert_model_path",
      "global.model_catalog.classifiers": "write global.model_catalog.kbs",
      "routing.signals.category_kb": "write routing.signals.kb",
      "routing.signals.taxonomy": "write routing.signals.kb",
      "routing.signals.structure[].feature.normalize_by": "use the feature type density",
      "routing.decisions[].modelSelectionAlgorithm": "write algorithm",
      "routing.decisions[].tool_scope": "use the plugin tools",
      "routing.decisions[].allow_tools": "use the plugin tools",
      "routing.decisions[].block_tools": "use the plugin tools",
    ]
    for name in [
      "param_size", "context_window_size", "description", "capabilities", "loras", "quality_score", "modality", "tags",
    ] {
      keys["providers.models[].\(name)"] = "write it in the model's card under routing.modelCards"
    }
    for name in [
      "session_aware", "model_switch_gate", "lookup_tables", "elo", "rl_driven", "gmtrouter", "bandit",
      "personalization",
    ] {
      keys["global.router.model_selection.\(name)"] = "remove it; global.router.learning took its place"
    }
    for name in removedAlgorithms {
      keys["routing.decisions[].algorithm.\(name)"] = "remove it; global.router.learning took its place"
    }
    return keys
  }()

  /// Values of `algorithm.type` that are gone.
  static let removedAlgorithms = ["session_aware", "elo", "rl_driven", "gmtrouter", "bandit", "personalization"]
}
