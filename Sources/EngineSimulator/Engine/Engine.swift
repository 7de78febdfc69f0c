import NIOCore
import NIOHTTP1

/// One simulated engine: everything it knows, and the course of a generation request from arrival to the last token.
///
/// It lives on one event loop, like its connections, so it needs no locks; all methods must be called there. Time is the
/// loop's, so that a test can turn it forward.
final class Engine {
  /// More clients than this are turned away.
  static let connectionLimit = 16_384
  /// Tokens of a stream sent at once when they are due together; a step of all choices is always whole.
  private static let burst = 32
  /// Pause of a stream whose client reads too slowly.
  private static let stallPause: Int64 = 10_000_000

  var options: EngineSimulatorOptions {
    didSet { latency.settings = options.latency }
  }
  let identity: EngineIdentity
  private(set) var identityHeaders = HTTPHeaders()
  private(set) var isDraining = false
  private(set) var isSleeping = false
  var adapters: AdapterRegistry
  var log = RequestLog()
  var random: SeededRandom
  private(set) var metrics: EngineMetrics

  private let loop: any EventLoop
  private let wallClock: () -> Double
  private let started: Int64
  private var latency: LatencyModel
  private var scheduler: RequestScheduler
  private var cache: BlockCache
  /// nil when the cache's events are not published.
  var events: CacheEventPublisher?
  /// Requests that wait for the cache of their prompt, by connection.
  var fetches: [ObjectIdentifier: Task<Void, Never>] = [:]
  var keptCaches = KeptCaches()
  let port: Int
  private var jobs: [Int: GenerationJob] = [:]
  private var nextJob = 1
  private var connections: [ObjectIdentifier: EngineConnection] = [:]
  private var starts: [RequestScheduler.Start] = []
  private var isStarting = false
  private var scratch: [UInt8] = []
  private var date = (second: Int.min, text: "")
  private var drained: EventLoopPromise<Void>?

  /// - Parameter options: Validated.
  /// - Parameter port: The port that the identity headers show.
  /// - Parameter rank: The engine's place among its data-parallel ranks.
  /// - Parameter wallClock: Seconds since 1970.
  init(
    options: EngineSimulatorOptions, port: Int, rank: Int = 0, eventLoop: any EventLoop,
    wallClock: @escaping () -> Double = WallClock.now
  ) {
    self.options = options
    loop = eventLoop
    self.port = port
    self.wallClock = wallClock
    started = Int64(eventLoop.now.uptimeNanoseconds)
    random = SeededRandom(seed: options.seed ?? UInt64.random(in: .min ... .max))
    identity = EngineIdentity(options, port: port, rank: rank)
    adapters = AdapterRegistry(options.loraModules)
    let isOld = options.compatibility == .v050
    latency = LatencyModel(
      settings: options.latency, maxSequences: options.maxSequences, truncatesToMilliseconds: isOld)
    // v0.5.0 blocks its handlers when 1000 requests wait; blocked handlers are a queue too, here one with an end.
    scheduler = RequestScheduler(
      maxSequences: options.maxSequences, slots: isOld ? .unlimited : .limited(options.maxLoRAs),
      queueLimit: isOld ? Engine.connectionLimit : options.maxWaitingQueueLength)
    cache = BlockCache(capacity: options.kvCacheSize)
    metrics = EngineMetrics(maxModelLength: options.maxModelLength)
    identityHeaders.add(
      name: "x-inference-pod", value: options.podName.isEmpty ? "\(options.displayName)-\(port)" : options.podName)
    if !isOld { identityHeaders.add(name: "x-inference-port", value: String(port)) }
    if !options.podNamespace.isEmpty { identityHeaders.add(name: "x-inference-namespace", value: options.podNamespace) }
  }

  // MARK: Time

  /// Loop time in nanoseconds.
  var now: Int64 { Int64(loop.now.uptimeNanoseconds) }
  var eventLoop: any EventLoop { loop }
  var elapsedMilliseconds: Double { Double(now - started) / 1e6 }
  var isStarted: Bool { elapsedMilliseconds >= options.startupMilliseconds }
  var unixTime: Double { wallClock() }

  /// The `date` header; formatted once a second.
  func httpDate() -> String {
    let second = Int(wallClock())
    if second != date.second { date = (second, WallClock.httpDate(second)) }
    return date.text
  }

  // MARK: Connections

  /// False when there are too many or the engine stops.
  func opened(_ connection: EngineConnection) -> Bool {
    guard connections.count < Engine.connectionLimit, !isDraining else { return false }
    connections[ObjectIdentifier(connection)] = connection
    return true
  }

  func closed(_ connection: EngineConnection) {
    if let job = connection.job.flatMap({ jobs[$0] }) { cancel(job) }
    fetches.removeValue(forKey: ObjectIdentifier(connection))?.cancel()
    connections[ObjectIdentifier(connection)] = nil
    if isDraining, connections.isEmpty { drained?.succeed() }
  }

  /// Closes idle connections now and the others after their answer; succeeds when none is left.
  func drain() -> EventLoopFuture<Void> {
    if let drained { return drained.futureResult }
    isDraining = true
    let promise = loop.makePromise(of: Void.self)
    drained = promise
    for connection in connections.values { connection.closeWhenIdle() }
    if connections.isEmpty { promise.succeed() }
    return promise.futureResult
  }

  func closeAll() {
    for connection in connections.values { connection.closeNow() }
  }

  func receive(_ request: InboundRequest, from connection: EngineConnection) {
    if options.logsHTTP { StandardError.line("\(request.method) \(request.uri) \(request.body.count) bytes") }
    // Probes and model lists would push out what a test looks for.
    if Endpoint.isRecorded(request.path), request.method != .GET, request.method != .HEAD {
      log.record(
        method: request.method.rawValue, path: request.uri, time: wallClock(),
        headers: request.headers.map { ($0.name, $0.value) }, body: request.body)
    }
    do throws(EngineError) {
      try Endpoint.answer(request, engine: self, connection: connection)
    } catch {
      connection.respond(error)
    }
  }

  // MARK: Gauges

  var gauges: EngineMetrics.Gauges {
    EngineMetrics.Gauges(
      running: scheduler.runningCount, waiting: scheduler.waitingCount, cacheUsage: cache.usage,
      runningAdapters: scheduler.runningAdapters, waitingAdapters: scheduler.waitingAdapters,
      now: wallClock().rounded(.down))
  }

  // MARK: Models

  func isKnown(_ model: String) -> Bool {
    options.baseNames.contains(model) || adapters.contains(model)
  }

  func forget(adapter: String) {
    adapters.unload(adapter)
    cache.retire(model: adapter)
  }

  func sleep() {
    isSleeping = true
    cache.clear()
    publish(chain: [], tokens: [], adapter: nil)
  }

  func wakeUp() {
    isSleeping = false
  }

  // MARK: Generation

  /// A request that passed the checks joins the queue or starts at once.
  func submit(_ request: GenerationRequest, http: InboundRequest, connection: EngineConnection) throws(EngineError) {
    let id = nextJob
    nextJob += 1
    let isAdapter = !options.baseNames.contains(request.model)
    let job = GenerationJob(
      id: id, request: request, sink: connection, adapter: isAdapter ? request.model : nil,
      shownModel: isAdapter ? request.model : options.displayName,
      forcesCacheThreshold: http.header("x-cache-threshold-finish-reason")?.lowercased() == "true", arrived: now)
    let admission = scheduler.submit(id, adapter: job.adapter, now: job.arrived)
    if admission == .refused {
      throw EngineError(
        status: 429,
        message:
          "The queue is full: \(scheduler.waitingCount) requests are waiting; --max-waiting-queue-length sets the limit"
      )
    }
    jobs[id] = job
    connection.job = id
    if case .started(let start) = admission {
      starts.append(start)
      startPending()
    }
  }

  private func startPending() {
    guard !isStarting else { return }
    isStarting = true
    defer { isStarting = false }
    while !starts.isEmpty {
      let start = starts.removeFirst()
      if let unloaded = start.unloaded { cache.retire(model: unloaded) }
      guard let job = jobs[start.id] else { continue }
      do throws(EngineError) {
        try begin(job, queued: start.queued)
      } catch {
        release(job)
        job.sink.respond(error)
      }
    }
  }

  private func begin(_ job: GenerationJob, queued: Int64) throws(EngineError) {
    let request = job.request
    let isOld = options.compatibility == .v050
    if !isOld { try request.checkContext(window: options.maxModelLength) }
    let promptCount = request.promptTokenCount

    var blocks: [UInt64] = []
    var cached = 0
    if options.cachesKV, !isOld || request.api == .completion {
      let model = job.adapter ?? options.model
      let root = BlockHashes.root(
        seed: options.hashSeed, model: model, compatibility: options.compatibility)
      for prompt in request.prompts {
        let chain = BlockHashes.chain(
          root: root, tokens: prompt.tokens, blockSize: options.blockSize, compatibility: options.compatibility)
        do {
          cached += try cache.start(chain, model: model) * options.blockSize
        } catch {
          cache.finish(blocks)
          throw EngineError(
            status: 500, message: "the kv cache does not have sufficient capacity to store this request")
        }
        blocks += chain
        publish(chain: chain, tokens: prompt.tokens, adapter: job.adapter)
      }
      metrics.lookedUp(tokens: promptCount, cached: cached)
    }

    let plan: GenerationPlan
    let isBelowThreshold = isBelowThreshold(job, cached: cached)
    if isBelowThreshold {
      plan = .belowCacheThreshold(choices: request.choiceCount)
    } else {
      plan = GenerationPlan(request, options: options, random: &random)
    }
    let context = AnswerContext(
      id: request.requestID ?? identifier(request.api), created: Int64(wallClock()), model: job.shownModel,
      promptTokens: promptCount, cachedTokens: cached, includesUsage: request.includesUsage,
      compatibility: options.compatibility,
      transfer: request.transfer.doRemoteDecode ? .prefilled(options.compatibility) : nil,
      handOver: handOverAnswer(request), instructions: request.instructions)
    let writer: any AnswerWriter =
      switch request.api {
      case .chat: ChatAnswer(plan, context)
      case .completion: CompletionAnswer(plan, context)
      case .generate: GenerateAnswer(plan, context)
      case .responses: ResponsesAnswer(plan.choices[0], context)
      case .messages: MessagesAnswer(plan.choices[0], context)
      }
    let first = latency.timeToFirstToken(
      promptTokens: promptCount, cachedTokens: cached, prefilledElsewhere: request.isPrefilledElsewhere,
      running: scheduler.runningCount, random: &random)
    let started = now
    var running = GenerationJob.Running(
      plan: plan, writer: writer, blocks: blocks, queued: queued, started: started,
      due: started + Engine.nanoseconds(isBelowThreshold ? 0 : first))
    if !request.streams {
      running.firstToken = running.due
      for _ in 0..<max(plan.steps - 1, 0) {
        running.decode = min(running.decode + nextInterval(), 1_000_000_000_000_000)
      }
      running.due += running.decode
    }
    let due = running.due
    job.running = running
    schedule(job, at: due)
  }

  /// Tells what a prompt changed in the cache to those who follow it.
  private func publish(chain: [UInt64], tokens: [UInt32], adapter: String?) {
    let changes = cache.takeChanges()
    guard let events, !changes.isEmpty else { return }
    events.publish(
      CacheEvent.events(
        of: changes, chain: chain, tokens: tokens, blockSize: options.blockSize, adapter: adapter,
        compatibility: options.compatibility))
  }

  private func isBelowThreshold(_ job: GenerationJob, cached: Int) -> Bool {
    guard options.compatibility == .latest else { return false }
    if job.forcesCacheThreshold { return true }
    let threshold = job.request.cacheHitThreshold ?? options.globalCacheHitThreshold
    guard options.cachesKV, threshold > 0 else { return false }
    let count = job.request.promptTokenCount
    return count > 0 && Double(cached) / Double(count) < threshold
  }

  private func identifier(_ api: GenerationAPI) -> String {
    let uuid = random.uuid()
    let prefix = api.idPrefix(options.compatibility)
    return prefix + (api == .responses || api == .messages ? uuid.filter { $0 != "-" } : uuid)
  }

  private func nextInterval() -> Int64 {
    Engine.nanoseconds(latency.interTokenLatency(running: scheduler.runningCount, random: &random))
  }

  /// At most 11 days, so that no sum of times overflows.
  private static func nanoseconds(_ milliseconds: Double) -> Int64 {
    Int64(min(milliseconds * 1e6, 1e15))
  }

  private func schedule(_ job: GenerationJob, at due: Int64) {
    job.timer = loop.assumeIsolated().scheduleTask(deadline: .uptimeNanoseconds(UInt64(max(due, 0)))) {
      [weak self, weak job] in
      guard let self, let job else { return }
      if job.request.streams { self.tick(job) } else { self.finishWhole(job) }
    }
  }

  private func finishWhole(_ job: GenerationJob) {
    guard let running = job.running else { return }
    let steps = running.plan.steps
    if steps > 0 { metrics.sawFirstToken(after: seconds(running.firstToken - job.arrived)) }
    if steps > 1 {
      let times = running.plan.choices.reduce(0) { $0 + max($1.pieces - 1, 0) }
      metrics.sawToken(after: seconds(running.decode) / Double(steps - 1), times: times)
    }
    let body = running.writer.whole()
    keepCache(of: job.request)
    account(job, running, prefill: running.firstToken - running.started, decode: running.decode)
    release(job)
    job.sink.respond(json: body)
    startPending()
  }

  /// Sends the tokens of a stream that are due.
  private func tick(_ job: GenerationJob) {
    guard var running = job.running else { return }
    let time = now
    guard job.sink.isWritable else {
      schedule(job, at: time + Engine.stallPause)
      return
    }
    let total = running.plan.steps
    scratch.removeAll(keepingCapacity: true)
    if running.sent == 0 {
      keepCache(of: job.request)
      job.sink.begin(status: 200, contentType: "text/event-stream", headers: [])
      running.writer.opening(into: &scratch)
      running.firstToken = time
      running.lastToken = time
      if total > 0 { metrics.sawFirstToken(after: seconds(time - job.arrived)) }
    }
    var burst = 0
    while running.sent < total, running.due <= time, burst < Engine.burst {
      running.writer.step(running.sent, into: &scratch)
      let pieces = running.plan.pieces(inStep: running.sent)
      if running.sent > 0 { metrics.sawToken(after: seconds(time - running.lastToken), times: pieces) }
      running.sent += 1
      running.lastToken = time
      running.due += nextInterval()
      burst += pieces
    }
    if running.sent < total {
      let due = running.due
      job.running = running
      job.sink.write(scratch)
      schedule(job, at: due)
      return
    }
    running.writer.closing(into: &scratch)
    account(job, running, prefill: running.firstToken - running.started, decode: running.lastToken - running.firstToken)
    release(job)
    job.sink.write(scratch)
    job.sink.end()
    startPending()
  }

  private func account(_ job: GenerationJob, _ running: GenerationJob.Running, prefill: Int64, decode: Int64) {
    metrics.finished(
      EngineMetrics.FinishedRequest(
        reasons: running.plan.choices.map(\.finishReason), promptTokens: job.request.promptTokenCount,
        completionTokens: running.plan.choices.map(\.completionTokens), maxTokens: job.request.maxTokens,
        queued: seconds(running.queued), prefill: seconds(prefill), decode: seconds(decode)))
  }

  /// The client is gone: its slot, its blocks and its place in the queue become free.
  private func cancel(_ job: GenerationJob) {
    release(job)
    startPending()
  }

  private func release(_ job: GenerationJob) {
    job.timer?.cancel()
    job.timer = nil
    if let running = job.running { cache.finish(running.blocks) }
    job.running = nil
    jobs[job.id] = nil
    starts += scheduler.remove(job.id, now: now)
  }

  private func seconds(_ nanoseconds: Int64) -> Double {
    Double(nanoseconds) / 1e9
  }
}
