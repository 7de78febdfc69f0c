import ChatProtocols
import Fleet

/// Why no replica takes a request. The raw value is its label in metrics.
public enum ReplicaRefusal: String, Sendable {
  case noBackend = "no_backend"
  case allFull = "replicas_full"
  case noneReady = "no_replica"
  /// The model's engines serve requests in pairs alone, and no pair is there.
  case noPair = "no_pair"
  /// The labels of none are what the request's filter wants.
  case filteredOut = "filtered_out"

  /// What the client is told.
  ///
  /// - Parameter model: as the client knows it.
  public func error(model: String, placements: [Placement]) -> APIError {
    unmarkedError(model: model, placements: placements).marked(mark)
  }

  /// The field by which AIBrix's clients tell it.
  private var mark: StaticString {
    switch self {
    case .allFull, .filteredOut: "x-error-routing"
    case .noBackend, .noneReady, .noPair: "x-error-no-model-backends"
    }
  }

  private func unmarkedError(model: String, placements: [Placement]) -> APIError {
    switch self {
    case .noBackend: .server("model \"\(model)\" has no backend", status: 503, code: "no_backend")
    case .allFull:
      .server(
        "every replica of model \"\(model)\" works on as many requests as it may", status: 503, code: "overloaded")
    case .noneReady:
      .server("no replica of model \"\(model)\" is ready\(Self.failures(placements))", status: 503, code: "no_replica")
    case .noPair:
      .server(
        "model \"\(model)\" has no prefill and decode replica of one group that are ready and may be tried"
          + Self.failures(placements), status: 503, code: "no_pair")
    case .filteredOut:
      .server(
        "no replica of model \"\(model)\" has the labels that external-filter asks for", status: 503,
        code: "no_replica_matches")
    }
  }

  /// Seconds after which it is worth asking again; 0 where nothing tells.
  public var retryAfter: Int { self == .allFull ? 1 : 0 }

  /// Why the first few replicas are failing, as the end of a sentence.
  private static func failures(_ placements: [Placement]) -> String {
    let reasons = placements.prefix(3).compactMap { placement in
      placement.replica.health.lastFailure.map { "\(placement.name): \($0)" }
    }
    return reasons.isEmpty ? "" : " (" + reasons.joined(separator: "; ") + ")"
  }
}
