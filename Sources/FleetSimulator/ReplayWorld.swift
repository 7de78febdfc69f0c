import Balancing
import Fleet

/// One replay as it goes on: the engines, what the router knows of them, and the events to come.
struct ReplayWorld {
  /// The mean; a block of the trace has 512 tokens.
  static let bytesPerToken = 4.0

  private enum What {
    case scrape
    case begins
    case firstToken
    case end
  }

  private struct Event {
    var at: UInt64
    var order: Int
    var what: What
    var replica: Int
    var request: Int
  }

  private struct Sent {
    var ticket: WorkTicket
    var promptBytes: Int
    var promptTokens: Int
    var outputTokens: Int
    var cachedTokens: Int
    var blocks: Int
    var queueSeconds: Double
    var prefillSeconds: Double
    var decodeSeconds: Double
  }

  private let settings: FleetReplay.Settings
  private var engines: [SimulatedReplica]
  private let placements: [Placement]
  private let index: PrefixIndex
  private let balancer: ModelBalancer
  private var matches: PrefixMatches
  private var random: SplitMix64
  private var events: EventHeap<Event>
  private var sent: [Sent] = []
  private var free: [Int] = []
  private var order = 0

  init(_ settings: FleetReplay.Settings) throws(PrefixIndex.NoMemory) {
    self.settings = settings
    engines = (0..<settings.replicas).map { replica in
      let speed = settings.speeds.isEmpty ? 1 : settings.speeds[replica % settings.speeds.count]
      return SimulatedReplica(
        SimulatedReplica.Settings(
          cacheBlocks: settings.cacheBlocks, tokensPerSecond: settings.tokensPerSecond * speed,
          fixedSeconds: settings.fixedSeconds, secondsPerToken: settings.secondsPerToken))
    }
    let replicas = (0..<settings.replicas).map { id in
      Replica(id: id, name: "replica-\(id)", host: "10.0.0.\(id)", port: 8000)
    }
    placements = replicas.map { Placement(replica: $0, upstreamModel: "model") }
    index = try PrefixIndex(
      maximumBlocks: 2 * settings.replicas * settings.cacheBlocks, maximumReplicas: max(1, settings.replicas))
    index.adopt(replicas)
    balancer = ModelBalancer(index: index, blockBytes: Int(Double(Trace.blockTokens) * Self.bytesPerToken))
    matches = PrefixMatches(index: index)
    random = SplitMix64(seed: settings.seed)
    events = EventHeap { $0.at != $1.at ? $0.at < $1.at : $0.order < $1.order }
    if settings.scrapes { schedule(.scrape, at: 1, replica: 0, request: -1) }
  }

  var capacities: [Int] { placements.map { index.capacity(slot: $0.replica.prefixSlot) } }
  var sharedCost: PrefillCost? { balancer.sharedCost }

  private mutating func schedule(_ what: What, at time: UInt64, replica: Int, request: Int) {
    order += 1
    events.push(Event(at: time, order: order, what: what, replica: replica, request: request))
  }

  /// Lets everything happen that is due by then. At the end of time scrapes no longer matter.
  mutating func advance(to time: UInt64) {
    while let event = events.first, event.at <= time {
      _ = events.pop()
      switch event.what {
      case .scrape:
        if time == .max { continue }
        for replica in engines.indices { scrape(replica, event.at) }
        schedule(.scrape, at: event.at + 1_000_000_000, replica: 0, request: -1)
      case .begins: engines[event.replica].waiting -= 1
      case .firstToken: firstToken(event)
      case .end: end(event)
      }
    }
  }

  mutating func arrive(_ request: TraceRequest, _ strategy: RoutingStrategy, _ result: inout ReplayResult) {
    let now = request.arrival + 1
    let noise = Double.random(in: -1...1, using: &random) * settings.byteNoise
    let bytes = Int(Double(request.promptTokens) * Self.bytesPerToken * (1 + noise))
    let choice = request.blocks.withUnsafeBufferPointer { blocks in
      var asked = balancer.request(blocks: blocks, promptBytes: bytes, now: now)
      asked.session = request.session.map { SessionKey($0) }
      asked.userKey = request.session.map { BlockHash.hash($0) } ?? 0
      asked.firstTokenTarget = settings.firstTokenTarget
      return balancer.pick(
        among: placements, for: asked, by: strategy, excluding: ReplicaSet(), matches: &matches, random: &random)
    }
    guard let replica = choice.index else { return result.refuse() }
    let seconds = Double(now) / 1e9
    let course = engines[replica].arrive(request, at: seconds)
    engines[replica].waiting += 1
    engines[replica].running += 1
    engines[replica].blocksInUse += request.blocks.count
    let record = Sent(
      ticket: choice.ticket, promptBytes: bytes, promptTokens: request.promptTokens,
      outputTokens: request.outputTokens,
      cachedTokens: min(request.promptTokens, course.cachedBlocks * Trace.blockTokens),
      blocks: request.blocks.count, queueSeconds: course.begins - seconds,
      prefillSeconds: course.firstToken - course.begins, decodeSeconds: course.ends - course.firstToken)
    let place: Int
    if let reused = free.popLast() {
      sent[reused] = record
      place = reused
    } else {
      place = sent.count
      sent.append(record)
    }
    schedule(.begins, at: UInt64(course.begins * 1e9), replica: replica, request: place)
    schedule(.firstToken, at: UInt64(course.firstToken * 1e9), replica: replica, request: place)
    schedule(.end, at: UInt64(course.ends * 1e9) + 1, replica: replica, request: place)
    result.add(
      arrival: request.arrival, timeToFirstToken: course.firstToken - seconds, replica: replica,
      blocks: request.blocks.count, cachedBlocks: course.cachedBlocks, shortfall: choice.shortfall)
  }

  private mutating func firstToken(_ event: Event) {
    balancer.firstToken(&sent[event.request].ticket, on: placements[event.replica].replica, now: event.at)
    engines[event.replica].window.requests += 1
    engines[event.replica].window.queueSeconds += sent[event.request].queueSeconds
    engines[event.replica].window.prefillSeconds += sent[event.request].prefillSeconds
    engines[event.replica].window.promptTokens += Double(sent[event.request].promptTokens)
    engines[event.replica].window.busySeconds += sent[event.request].prefillSeconds
  }

  private mutating func end(_ event: Event) {
    var record = sent[event.request]
    free.append(event.request)
    let replica = placements[event.replica].replica
    replica.load.end()
    balancer.ended(
      &record.ticket, on: replica,
      facts: AnswerFacts(
        promptTokens: record.promptTokens, cachedTokens: settings.tellsCachedTokens ? record.cachedTokens : nil,
        generatedTokens: record.outputTokens),
      promptBytes: record.promptBytes, now: event.at)
    engines[event.replica].running -= 1
    engines[event.replica].blocksInUse -= record.blocks
    engines[event.replica].window.generatedTokens += Double(record.outputTokens)
    engines[event.replica].window.decodeSeconds += record.decodeSeconds
  }

  private mutating func scrape(_ replica: Int, _ now: UInt64) {
    let engine = engines[replica]
    var metrics = EngineMetrics()
    metrics.scrapedAt = now
    metrics.waitingRequests = Double(engine.waiting)
    metrics.runningRequests = Double(engine.running - engine.waiting)
    metrics.kvCacheUsage = min(1, Double(engine.blocksInUse) / Double(settings.cacheBlocks))
    metrics.promptTokensPerSecond = engine.window.promptTokens
    metrics.generationTokensPerSecond = engine.window.generatedTokens
    metrics.gpuBusyRatio = min(1, engine.window.busySeconds)
    metrics.engineUtilization = metrics.gpuBusyRatio
    if engine.window.requests > 0 {
      metrics.meanQueueTime = engine.window.queueSeconds / engine.window.requests
      metrics.meanPrefillTime = engine.window.prefillSeconds / engine.window.requests
      metrics.meanDecodeTime = engine.window.decodeSeconds / engine.window.requests
      metrics.meanPromptTokens = engine.window.promptTokens / engine.window.requests
    }
    if settings.tellsCacheSize {
      metrics.cacheBlocks = Double(settings.cacheBlocks)
      metrics.cacheBlockTokens = Double(Trace.blockTokens)
    }
    engines[replica].window = SimulatedReplica.Window()
    balancer.scraped(metrics, of: placements[replica].replica)
  }
}

/// A binary heap; the first by `isBefore` comes out first.
struct EventHeap<Element> {
  private var elements: [Element] = []
  private let isBefore: (Element, Element) -> Bool

  init(isBefore: @escaping (Element, Element) -> Bool) { self.isBefore = isBefore }

  var first: Element? { elements.first }

  mutating func push(_ element: Element) {
    elements.append(element)
    var child = elements.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard isBefore(elements[child], elements[parent]) else { return }
      elements.swapAt(child, parent)
      child = parent
    }
  }

  mutating func pop() -> Element? {
    guard let first = elements.first, let last = elements.popLast() else { return nil }
    guard !elements.isEmpty else { return first }
    elements[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < elements.count {
        if isBefore(elements[child], elements[least]) { least = child }
      }
      guard least != parent else { return first }
      elements.swapAt(least, parent)
      parent = least
    }
  }
}
