extension ConfigurationSchema {
  private static let path = "providers.models[].balancing"

  /// `providers.models[].balancing`; `providers.defaults.balancing` has the same keys.
  static let balancingKeys: [ConfigurationKey] = [
    .init(
      path, .object,
      "How the model's replicas are picked. Each key wins over the same one of `providers.defaults.balancing`."),
    .init(
      "\(path).strategy", .name, default: "least-ttft",
      "The strategy of requests that ask for none by the header `routing-strategy`: a name, or a weighted combination "
        + "such as `prefix-cache:2,least-request:1`."),
    .init(
      "\(path).locked_strategy", .name, "The strategy of all requests, whatever they ask for."),
    .init(
      "\(path).profiles", .textMap,
      "Strategies by the names that clients may ask for by the header `config-profile`."),
    .init(
      "\(path).default_profile", .name, "The profile of requests that name none."),
    .init(
      "\(path).first_token_target", .positiveDuration,
      "Time to the first token that is good enough, for the strategies `slo`, `slo-pack-load` and `slo-least-load`."),
    .init(
      "\(path).requests_per_second", .integer(1...10_000_000),
      "Requests that the model takes in each second, its adapters' too; more get a 429."),
    .init(
      "\(path).kv_events", .object,
      "How the KV events of the model's engines are used, of those that have `kv_events` among its `backend_refs` or in the "
        + "endpoints file."),
    .init(
      "\(path).kv_events.exact", .boolean, default: "false",
      "Judge what replicas have cached by their events and each prompt's tokens, for which an engine is asked (`/tokenize`)."
    ),
    .init(
      "\(path).kv_events.tokenize_timeout", .positiveDuration, default: "50ms",
      "How long a request waits for its prompt's tokens; then the prompts that the router sent are gone by."),
    .init(
      "\(path).kv_events.tiers", .object,
      "What a cached token saves of its prefill when it is not on the GPU, which saves all of it."),
    .init("\(path).kv_events.tiers.cpu", .number(0...1), default: "0.8", "In the memory of the CPU."),
    .init("\(path).kv_events.tiers.disk", .number(0...1), default: "0.5", "On a disk."),
  ]
}
