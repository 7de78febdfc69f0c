import Fleet
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import EngineClient

/// The events of a scraper, in order.
private final class EventLog: Sendable {
  private let events = Mutex<[MetricsScraper.Event.Kind]>([])

  func add(_ event: MetricsScraper.Event) { events.withLock { $0.append(event.kind) } }
  var kinds: [MetricsScraper.Event.Kind] { events.withLock { $0 } }
}

@Suite("Scraping engines")
struct MetricsScraperTests {
  private let log = EventLog()

  private func scraper(
    concurrency: Int = 4, timeout: TimeAmount = .seconds(5), pace: ScrapePace = ScrapePace()
  ) -> MetricsScraper {
    let log = log
    return MetricsScraper(
      client: EngineHTTPClient(group: MultiThreadedEventLoopGroup.singleton), concurrency: concurrency,
      timeout: timeout, pace: pace, onEvent: { log.add($0) })
  }

  private func replica(_ server: PageServer, id: Int = 0) -> Replica {
    Replica(id: id, name: "r\(id)", host: "127.0.0.1", port: server.port)
  }

  @Test("an engine's dialect is recognised and its numbers are published")
  func recognises() async throws {
    let server = try await PageServer()
    server.serve("/metrics", Pages.vllm)
    let replica = replica(server)
    let scraper = scraper()
    #expect(replica.metrics[.runningRequests] == nil)
    await scraper.scrape(MetricsScraper.Target(replica: replica))
    #expect(replica.metrics[.runningRequests] == 7)
    #expect(replica.metrics.snapshot.cacheBlocks == 55_000)
    #expect(replica.metrics.adapters?.running == ["math", "sql"])
    #expect(replica.metrics.scrapedAt > 0)
    #expect(replica.metrics[.requestsPerSecond] == nil)
    await scraper.scrape(MetricsScraper.Target(replica: replica))
    #expect(replica.metrics[.requestsPerSecond] == 0)
    #expect(log.kinds == [.speaks(dialect: "vllm")])
    try await server.stop()
  }

  @Test("whoever wants to know is told of each publication, and of no failure")
  func publications() async throws {
    let server = try await PageServer()
    let replica = replica(server, id: 3)
    let published = Mutex<[Double?]>([])
    let scraper = MetricsScraper(
      client: EngineHTTPClient(group: MultiThreadedEventLoopGroup.singleton), timeout: .seconds(5),
      onPublish: { replica in published.withLock { $0.append(replica.metrics[.runningRequests]) } })
    await scraper.scrape(MetricsScraper.Target(replica: replica, path: "/metrics"))
    server.serve("/metrics", Pages.vllm)
    for _ in 0..<2 { await scraper.scrape(MetricsScraper.Target(replica: replica, path: "/metrics")) }
    #expect(published.withLock { $0 } == [7, 7])
    try await server.stop()
  }

  @Test("an engine whose page is elsewhere is found after the first miss")
  func otherPath() async throws {
    let server = try await PageServer()
    server.serve("/prometheus/metrics", Pages.tensorRTLLM)
    let replica = replica(server)
    let scraper = scraper()
    for _ in 0..<2 { await scraper.scrape(MetricsScraper.Target(replica: replica)) }
    #expect(replica.metrics[.kvCacheUsage] == 0.6)
    #expect(server.paths == ["/metrics", "/prometheus/metrics"])
    #expect(log.kinds == [.failed(.status(path: "/metrics", 404)), .speaks(dialect: "trtllm")])
    try await server.stop()
  }

  @Test("a configured dialect, port and path are kept to")
  func configured() async throws {
    let server = try await PageServer()
    server.serve("/m", Pages.xllm)
    let replica = Replica(id: 0, name: "r", host: "127.0.0.1", port: 1)
    let target = MetricsScraper.Target(replica: replica, port: server.port, path: "/m", dialect: .xllm)
    let scraper = scraper()
    await scraper.scrape(target)
    #expect(replica.metrics[.engineUtilization] == 0.875)
    server.serve("/m", Pages.vllm)
    await scraper.scrape(target)
    #expect(log.kinds == [.speaks(dialect: "xllm"), .failed(.unknownNames(path: "/m"))])
    try await server.stop()
  }

  @Test("an engine that was replaced by one of another kind is recognised anew")
  func replaced() async throws {
    let server = try await PageServer()
    server.serve("/metrics", Pages.vllm)
    let replica = replica(server)
    let scraper = scraper()
    await scraper.scrape(MetricsScraper.Target(replica: replica))
    server.serve("/metrics", Pages.sglang)
    await scraper.scrape(MetricsScraper.Target(replica: replica))
    #expect(replica.metrics[.runningRequests] == 162)
    #expect(replica.metrics[.cacheBlocks] == nil)
    try await server.stop()
  }

  @Test("what an engine said becomes unknown when it no longer answers")
  func unreachable() async throws {
    let server = try await PageServer()
    server.serve("/metrics", Pages.vllm)
    let replica = replica(server)
    let scraper = scraper(pace: ScrapePace(fastest: 1))
    await scraper.scrape(MetricsScraper.Target(replica: replica))
    try await server.stop()
    #expect(replica.metrics[.runningRequests] == 7)
    await scraper.scrape(MetricsScraper.Target(replica: replica))
    #expect(replica.metrics[.runningRequests] == nil)
    #expect(replica.metrics.scrapedAt == 0)
    #expect(replica.metrics.adapters == nil)
    await scraper.scrape(MetricsScraper.Target(replica: replica))
    #expect(log.kinds == [.speaks(dialect: "vllm"), .failed(.unreachable("cannot connect: connection refused"))])
  }

  @Test("one failure does not make fresh numbers unknown")
  func oneFailure() async throws {
    let server = try await PageServer()
    server.serve("/metrics", Pages.vllm)
    let replica = replica(server)
    let scraper = scraper(
      pace: ScrapePace(fastest: 60_000_000_000, slowest: 60_000_000_000, slowestFailing: 60_000_000_000))
    await scraper.scrape(MetricsScraper.Target(replica: replica))
    server.serve("/metrics", PageServer.Page(status: .serviceUnavailable))
    await scraper.scrape(MetricsScraper.Target(replica: replica))
    #expect(replica.metrics[.runningRequests] == 7)
    try await server.stop()
  }

  @Test("a silent engine costs the deadline")
  func silent() async throws {
    let server = try await PageServer()
    server.serve("/metrics", PageServer.Page(isSilent: true))
    await scraper(timeout: .milliseconds(20)).scrape(MetricsScraper.Target(replica: replica(server)))
    #expect(log.kinds == [.failed(.unreachable("no answer in time"))])
    try await server.stop()
  }

  @Test("a restart is told and counted")
  func restart() async throws {
    let server = try await PageServer()
    server.serve("/metrics", "vllm:num_requests_running 0\nvllm:generation_tokens_total 100\n")
    let replica = replica(server)
    let scraper = scraper()
    await scraper.scrape(MetricsScraper.Target(replica: replica))
    server.serve("/metrics", "vllm:num_requests_running 0\nvllm:generation_tokens_total 1\n")
    await scraper.scrape(MetricsScraper.Target(replica: replica))
    #expect(replica.metrics.restarts == 1)
    #expect(log.kinds == [.speaks(dialect: "vllm"), .restarted])
    try await server.stop()
  }

  @Test("all replicas are scraped, again and again, until the task is cancelled")
  func run() async throws {
    let server = try await PageServer()
    for id in 0..<5 { server.serve("/\(id)", Pages.vllm) }
    let replicas = (0..<5).map { replica(server, id: $0) }
    let scraper = scraper(
      concurrency: 2, pace: ScrapePace(fastest: 1_000_000, slowest: 1_000_000, slowestFailing: 1_000_000))
    let task = Task {
      await scraper.run(replicas.map { MetricsScraper.Target(replica: $0, path: "/\($0.id)") })
    }
    var counts: [String: Int] = [:]
    for await path in server.arrived {
      counts[path, default: 0] += 1
      if counts.count == 5, counts.values.allSatisfy({ $0 >= 3 }) { break }
    }
    task.cancel()
    await task.value
    #expect(replicas.allSatisfy { $0.metrics[.runningRequests] == 7 })
    try await server.stop()
  }

  @Test("slots are given in the order of asking")
  func slots() async {
    let slots = ScrapeSlots(2)
    await slots.acquire()
    await slots.acquire()
    let third = Task { await slots.acquire() }
    slots.release()
    await third.value
    slots.release()
    slots.release()
    await slots.acquire()
    await slots.acquire()
  }
}
