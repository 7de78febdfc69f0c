import Fleet
import NIOCore
import Synchronization

/// Scrapes the metrics pages of a fleet's engines and publishes what they say into each replica's ``Replica/metrics``.
///
/// One task a replica keeps its own pace (``ScrapePace``). So many scrapes run at a time as the scraper is made for, a
/// quarter of them of replicas that failed the last time; each has one deadline for connecting and reading. First scrapes are spread over the fastest interval. A page is read on the task's
/// thread, never on an event loop. Kept for each replica: a ``MetricsWindow``; for replicas that are no longer among the
/// targets nothing.
///
/// The dialect of a target that names none is recognised from its page, and recognised anew when the page is gone or no
/// longer has its names. Its path is tried among those that dialects use, the next one after each answer that is no page.
public final class MetricsScraper: Sendable {
  /// A replica and how its metrics are reached.
  public struct Target: Sendable {
    public var replica: Replica
    /// nil is the replica's own port.
    public var port: Int?
    /// nil is the dialect's path.
    public var path: String?
    /// nil means that the page's names tell it.
    public var dialect: EngineDialect?
    /// Sent with each scrape; may hold a credential.
    public var headers: [(String, String)]

    public init(
      replica: Replica, port: Int? = nil, path: String? = nil, dialect: EngineDialect? = nil,
      headers: [(String, String)] = []
    ) {
      self.replica = replica
      self.port = port
      self.path = path
      self.dialect = dialect
      self.headers = headers
    }
  }

  /// Something worth a line in the log.
  public struct Event: Sendable {
    public enum Kind: Sendable, Equatable {
      /// Its page was read for the first time, or again after failures, in that dialect.
      case speaks(dialect: String)
      /// Told once for each row of failures.
      case failed(ScrapeFailure)
      /// Its counts began anew.
      case restarted
    }

    public var replica: Replica
    public var kind: Kind
  }

  /// What is remembered of a replica between scrapes.
  private struct Memory {
    var window: MetricsWindow
    var pace: ScrapePace
    var dialect: EngineDialect?
    /// The engine has not begun anew since the dialect was recognised.
    var isSettled = false
    /// Which of ``paths`` is tried.
    var pathIndex = 0
    var isAnnounced = false
  }

  /// The paths that dialects use, each once.
  private static let paths = EngineDialect.all.reduce(into: [String]()) { paths, dialect in
    if !paths.contains(dialect.metricsPath) { paths.append(dialect.metricsPath) }
  }

  private let client: EngineHTTPClient
  private let timeout: TimeAmount
  private let window: UInt64
  private let pace: ScrapePace
  private let slots: ScrapeSlots
  /// Of replicas that fail: what waits for a deadline must not keep those waiting that answer.
  private let failingSlots: ScrapeSlots
  private let memories = Mutex<[Int: Memory]>([:])
  /// Called from any thread.
  private let onEvent: @Sendable (Event) -> Void
  /// Called from any thread when a replica's numbers were published.
  private let onPublish: @Sendable (Replica) -> Void

  /// - Parameters:
  ///   - concurrency: scrapes at the same time, at most.
  ///   - timeout: the deadline of one scrape.
  ///   - window: nanoseconds that rates, means and quantiles are of.
  public init(
    client: EngineHTTPClient, concurrency: Int = 32, timeout: TimeAmount = .seconds(2),
    window: UInt64 = 60_000_000_000, pace: ScrapePace = ScrapePace(),
    onEvent: @escaping @Sendable (Event) -> Void = { _ in },
    onPublish: @escaping @Sendable (Replica) -> Void = { _ in }
  ) {
    self.client = client
    precondition(concurrency >= 2)
    self.timeout = timeout
    self.window = window
    self.pace = pace
    self.onEvent = onEvent
    self.onPublish = onPublish
    slots = ScrapeSlots(concurrency - max(1, concurrency / 4))
    failingSlots = ScrapeSlots(max(1, concurrency / 4))
  }

  /// Scrapes until the task is cancelled; returns when scrapes in progress have ended, so within the deadline.
  ///
  /// To be called again, after cancelling, when the fleet changes: replicas that stay keep their windows. One call at a
  /// time.
  public func run(_ targets: [Target]) async {
    let ids = Set(targets.map(\.replica.id))
    memories.withLock { memories in memories = memories.filter { ids.contains($0.key) } }
    await withTaskGroup(of: Void.self) { group in
      for (index, target) in targets.enumerated() {
        let offset = pace.fastest / UInt64(targets.count) * UInt64(index)
        group.addTask { [self] in
          var pause = offset
          while !Task.isCancelled {
            if pause > 0 { try? await Task.sleep(nanoseconds: pause) }
            guard !Task.isCancelled else { return }
            let isFailing = memories.withLock { $0[target.replica.id]?.pace.isFailing ?? false }
            let slots = isFailing ? failingSlots : slots
            await slots.acquire()
            // Those that waited while the targets changed leave their place to the next.
            if !Task.isCancelled { pause = await scrape(target) }
            slots.release()
          }
        }
      }
    }
  }

  /// Scrapes one replica and publishes what it says.
  ///
  /// - Returns: nanoseconds until it should be scraped again.
  @discardableResult
  public func scrape(_ target: Target) async -> UInt64 {
    let id = target.replica.id
    let known = memories.withLock { memories in
      memories[id] ?? Memory(window: MetricsWindow(window: window), pace: pace)
    }
    let result: Result<(EngineScrape, EngineDialect), ScrapeFailure>
    do {
      result = .success(try await page(target, known))
    } catch {
      result = .failure(error)
    }
    return record(result, target, known)
  }

  /// - Throws: why there is no page that can be read.
  private func page(_ target: Target, _ known: Memory) async throws(ScrapeFailure) -> (EngineScrape, EngineDialect) {
    let replica = target.replica
    let path = target.path ?? (target.dialect ?? known.dialect)?.metricsPath ?? Self.paths[known.pathIndex]
    let answer: EngineHTTPClient.Answer
    do {
      answer = try await client.get(
        host: replica.host, port: target.port ?? replica.port, usesTLS: replica.usesTLS, path: path,
        headers: target.headers, timeout: timeout)
    } catch {
      throw .unreachable(ConnectionFailure.text(error))
    }
    guard answer.status == 200 else { throw .status(path: path, answer.status) }
    let read = answer.body.withUnsafeReadableBytes { Self.read($0, target, known) }
    guard let read else { throw .unknownNames(path: path) }
    guard !read.0.isTruncated else { throw .tooLong(path: path) }
    return read
  }

  /// In the dialect that is set or known, as long as the page has names of its own; nil when it speaks none.
  private static func read(
    _ page: UnsafeRawBufferPointer, _ target: Target, _ known: Memory
  ) -> (EngineScrape, EngineDialect)? {
    // An engine that began anew may be another version, whose names are told apart by what else it says.
    if let dialect = target.dialect ?? (known.isSettled ? known.dialect : nil) {
      let scrape = EngineScrape(page, dialect: dialect)
      if scrape.ownSamples > 0 { return (scrape, dialect) }
      if target.dialect != nil { return nil }
    }
    guard let dialect = EngineDialect.recognise(page) else { return nil }
    return (EngineScrape(page, dialect: dialect), dialect)
  }

  private func record(
    _ result: Result<(EngineScrape, EngineDialect), ScrapeFailure>, _ target: Target, _ known: Memory
  ) -> UInt64 {
    let now = NIODeadline.now().uptimeNanoseconds
    var memory = known
    var events: [Event.Kind] = []
    let pause =
      switch result {
      case .success(let page): took(page.0, page.1, of: target, at: now, &memory, &events)
      case .failure(let failure): missed(failure, of: target, at: now, &memory, &events)
      }
    memories.withLock { $0[target.replica.id] = memory }
    if case .success = result { onPublish(target.replica) }
    for kind in events { onEvent(Event(replica: target.replica, kind: kind)) }
    return pause
  }

  /// A page came.
  ///
  /// - Returns: nanoseconds to the next.
  private func took(
    _ scrape: EngineScrape, _ dialect: EngineDialect, of target: Target, at now: UInt64, _ memory: inout Memory,
    _ events: inout [Event.Kind]
  ) -> UInt64 {
    if memory.dialect.map({ $0.name != dialect.name }) ?? false { memory.window.reset() }
    memory.dialect = dialect
    let change = memory.window.add(scrape, at: now)
    if !memory.isAnnounced { events.append(.speaks(dialect: dialect.name)) }
    memory.isAnnounced = true
    if change == .restarted { events.append(.restarted) }
    memory.isSettled = change != .restarted
    target.replica.metrics.publish(
      memory.window.metrics(now: now), adapters: memory.window.adapters,
      prefilling: target.replica.load.state.prefilling, restarted: change == .restarted)
    return memory.pace.succeeded(moved: change != .unmoved)
  }

  /// No page came.
  ///
  /// Not optimised: Swift 6.3.1 fails to (its pass CopyPropagation ends with an ownership error).
  ///
  /// - Returns: nanoseconds to the next attempt.
  @_optimize(none)
  private func missed(
    _ failure: ScrapeFailure, of target: Target, at now: UInt64, _ memory: inout Memory, _ events: inout [Event.Kind]
  ) -> UInt64 {
    if !memory.pace.isFailing { events.append(.failed(failure)) }
    memory.isAnnounced = false
    if failure.isNoPage { memory.dialect = nil }
    if failure.isAnswer, memory.dialect == nil { memory.pathIndex = (memory.pathIndex + 1) % Self.paths.count }
    let staleAfter = memory.pace.staleAfter
    if memory.window.scrapedAt.map({ now - $0 > staleAfter }) ?? true { target.replica.metrics.forget() }
    return memory.pace.failed()
  }
}
