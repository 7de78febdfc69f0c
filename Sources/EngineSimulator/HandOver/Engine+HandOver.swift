import NIOCore

/// What an engine with a role does beside generating: it keeps caches for others, or fetches them first.
extension Engine {
  /// Has a request wait until the cache of its prompt is here, then submits it.
  func submit(
    _ request: GenerationRequest, after address: CacheAddress, waits: Bool, http: InboundRequest,
    connection: EngineConnection
  ) {
    let key = ObjectIdentifier(connection)
    let wait = waits ? Duration.milliseconds(options.handOverWaitMilliseconds) : .zero
    let loop = eventLoop
    let bound = NIOLoopBound((engine: self, connection: connection), eventLoop: loop)
    let input = NIOLoopBound((request, http), eventLoop: loop)
    fetches[key] = Task {
      let outcome = await CacheFetch.fetch(address, within: wait, on: loop)
      loop.execute {
        let (engine, connection) = bound.value
        guard engine.fetches.removeValue(forKey: key) != nil else { return }
        let (request, http) = input.value
        engine.fetched(outcome, from: address, for: request, http: http, connection: connection, waited: waits)
      }
    }
  }

  private func fetched(
    _ outcome: CacheFetch.Outcome, from address: CacheAddress, for request: GenerationRequest, http: InboundRequest,
    connection: EngineConnection, waited: Bool
  ) {
    do throws(EngineError) {
      switch outcome {
      case .fetched(let prompt):
        guard prompt == KeptCaches.fingerprint(request.prompts) else {
          throw .badRequest("The cache at \(address.text) is that of another prompt")
        }
        try submit(request, http: http, connection: connection)
      case .missing(let reason):
        let text = "There is no cache of this prompt at \(address.text): \(reason)"
        throw waited ? EngineError(status: 500, message: text) : .badRequest(text)
      }
    } catch {
      connection.respond(error)
    }
  }

  /// The prompt of a request has been read: its cache can be fetched.
  func keepCache(of request: GenerationRequest) {
    guard case .keep(let name) = request.handOver else { return }
    keptCaches.keep(name, prompt: KeptCaches.fingerprint(request.prompts))
  }

  /// What the answer to a request says of the cache that is kept.
  func handOverAnswer(_ request: GenerationRequest) -> HandOverAnswer? {
    guard case .keep(let name) = request.handOver else { return nil }
    switch options.handOver {
    case .vllm: return .vllm(engine: identity.id, host: plainHost, port: port, name: name)
    case .sglang: return nil
    case .trtllm:
      return .tensorRTLLM(
        address: CacheAddress(host: plainHost, port: port, name: name), prompt: request.prompts.flatMap(\.tokens))
    }
  }

  private var plainHost: String {
    identity.host.hasPrefix("[") ? String(identity.host.dropFirst().dropLast()) : identity.host
  }
}
