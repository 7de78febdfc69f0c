import ChatProtocols

/// What a path is for.
enum Endpoint {
  /// Routed to a model.
  case model(ModelEndpoint)
  /// Answered by the gateway itself.
  case local(LocalEndpoint)
  case unknown

  /// Trailing slashes are tolerated.
  static func at(_ path: String) -> Endpoint {
    guard path.utf8.last == UInt8(ascii: "/"), path.utf8.count > 1 else { return exactly(path) }
    let bytes = path.utf8
    let end = bytes.lastIndex { $0 != UInt8(ascii: "/") }
    return end.map { exactly(String(path[...$0])) } ?? .unknown
  }

  private static func exactly(_ path: String) -> Endpoint {
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
      return .unknown
    }
  }
}

enum LocalEndpoint {
  case models
  case model(String)
  case health
  case ready
  case metrics
}

/// Reason phrases of the statuses that the gateway itself answers with.
enum Reason {
  static func phrase(_ status: Int) -> String {
    switch status {
    case 200: "OK"
    case 400: "Bad Request"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 408: "Request Timeout"
    case 413: "Content Too Large"
    case 431: "Request Header Fields Too Large"
    case 501: "Not Implemented"
    case 502: "Bad Gateway"
    case 503: "Service Unavailable"
    case 504: "Gateway Timeout"
    case 505: "HTTP Version Not Supported"
    default: "Error"
    }
  }
}
