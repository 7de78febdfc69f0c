extension ConfigurationSchema {
  /// `global.gateway`.
  static let gatewayKeys: [ConfigurationKey] = [
    .init("global.gateway", .object, "What the gateway takes on at most, and how long it waits for clients."),
    .init(
      "global.gateway.max_requests", .integer(1...10_000_000), default: "10000",
      "Most requests in flight. Near it requests of low priority are shed with 429, at it all with 503."),
    .init(
      "global.gateway.max_buffered_bytes", .size, default: "1G",
      "Most bytes of requests held in memory, shed alike; at least `body_limit`."),
    .init("global.gateway.max_connections", .integer(1...10_000_000), default: "10000", "Most connections of clients."),
    .init("global.gateway.body_limit", .size, default: "64M", "Most bytes of one request's body; more is a 413."),
    .init(
      "global.gateway.upload_limit", .size, default: "1G",
      "Most bytes of one upload that is passed on as it comes, which `body_limit` is not for; more is a 413."),
    .init(
      "global.gateway.drain_timeout", .duration, default: "30s",
      "How long running requests may go on after the gateway was asked to stop."),
    .init(
      "global.gateway.client_idle_timeout", .either(["none"], or: .duration), default: "75s",
      "How long a client's connection may stand without a request; `0` and `none` set no limit."),
    .init(
      "global.gateway.request_read_timeout", .either(["none"], or: .duration), default: "60s",
      "Longest time from the first byte of a request to its last; `0` and `none` set no limit."),
    .init(
      "global.gateway.priority_header", .name, default: "x-request-priority",
      "The header by which a client says a request's priority: `high`, `normal` or `low`."),
    .init(
      "global.gateway.aibrix_compat", .choice(AIBrixCompatibility.allCases.map(\.rawValue), ignoringCase: false),
      default: "0.4",
      "The release of AIBrix's gateway whose fields tell the replica to clients that ask for a strategy. `0.4`: its "
        + "address in `target-pod`; `latest`: its name in `target-pod`, its address in `target-pod-ip`."),
    .init(
      "global.gateway.unknown_model_status", .choice(["400", "404"], ignoringCase: false), default: "400",
      "The status of requests for a model that is not there: `400`, as the semantic router and AIBrix answer, or `404`, "
        + "as OpenAI does."),
    .init(
      "global.gateway.prefix_blocks", .integer(1_000...100_000_000), default: "1000000",
      "Blocks of 512 bytes of prompts that are remembered to find the replicas that have them cached; about 17 bytes of "
        + "memory each."),
    .init(
      "global.gateway.endpoints_file", .name,
      "A file of engines, as AIBrix's standalone mode reads it, which join the models here and are read again when it "
        + "changes; a relative path begins at the document's folder. `serve --endpoints` wins over it."),
    .init(
      "global.gateway.users", .object,
      "Users whose requests and tokens are limited by the minute, as AIBrix's gateway does it by the header `user`."),
    .init(
      "global.gateway.users.file", .name,
      "The SQLite file that keeps them, made if it is not there; its folder must be. A relative path begins at the "
        + "document's folder. Without it nobody's requests are counted."),
    .init(
      "global.gateway.users.token_env", .name,
      "The environment variable with the token that the users API asks for as `authorization: Bearer TOKEN`. Without it "
        + "the users API answers only where the management API listens on a loopback address."),
  ]
}
