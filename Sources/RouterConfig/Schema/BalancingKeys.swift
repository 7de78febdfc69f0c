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
  ]
}
