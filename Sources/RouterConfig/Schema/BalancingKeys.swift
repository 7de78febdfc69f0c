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
      "\(path).locked_strategy", .name,
      "The strategy of all requests, whatever they ask for; `config-profile` and `external-filter` are not read then."),
    .init(
      "\(path).authoritative", .boolean, default: "false",
      "Nothing that a client sends changes which replica is picked: `routing-strategy`, `config-profile` and "
        + "`external-filter` are not read, and answers do not tell the strategy and the replica."),
    .init(
      "\(path).profiles", .textsOrObjectsByName,
      "Profiles by the names that clients may ask for by the header `config-profile`: a strategy, or a mapping. With `auto` "
        + "a request gets the one whose spans of tokens fit it, of several the one with the most bounds, then the "
        + "narrowest; those without bounds are never chosen so."),
    .init("\(path).profiles.*.strategy", .name, default: "the model's", "The strategy of requests of the profile."),
    .init(
      "\(path).profiles.*.prompt_tokens_gte", .integer(0...1_000_000_000),
      "`auto`: for prompts of so many tokens or more, by the router's estimate."),
    .init(
      "\(path).profiles.*.prompt_tokens_lt", .integer(0...1_000_000_000), "`auto`: for prompts of fewer tokens."),
    .init(
      "\(path).profiles.*.max_tokens_gte", .integer(0...1_000_000_000),
      "`auto`: for requests whose `max_completion_tokens` or `max_tokens` is as large or larger; one that names none has "
        + "no number that fits a bound."),
    .init("\(path).profiles.*.max_tokens_lt", .integer(0...1_000_000_000), "`auto`: for requests where it is smaller."),
    .init(
      "\(path).profiles.*.requests_per_second", .integer(1...10_000_000),
      "Requests of the profile in each second, beside the model's own limit; more get a 429."),
    .init(
      "\(path).default_profile", .name, "The profile of requests that name none, or `auto`."),
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
