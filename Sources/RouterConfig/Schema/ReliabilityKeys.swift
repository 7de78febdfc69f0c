extension ConfigurationSchema {
  private static let path = "providers.models[].reliability"

  /// `providers.models[].reliability`; `providers.defaults.reliability` has the same keys.
  static let reliabilityKeys: [ConfigurationKey] = [
    .init(
      path, .object,
      "How requests for the model survive failing replicas. Each key wins over the same one of "
        + "`providers.defaults.reliability`."),
    .init(
      "\(path).connect_timeout", .positiveDuration, default: "5s", "Longest time for a connection to come about."),
    .init(
      "\(path).first_byte_timeout", .either(["none"], or: .duration), default: "10m",
      "Longest time from a request sent to the first byte of its answer's body, and for the wait for a connection "
        + "before; `0` and `none` set no limit."),
    .init(
      "\(path).prefill_timeout", .either(["none"], or: .duration), default: "1m",
      "Longest time from a request sent to a replica that only prefills to the end of its answer; then another pair of "
        + "prefill and decode is tried. `0` and `none` set no limit."),
    .init(
      "\(path).idle_timeout", .either(["none"], or: .duration), default: "5m",
      "Longest time between two reads of an answer; `0` and `none` set no limit."),
    .init(
      "\(path).total_timeout", .either(["none"], or: .duration), default: "none",
      "Longest time from a request read to the last byte of its answer, retries included; `0` and `none` set no limit. "
        + "`listeners[].timeout` holds besides."),
    .init(
      "\(path).retry_count", .integer(0...5), default: "2",
      "How often a request is sent anew, to another replica, while its answer has no first byte yet."),
    .init(
      "\(path).retry_on", .text, .informative,
      "Failures before the first byte of an answer are retried: connections refused or broken, no first byte in time, "
        + "broken heads of answers, 500, 502, 503 and 504."),
    .init(
      "\(path).retry_budget_percent", .integer(0...100), default: "20",
      "At most so many retries in 100 requests, besides a small reserve, so that retries do not add to an overload."),
    .init(
      "\(path).consecutive_5xx", .integer(0...1000), default: "3",
      "So many failures in a row eject a replica: answers of 500 and above, broken connections, no first byte in time, "
        + "streams that died. `0` ejects none for them."),
    .init(
      "\(path).success_rate_ejection", .boolean, default: "true",
      "Whether a replica that fails clearly more often than its siblings is ejected too."),
    .init(
      "\(path).base_ejection_time", .positiveDuration, default: "5s",
      "How long a first ejection lasts; each further one lasts twice as long as the one before."),
    .init(
      "\(path).max_ejection_time", .positiveDuration, default: "5m",
      "How long an ejection lasts at most; never shorter than `base_ejection_time`."),
    .init(
      "\(path).max_ejection_percent", .integer(0...100), default: "50",
      "Share of the model's replicas that may be ejected at a time."),
    .init(
      "\(path).slow_start", .either(["none"], or: .duration), default: "30s",
      "How long a replica that was ejected gets less than its share; `0` and `none` give it all at once."),
    .init(
      "\(path).health_check_path", .name, default: "/health", "What health checks ask for; begins with a slash."),
    .init("\(path).health_check_interval", .positiveDuration, default: "2s", "From one health check to the next."),
    .init(
      "\(path).health_check_timeout", .positiveDuration, default: "2s", "A health check unanswered for so long failed."),
    .init(
      "\(path).lb_policy", .choice(["least_request", "round_robin"], ignoringCase: false),
      .notYet(.setting("round-robin balancing"), harmless: ["least_request"]),
      "How replicas are picked, in the semantic router's words: `least_request` is `balancing: {strategy: "
        + "least-request}`. `round_robin` is not acted upon."),
    .init(
      "\(path).max_connections", .integer(1...1_000_000), default: "1024", "Most connections to one replica."),
    .init(
      "\(path).max_pending", .integer(0...1_000_000), default: "1024",
      "Most requests that wait for a connection to one replica."),
    .init(
      "\(path).max_requests", .either(["none"], or: .integer(1...1_000_000)), default: "none",
      "Most requests that one replica works on at a time."),
    .init(
      "\(path).min_idle_connections", .integer(0...10_000), default: "0",
      "Connections to each replica that each event loop opens before they are needed; at most `max_connections`."),
    .init(
      "\(path).connection_idle_timeout", .either(["auto"], or: .positiveDuration), default: "auto",
      "How long an idle connection to a replica is kept. `auto` is a second less than the engine says by "
        + "`keep-alive: timeout=N`, and 4 s where it says nothing, since uvicorn closes its own after 5 s. A duration "
        + "holds unless the engine says a shorter one."),
    .init(
      "\(path).hedge_after", .either(["p95", "none"], or: .positiveDuration), default: "none",
      "A request without a first byte for so long is sent to a second replica too, and the first answer is taken. "
        + "`p95` is the time within which 95 of 100 recent requests of the model got their first byte, 50 ms at least."),
  ]
}
