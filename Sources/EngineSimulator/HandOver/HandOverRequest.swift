/// What a request says of the hand-over of its prompt's cache, to an engine with a role.
enum HandOverRequest: Equatable {
  /// Nothing: the engine reads the prompt and answers, whatever its role.
  case none
  /// The prompt is read here, its cache kept under this name, and one token answered.
  case keep(String)
  /// The prompt was read by another engine, which keeps the cache. `waits`: it may not have done so yet.
  case fetch(CacheAddress, waits: Bool)

  /// - Parameter newName: gives a name that no cache had.
  /// - Throws: what real engines refuse too: a hand-over that is not whole, or in the words of another role.
  init(_ body: JSONValue, _ options: EngineSimulatorOptions, newName: () -> String) throws(EngineError) {
    guard options.role != .both else {
      self = .none
      return
    }
    switch options.handOver {
    case .vllm: self = try Self.vllm(body, options.role, newName)
    case .sglang: self = try Self.sglang(body, options.role)
    case .trtllm: self = try Self.tensorRTLLM(body, options.role)
    }
  }

  private static func vllm(
    _ body: JSONValue, _ role: EngineRole, _ newName: () -> String
  ) throws(EngineError) -> HandOverRequest {
    guard let parameters = body.present("kv_transfer_params") else { return .none }
    if parameters.present("do_remote_decode")?.bool ?? false {
      guard role == .prefill else {
        throw refusal("kv_transfer_params", "do_remote_decode is for an engine that prefills")
      }
      return .keep(newName())
    }
    guard parameters.present("do_remote_prefill")?.bool ?? false else { return .none }
    guard role == .decode else {
      throw refusal("kv_transfer_params", "do_remote_prefill is for an engine that decodes")
    }
    guard let host = parameters.present("remote_host")?.string, let port = parameters.present("remote_port")?.integer,
      let name = parameters.present("remote_block_ids")?.elements?.first?.string
    else { throw refusal("kv_transfer_params", "remote_host, remote_port and remote_block_ids must be there") }
    return .fetch(CacheAddress(host: host, port: port, name: name), waits: false)
  }

  private static func sglang(_ body: JSONValue, _ role: EngineRole) throws(EngineError) -> HandOverRequest {
    guard let host = body.present("bootstrap_host")?.string, let port = body.present("bootstrap_port")?.integer,
      let room = body.present("bootstrap_room")?.integer, room >= 0
    else { throw refusal("bootstrap_room", "bootstrap_host, bootstrap_port and bootstrap_room must be there") }
    let name = "room-\(room)"
    return role == .prefill ? .keep(name) : .fetch(CacheAddress(host: host, port: port, name: name), waits: true)
  }

  private static func tensorRTLLM(_ body: JSONValue, _ role: EngineRole) throws(EngineError) -> HandOverRequest {
    guard let parameters = body.present("disaggregated_params") else { return .none }
    switch (parameters.present("request_type")?.string, role) {
    case ("context_only", .prefill):
      guard let id = parameters.present("disagg_request_id")?.integer, id >= 0 else {
        throw refusal("disaggregated_params", "disagg_request_id must be a whole number")
      }
      return .keep("context-\(id)")
    case ("generation_only", .decode):
      guard let state = parameters.present("opaque_state")?.string, let address = CacheAddress(state) else {
        throw refusal("disaggregated_params", "opaque_state must be what the context engine answered")
      }
      return .fetch(address, waits: false)
    case (let type, let role):
      throw refusal(
        "disaggregated_params", "request_type \(type ?? "null") is not for an engine whose role is \(role.rawValue)")
    }
  }

  private static func refusal(_ parameter: String, _ text: String) -> EngineError {
    .badRequest("\(parameter): \(text)", parameter: parameter)
  }
}
