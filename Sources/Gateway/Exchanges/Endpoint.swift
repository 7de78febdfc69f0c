import ChatProtocols

/// What a path is for.
package enum Endpoint {
  /// Routed to a model.
  case model(ModelEndpoint)
  /// Answered by the gateway itself.
  case local(LocalEndpoint)
  /// Passed on as it comes to the model that the request names.
  case passedThrough(PassThroughPath)
  /// Passed on with these methods only.
  case notAllowed(PassThroughMethods)
  case unknown

  /// Trailing slashes are tolerated.
  package static func at(_ path: String, method: String) -> Endpoint {
    guard path.utf8.last == UInt8(ascii: "/"), path.utf8.count > 1 else { return exactly(path, method) }
    let bytes = path.utf8
    let end = bytes.lastIndex { $0 != UInt8(ascii: "/") }
    return end.map { exactly(String(path[...$0]), method) } ?? .unknown
  }

  /// The target at an engine, before a backend's own changes (``Fleet/Placement/target(of:_:)``): a model's endpoint in its
  /// canonical spelling, any other path as it is.
  package func target(path: String, query: String) -> String {
    var path = path
    if case .model(let model) = self { path = model.path }
    return query.isEmpty ? path : path + query
  }

  private static func exactly(_ path: String, _ method: String) -> Endpoint {
    switch path {
    case "/v1/chat/completions": return .model(.chatCompletions)
    case "/v1/completions": return .model(.completions)
    case "/v1/embeddings": return .model(.embeddings)
    case "/v1/models": return .local(.models)
    case "/health": return .local(.health)
    case "/ready": return .local(.ready)
    case "/metrics": return .local(.metrics)
    default:
      if path.hasPrefix("/v1/models/"), path.utf8.count > 11 { return .local(.model(String(path.dropFirst(11)))) }
      return passedThrough(path, method)
    }
  }

  private static func passedThrough(_ path: String, _ method: String) -> Endpoint {
    var path = path
    var method = method
    let match = path.withUTF8 { path in
      method.withUTF8 { method in
        PassThroughPath.match(path: UnsafeRawBufferPointer(path), method: UnsafeRawBufferPointer(method))
      }
    }
    return switch match {
    case nil: .unknown
    case .passed(let row): .passedThrough(row)
    case .methodNotAllowed(let methods): .notAllowed(methods)
    }
  }
}

package enum LocalEndpoint {
  case models
  case model(String)
  case health
  case ready
  case metrics
}
