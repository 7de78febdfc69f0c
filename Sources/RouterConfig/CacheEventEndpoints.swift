/// Where an engine publishes what its KV cache takes in and gives up: ZeroMQ endpoints, `tcp://HOST:PORT`.
public struct CacheEventEndpoints: Sendable, Equatable {
  /// The port on which vLLM publishes when it is not told otherwise.
  public static let usualPort = 5_557
  /// The port that AIBrix asks for events that were missed.
  public static let usualReplayPort = 5_558

  /// Listened to.
  public var publisher: String
  /// Asked for events that were missed; nil means that a gap cannot be filled.
  public var replay: String?

  public init(publisher: String, replay: String?) {
    self.publisher = publisher
    self.replay = replay
  }

  /// The usual ports of a host.
  public init(host: String) {
    self.init(
      publisher: Self.endpoint(host: host, port: Self.usualPort),
      replay: Self.endpoint(host: host, port: Self.usualReplayPort))
  }

  static func endpoint(host: String, port: Int) -> String {
    "tcp://\(host.contains(":") ? "[\(host)]" : host):\(port)"
  }

  /// Whether a text is an endpoint that can be connected to.
  static func isEndpoint(_ text: String) -> Bool {
    guard text.hasPrefix("tcp://") else { return false }
    let place = text.dropFirst(6)
    guard let address = try? BackendAddress(endpoint: String(place), usesTLS: false), !place.contains("/") else {
      return false
    }
    return endpoint(host: address.host, port: address.port) == text
  }
}

extension CacheEventEndpoints {
  /// Reads the mapping `kv_events`, which is the same in the document and in the endpoints file.
  ///
  /// - Parameter host: of the engine, for endpoints that are left out.
  init(_ node: DocumentNode, host: String, at path: DocumentPath, log: inout ProblemLog) {
    self.init(host: host)
    func endpoint(_ key: String, _ usual: String) -> String {
      guard let text = node[key]?.text else { return usual }
      if !Self.isEndpoint(text) {
        let shown = node[key]?.scalar?.isFromEnvironment == true ? "" : ", not \(ProblemLog.quoted(text))"
        log.error(
          path + .key(key), .predicate("must be an endpoint of ZeroMQ\(shown)"),
          suggestion: "write tcp://host:port, such as \(usual)")
      }
      return text
    }
    publisher = endpoint("endpoint", publisher)
    replay = node["replay_endpoint"]?.text == "none" ? nil : endpoint("replay_endpoint", replay ?? "")
  }
}
