/// The engine's paths: which there are in which generation, and what answers them.
enum Endpoint {
  /// Whether a request shows up in `/sim/requests`; probes and scrapes would only push out what is of interest.
  static func isRecorded(_ path: String) -> Bool {
    !(path.hasPrefix("/sim/") || path.hasPrefix("/health") || path == "/ready" || path == "/metrics")
  }

  /// Answers a request, at once or, for generation, by a job.
  static func answer(
    _ request: InboundRequest, engine: Engine, connection: EngineConnection
  ) throws(EngineError) {
    let isLatest = engine.options.compatibility == .latest
    switch (request.method, request.path) {
    case (.POST, "/v1/chat/completions"): try generate(.chat, request, engine, connection)
    case (.POST, "/v1/completions"): try generate(.completion, request, engine, connection)
    case (.POST, "/v1/responses") where isLatest: try generate(.responses, request, engine, connection)
    case (.POST, "/v1/messages") where isLatest: try generate(.messages, request, engine, connection)
    case (.POST, "/inference/v1/generate") where isLatest: try generate(.generate, request, engine, connection)
    case (.POST, "/v1/chat/completions/render") where isLatest: try render(.chat, request, engine, connection)
    case (.POST, "/v1/completions/render") where isLatest: try render(.completion, request, engine, connection)
    case (.GET, "/query") where isLatest: connection.respond(json: engine.identity.json)
    case (.POST, "/v1/embeddings") where isLatest: try embed(request, engine, connection)
    case (.GET, "/v1/models"): connection.respond(json: models(engine))
    case (.POST, "/v1/load_lora_adapter"): try loadAdapter(request, engine, connection)
    case (.POST, "/v1/unload_lora_adapter"):
      engine.forget(adapter: try json(request)["lora_name"]?.string ?? "")
      connection.respond(status: 200, contentType: nil, headers: [], body: [])
    case (.POST, "/tokenize"): connection.respond(json: try tokenize(request, engine))
    case (.GET, "/health"), (.HEAD, "/health"): connection.respond(json: [])
    case (_, "/health/ready") where !isLatest: throw .notFound(request.path)
    // The latest generation of the original has dropped /ready; manifests still probe it, so it stays.
    case (.GET, "/ready"), (.HEAD, "/ready"), (.GET, "/health/ready"), (.HEAD, "/health/ready"):
      guard engine.isStarted else { throw EngineError(status: 503, message: "The engine is starting") }
      connection.respond(json: [])
    case (.GET, "/metrics"):
      let page = engine.metrics.page(
        engine.gauges, options: engine.options, elapsedMilliseconds: engine.elapsedMilliseconds)
      connection.respond(
        status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8", headers: [], body: Array(page.utf8))
    case (.GET, "/admin/config") where isLatest: connection.respond(json: AdminConfiguration.json(engine.options))
    case (.POST, "/admin/config") where isLatest:
      engine.options = try AdminConfiguration.apply(try json(request), to: engine.options)
      connection.respond(json: AdminConfiguration.json(engine.options))
    case (.POST, "/fake_metrics") where isLatest:
      let update = JSONValue.object([JSONMember(name: "fake-metrics", value: try json(request))])
      engine.options = try AdminConfiguration.apply(update, to: engine.options)
      connection.respond(status: 200, contentType: nil, headers: [], body: [])
    case (_, "/sleep"), (_, "/wake_up"), (_, "/is_sleeping"): try sleep(request, engine, connection)
    case (.GET, let path) where path.hasPrefix("/sim/caches/"):
      guard let prompt = engine.keptCaches.take(String(path.dropFirst("/sim/caches/".count))) else {
        throw .notFound(path)
      }
      connection.respond(
        status: 200, contentType: "text/plain; charset=utf-8", headers: [], body: Array(String(prompt).utf8))
    case (_, let path) where path.hasPrefix("/sim/requests"): try requestLog(request, engine, connection)
    case (_, let path) where isLatest && path.hasPrefix("/vllm.grpc.engine.VllmEngine/"):
      throw EngineError(status: 501, message: "This simulator has no gRPC; POST /inference/v1/generate does the same")
    case (_, let path) where known.contains(path) || (isLatest && knownToLatest.contains(path)):
      throw EngineError(status: 405, message: "\(request.method) is not a method of \(path)")
    default: throw .notFound(request.path)
    }
  }

  private static let known: Set = [
    "/v1/chat/completions", "/v1/completions", "/v1/models", "/v1/load_lora_adapter", "/v1/unload_lora_adapter",
    "/tokenize", "/health", "/ready", "/metrics",
  ]

  private static let knownToLatest: Set = [
    "/v1/responses", "/v1/messages", "/v1/embeddings", "/inference/v1/generate", "/v1/completions/render",
    "/v1/chat/completions/render", "/query", "/health/ready", "/admin/config", "/fake_metrics",
  ]

  static func json(_ request: InboundRequest) throws(EngineError) -> JSONValue {
    do {
      return try JSONValue(parsing: request.body)
    } catch {
      throw .badRequest("The request body is not valid JSON: \(error)")
    }
  }

  // MARK: Generation

  private static func generate(
    _ api: GenerationAPI, _ http: InboundRequest, _ engine: Engine, _ connection: EngineConnection
  ) throws(EngineError) {
    try injectFailure(http, engine)
    let body: JSONValue
    do {
      body = try JSONValue(parsing: http.body)
    } catch {
      let message = "Failed to read and parse the request body: \(error)"
      guard engine.options.compatibility == .v050 else { throw .badRequest(message) }
      connection.respond(status: 400, contentType: "text/plain; charset=utf-8", headers: [], body: Array(message.utf8))
      return
    }
    var request = try GenerationRequest(body, api: api, defaultModel: engine.options.displayName)
    guard engine.isKnown(request.model) else { throw .unknownModel(request.model) }
    request.take(try HandOverRequest(body, engine.options) { engine.random.uuid() })
    if engine.isSleeping { throw EngineError(status: 503, message: "The engine is asleep; POST /wake_up wakes it") }
    try request.check(engine.options)
    if engine.options.compatibility == .v050 { try request.checkContext(window: engine.options.maxModelLength) }
    if case .fetch(let address, let waits) = request.handOver {
      return engine.submit(request, after: address, waits: waits, http: http, connection: connection)
    }
    try engine.submit(request, http: http, connection: connection)
  }

  /// Answers what would be generated from: the request with its prompt as token numbers.
  private static func render(
    _ api: GenerationAPI, _ http: InboundRequest, _ engine: Engine, _ connection: EngineConnection
  ) throws(EngineError) {
    let body = try json(http)
    let request = try GenerationRequest(body, api: api, defaultModel: engine.options.displayName)
    guard engine.isKnown(request.model) else { throw .unknownModel(request.model) }
    try request.check(engine.options)
    try request.checkContext(window: engine.options.maxModelLength)
    connection.respond(json: RenderedRequest(request, body: body).json { engine.random.uuid() })
  }

  private static func injectFailure(_ http: InboundRequest, _ engine: Engine) throws(EngineError) {
    let options = engine.options
    if options.compatibility == .latest, let text = http.header("x-return-error") {
      guard let status = Int(text), 400...599 ~= status else {
        throw .badRequest("X-Return-Error must be an HTTP status from 400 to 599, not \"\(text)\"")
      }
      throw EngineError(status: status, message: "X-Return-Error asked for status \(status)")
    }
    guard engine.random.happens(percent: options.failureInjectionRate) else { return }
    let kinds = options.failureKinds.isEmpty ? FailureKind.allCases : options.failureKinds
    throw .injected(kinds[engine.random.integer(in: 0...(kinds.count - 1))], model: options.displayName)
  }

  private static func embed(
    _ http: InboundRequest, _ engine: Engine, _ connection: EngineConnection
  ) throws(EngineError) {
    try injectFailure(http, engine)
    let request = try EmbeddingRequest(try json(http))
    guard engine.isKnown(request.model) else { throw .unknownModel(request.model) }
    let longest = request.inputs.map(\.count).max() ?? 0
    guard longest <= engine.options.maxModelLength else {
      throw .badRequest(
        "This model's maximum context length is \(engine.options.maxModelLength) tokens. However, an input has \(longest) tokens.",
        parameter: "input")
    }
    let shown = engine.options.baseNames.contains(request.model) ? engine.options.displayName : request.model
    connection.respond(
      json: request.answer(model: shown, defaultDimensions: engine.options.embeddingDimensions))
  }

  // MARK: Models

  private static func models(_ engine: Engine) -> [UInt8] {
    let options = engine.options
    let created = Int(engine.unixTime)
    var json = JSONBytes()
    var count = 0
    func add(id: String, root: String, parent: String?) {
      if count > 0 { json.raw(",") }
      count += 1
      json.raw(#"{"id":"#)
      json.string(id)
      json.raw(#","object":"model","created":\#(created),"owned_by":"vllm","root":"#)
      json.string(root)
      json.raw(#","parent":"#)
      json.stringOrNull(parent)
      json.raw(#","max_model_len":\#(options.maxModelLength)}"#)
    }
    json.raw(#"{"object":"list","data":["#)
    for name in options.baseNames { add(id: name, root: options.model, parent: nil) }
    for module in engine.adapters.modules {
      add(id: module.name, root: module.path.isEmpty ? module.name : module.path, parent: options.displayName)
    }
    json.raw("]}")
    return json.bytes
  }

  private static func loadAdapter(
    _ http: InboundRequest, _ engine: Engine, _ connection: EngineConnection
  ) throws(EngineError) {
    let body = try json(http)
    guard let name = body["lora_name"]?.string, !name.isEmpty else {
      throw .badRequest("lora_name must be a non-empty string", parameter: "lora_name")
    }
    guard engine.adapters.load(LoRAModule(name: name, path: body["lora_path"]?.string ?? "")) else {
      throw .badRequest("\(AdapterRegistry.capacity) adapters are loaded; unload one first", parameter: "lora_name")
    }
    connection.respond(status: 200, contentType: nil, headers: [], body: [])
  }

  private static func tokenize(_ http: InboundRequest, _ engine: Engine) throws(EngineError) -> [UInt8] {
    let body = try json(http)
    if body.present("prompt") != nil, body.present("messages") != nil {
      throw .badRequest("both prompt and messages fields in tokenize request")
    }
    let tokens: [UInt32]
    if body.present("messages") != nil {
      tokens = try Conversation(body, api: .chat).tokens
    } else if let prompt = body.present("prompt")?.string {
      tokens = GenerationPrompt(text: prompt).tokens
    } else {
      throw .badRequest("tokenize needs prompt, a string, or messages", parameter: "prompt")
    }
    let list = tokens.map(String.init).joined(separator: ",")
    return Array(
      #"{"count":\#(tokens.count),"tokens":[\#(list)],"max_model_len":\#(engine.options.maxModelLength)}"#.utf8)
  }

  private static func sleep(
    _ http: InboundRequest, _ engine: Engine, _ connection: EngineConnection
  ) throws(EngineError) {
    guard engine.options.compatibility == .latest, engine.options.servesSleep else { throw .notFound(http.path) }
    switch (http.method, http.path) {
    case (.POST, "/sleep"): engine.sleep()
    case (.POST, "/wake_up"):
      // Waking only the weights leaves the engine without a cache, so it goes on sleeping.
      if http.query("tags").map({ $0.contains("kv_cache") }) ?? true { engine.wakeUp() }
    case (.GET, "/is_sleeping"):
      connection.respond(json: Array(#"{"is_sleeping":\#(engine.isSleeping)}"#.utf8))
      return
    default: throw EngineError(status: 405, message: "\(http.method) is not a method of \(http.path)")
    }
    connection.respond(status: 200, contentType: nil, headers: [], body: [])
  }

  // MARK: The request log

  private static func requestLog(
    _ http: InboundRequest, _ engine: Engine, _ connection: EngineConnection
  ) throws(EngineError) {
    let parts = http.path.split(separator: "/").map(String.init)
    switch (http.method, parts.count) {
    case (.GET, 2):
      var limit = RequestLog.requestLimit
      if let text = http.query("last") {
        guard let value = Int(text), value >= 0 else {
          throw .badRequest("last must be a number of requests", parameter: "last")
        }
        limit = value
      }
      connection.respond(json: engine.log.json(last: limit))
    case (.DELETE, 2):
      engine.log.clear()
      connection.respond(status: 204, contentType: nil, headers: [], body: [])
    case (.GET, 4) where parts[3] == "body":
      let entry =
        parts[2] == "last" ? engine.log.entries.last : engine.log.entries.first { String($0.id) == parts[2] }
      guard let entry else {
        throw EngineError(status: 404, message: "No request \(parts[2]) is kept; /sim/requests lists those that are")
      }
      guard case .whole(let bytes) = entry.body else {
        throw EngineError(
          status: 404,
          message: "Request \(entry.id) had more than \(RequestLog.bodyLimit) bytes; only its ends are kept")
      }
      connection.respond(
        status: 200, contentType: "application/octet-stream", headers: [("x-sim-request-path", entry.path)], body: bytes
      )
    default: throw .notFound(http.path)
    }
  }
}
