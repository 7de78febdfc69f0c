extension ConfigurationSchema {
  private static let cachePrices = ConfigurationFeature.setting("prices of cached tokens")
  private static let apiFormat = ConfigurationFeature.setting("an API format other than openai")

  /// `providers`.
  static let providerKeys: [ConfigurationKey] = [
    .init("providers.defaults", .object, "What holds for all models."),
    .init(
      "providers.defaults.default_model", .name,
      "Answers when no decision matches: a model, or a LoRA adapter of one."),
    .init(
      "providers.defaults.default_reasoning_effort", .name, default: "medium",
      "Effort of model references that set none: `low`, `medium`, `high` or a model's own word."),
    .init("providers.defaults.reasoning_families", .objectsByName, "How families of models are told to reason."),
    .init(
      "providers.defaults.reasoning_families.*.type",
      .choice(ReasoningFamily.Kind.allCases.map(\.rawValue), ignoringCase: false), required: true,
      "Where in the request the switch goes."),
    .init(
      "providers.defaults.reasoning_families.*.parameter", .name, required: true,
      "The key that is set, such as `enable_thinking`."),
    .init(
      "providers.defaults.reliability", .same(as: "providers.models[].reliability"),
      "How requests for all models survive failing replicas, where a model does not say."),
    .init(
      "providers.defaults.balancing", .same(as: "providers.models[].balancing"),
      "How the replicas of all models are picked, where a model does not say."),
    .init("providers.models", .objects(uniqueBy: "name"), "The physical models."),
    .init("providers.models[].name", .name, required: true, "The model's name, as decisions and clients write it."),
    .init("providers.models[].reasoning_family", .name, "One of `providers.defaults.reasoning_families`."),
    .init("providers.models[].provider_model_id", .name, default: "the name", "The name its engines know it by."),
    .init("providers.models[].external_model_ids", .textMap, "Names by backend type; they win over the one above."),
    .init("providers.models[].backend_refs", .objects(uniqueBy: "name"), "The model's replicas."),
    .init(
      "providers.models[].backend_refs[].name", .name, default: "`primary`, `backend-N`",
      "The replica's name behind the model's."),
    .init(
      "providers.models[].backend_refs[].endpoint", .name,
      "`host:port` or `host:port/path`; IPv6 in brackets; the port defaults to the protocol's."),
    .init(
      "providers.models[].backend_refs[].protocol", .choice(["http", "https"], ignoringCase: true),
      default: "the `base_url`'s, else `http`",
      "How to speak to the endpoint. `https` is TLS with the system's trust roots and those of the file that the "
        + "environment variable `SSL_CERT_FILE` names; the certificate must be valid for the host connected to. Without "
        + "an endpoint the `base_url` alone says which."),
    .init(
      "providers.models[].backend_refs[].base_url", .name,
      "A provider's URL, in place of or besides the endpoint: its path precedes the API's. `https://` is TLS as "
        + "under `protocol`; the port defaults to the scheme's, 80 or 443."),
    .init(
      "providers.models[].backend_refs[].weight", .integer(nonNegative), default: "1",
      "Share of the traffic relative to its siblings; 0 takes none."),
    .init("providers.models[].backend_refs[].type", .name, default: "the provider, else `vllm`", "The backend's type."),
    .init(
      "providers.models[].backend_refs[].provider", .choice(ProviderProfile.names, ignoringCase: true),
      "Gives the header of the credential and the chat path their usual values."),
    .init(
      "providers.models[].backend_refs[].auth_header", .name, default: "Authorization", "Header of the credential."),
    .init("providers.models[].backend_refs[].auth_prefix", .text, default: "Bearer", "Word before the credential."),
    .init("providers.models[].backend_refs[].extra_headers", .secretMap, "Headers to add to requests."),
    .init("providers.models[].backend_refs[].api_version", .name, "Azure's `api-version`."),
    .init("providers.models[].backend_refs[].chat_path", .name, "Path of chat completions, query included."),
    .init(
      "providers.models[].backend_refs[].api_key", .secret,
      "The credential; better an `api_key_env`, which keeps it out of the file."),
    .init("providers.models[].backend_refs[].api_key_env", .name, "The environment variable with the credential."),
    .init(
      "providers.models[].backend_refs[].labels", .textMap,
      "What it is, in words of yours: requests choose among replicas by them with the header `external-filter`."),
    .init(
      "providers.models[].backend_refs[].role",
      .choice(EndpointsDocument.Role.allCases.map(\.rawValue), ignoringCase: false),
      default: "both",
      "`prefill` for an engine that reads prompts and hands its cache to one with `decode`; `both` for one that serves requests "
        + "whole."),
    .init(
      "providers.models[].backend_refs[].roleset", .name,
      "Those that prefill and decode pair only within a roleset; those without one are a roleset too."),
    .init(
      "providers.models[].backend_refs[].metrics_port", .integer(1...65535), default: "the endpoint's",
      "The port of its metrics."),
    .init(
      "providers.models[].backend_refs[].kv_events", .object,
      "Listens to what its KV cache takes in and gives up, as vLLM publishes it with `--kv-events-config`; "
        + "`kv_events: {}` stands for the usual ports."),
    .init(
      "providers.models[].backend_refs[].kv_events.endpoint", .name, default: "`tcp://HOST:5557`",
      "The endpoint that it publishes on."),
    .init(
      "providers.models[].backend_refs[].kv_events.replay_endpoint", .name, default: "`tcp://HOST:5558`",
      "The endpoint that is asked for events that were missed; `none` where there is none."),
    .init(
      "providers.models[].adapters", .textMap,
      "Where its engines find its LoRA adapters, by name: a path on their machines, or `huggingface://ORGANISATION/NAME`."
    ),
    .init(
      "providers.models[].load_adapters", .boolean, default: "false",
      "An engine is made to load one of `adapters` when it is asked for and no engine has it, and to unload the one that was "
        + "not used for the longest time when it has no room. vLLM needs `VLLM_ALLOW_RUNTIME_LORA_UPDATING=True`."),
    .init("providers.models[].pricing", .object, "Prices, for cost accounting."),
    .init("providers.models[].pricing.currency", .name, default: "USD", "Currency of the prices."),
    .init(
      "providers.models[].pricing.prompt_per_1m", .number(nonNegativeNumber), default: "0",
      "Price of a million prompt tokens."),
    .init(
      "providers.models[].pricing.completion_per_1m", .number(nonNegativeNumber), default: "0",
      "Price of a million completion tokens."),
    .init(
      "providers.models[].pricing.cached_input_per_1m", .number(nonNegativeNumber),
      .notYet(cachePrices, harmless: []), "Price of a million prompt tokens read from the engine's cache."),
    .init(
      "providers.models[].pricing.cache_write_per_1m", .number(nonNegativeNumber),
      .notYet(cachePrices, harmless: []), "Price of a million prompt tokens written to the engine's cache."),
    .init(
      "providers.models[].api_format", .choice(["", "openai", "anthropic"], ignoringCase: false), default: "openai",
      .notYet(apiFormat, harmless: ["", "openai"]), "The API that the engines speak."),
  ]
}
