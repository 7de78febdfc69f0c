/// `global.gateway`.
extension DocumentDecoder {
  mutating func gatewayLimits(_ node: DocumentNode?) -> GatewayLimits {
    var limits = GatewayLimits()
    guard let node, node.entries != nil else { return limits }
    let path = DocumentPath([.key("global"), .key("gateway")])
    limits.maxRequests = node["max_requests"]?.integer ?? limits.maxRequests
    limits.maxBufferedBytes = node["max_buffered_bytes"]?.size ?? limits.maxBufferedBytes
    limits.maxConnections = node["max_connections"]?.integer ?? limits.maxConnections
    limits.bodyLimit = node["body_limit"]?.size ?? limits.bodyLimit
    limits.uploadLimit = node["upload_limit"]?.size ?? limits.uploadLimit
    limits.drainTimeout = node["drain_timeout"]?.duration ?? limits.drainTimeout
    if let limit = node["client_idle_timeout"]?.limit { limits.clientIdleTimeout = limit }
    if let limit = node["request_read_timeout"]?.limit { limits.requestReadTimeout = limit }
    if let generation = node["aibrix_compat"]?.text.flatMap(AIBrixCompatibility.init) {
      limits.compatibility = generation
    }
    if node["unknown_model_status"]?.text == "404" { limits.unknownModelStatus = 404 }
    limits.prefixBlocks = node["prefix_blocks"]?.integer ?? limits.prefixBlocks
    if let header = node["priority_header"], let text = header.text, !text.isEmpty {
      if !HTTPText.isToken(text) {
        let shown = header.scalar?.isFromEnvironment == true ? "" : ", not \(ProblemLog.quoted(text))"
        log.error(
          path + .key("priority_header"), .predicate("must be the name of a header\(shown)"),
          suggestion: "write a name such as x-request-priority")
      }
      limits.priorityHeader = text.lowercased()
    }
    limits.endpointsFile = file(node["endpoints_file"], at: path + .key("endpoints_file"))
    if let file = node["users"]?["file"]?.text, !file.isEmpty {
      limits.usersFile = FileInspection.path(file, namedIn: log.file)
    }
    if let variable = node["users"]?["token_env"]?.text, !variable.isEmpty { limits.usersTokenVariable = variable }
    if let users = node["users"], users.entries != nil, limits.usersFile == nil {
      log.error(
        path + .key("users"), .predicate("names no file to keep them in"), suggestion: "write file: users.db")
    }
    if limits.bodyLimit > limits.maxBufferedBytes {
      if node["body_limit"] == nil {
        log.error(
          path + .key("max_buffered_bytes"),
          .predicate("must not be less than body_limit, \(Quantity.text(ofBytes: limits.bodyLimit))"),
          suggestion: "raise it, or set a lower body_limit")
      } else {
        log.error(
          path + .key("body_limit"),
          .predicate("must not exceed max_buffered_bytes, \(Quantity.text(ofBytes: limits.maxBufferedBytes))"),
          suggestion: "lower it, or raise max_buffered_bytes")
      }
    }
    return limits
  }
}
