/// How the simulated cache's events are published.
struct CacheEventSettings: Sendable, Equatable {
  /// `tcp://HOST:PORT` of the subscriber, which is called; with the host `*` the engine listens, as vLLM's does. Empty
  /// means the generation's default.
  var endpoint = ""
  /// Where past events can be asked for; empty for nowhere.
  var replayEndpoint = ""
  /// Messages kept for replay.
  var replayQueueSize = 1024
  var usesMaps = false

  /// The endpoint of a data-parallel rank: the port is higher by the rank. nil when it has no port that allows that.
  static func endpoint(_ endpoint: String, rank: Int) -> String? {
    guard rank > 0 else { return endpoint }
    guard let colon = endpoint.lastIndex(of: ":"), let port = Int(endpoint[endpoint.index(after: colon)...]),
      port + rank <= 65_535
    else { return nil }
    return "\(endpoint[...colon])\(port + rank)"
  }
}

extension EngineSimulatorOptions {
  /// Where the events of a rank go.
  func eventEndpoint(rank: Int) -> String? {
    let fallback = compatibility == .v050 ? "tcp://localhost:5557" : "tcp://127.0.0.1:5557"
    // Every rank of v0.5.0 calls the same subscriber.
    return CacheEventSettings.endpoint(
      events.endpoint.isEmpty ? fallback : events.endpoint, rank: compatibility == .v050 ? 0 : rank)
  }
}
