import Testing

@testable import EngineSimulator

@Suite("Scheduler")
struct RequestSchedulerTests {
  private typealias Start = RequestScheduler.Start

  private func scheduler(
    sequences: Int = 2, slots: RequestScheduler.AdapterSlots = .limited(1), queue: Int = 10
  ) -> RequestScheduler {
    RequestScheduler(maxSequences: sequences, slots: slots, queueLimit: queue)
  }

  @Test("requests run up to the limit, then wait in order and know how long")
  func limit() {
    var scheduler = scheduler()
    #expect(scheduler.submit(1, adapter: nil, now: 0) == .started(Start(id: 1, queued: 0, unloaded: nil)))
    #expect(scheduler.submit(2, adapter: nil, now: 0) == .started(Start(id: 2, queued: 0, unloaded: nil)))
    #expect(scheduler.submit(3, adapter: nil, now: 10) == .waiting)
    #expect(scheduler.submit(4, adapter: nil, now: 20) == .waiting)
    #expect(scheduler.runningCount == 2)
    #expect(scheduler.waitingCount == 2)
    #expect(scheduler.remove(1, now: 100) == [Start(id: 3, queued: 90, unloaded: nil)])
    #expect(scheduler.remove(2, now: 150) == [Start(id: 4, queued: 130, unloaded: nil)])
  }

  @Test("a full queue refuses; a queue of none still runs what fits")
  func refusal() {
    var scheduler = scheduler(sequences: 1, queue: 0)
    #expect(scheduler.submit(1, adapter: nil, now: 0) == .started(Start(id: 1, queued: 0, unloaded: nil)))
    #expect(scheduler.submit(2, adapter: nil, now: 0) == .refused)
    #expect(scheduler.waitingCount == 0)
    #expect(scheduler.remove(1, now: 1) == [])
  }

  @Test("an adapter takes a slot and keeps it until another needs it")
  func slot() {
    var scheduler = scheduler()
    #expect(scheduler.submit(1, adapter: "a", now: 0) == .started(Start(id: 1, queued: 0, unloaded: nil)))
    #expect(scheduler.submit(2, adapter: "b", now: 0) == .waiting)
    #expect(scheduler.loadedAdapters == ["a"])
    #expect(scheduler.runningAdapters == ["a"])
    #expect(scheduler.waitingAdapters == ["b"])
    #expect(scheduler.remove(1, now: 5) == [Start(id: 2, queued: 5, unloaded: "a")])
    #expect(scheduler.loadedAdapters == ["b"])
  }

  @Test("a request whose adapter is loaded, or that needs none, goes ahead")
  func skipAhead() {
    var scheduler = scheduler()
    _ = scheduler.submit(1, adapter: "a", now: 0)
    #expect(scheduler.submit(2, adapter: "b", now: 0) == .waiting)
    #expect(scheduler.submit(3, adapter: "a", now: 1) == .started(Start(id: 3, queued: 0, unloaded: nil)))
    #expect(scheduler.submit(4, adapter: nil, now: 2) == .waiting)
    #expect(scheduler.remove(3, now: 10) == [Start(id: 4, queued: 8, unloaded: nil)])
    #expect(scheduler.remove(1, now: 20) == [Start(id: 2, queued: 20, unloaded: "a")])
  }

  @Test("v0.5.0 has no slots: the queue is plain")
  func unlimited() {
    var scheduler = scheduler(sequences: 1, slots: .unlimited)
    _ = scheduler.submit(1, adapter: "a", now: 0)
    _ = scheduler.submit(2, adapter: "b", now: 0)
    _ = scheduler.submit(3, adapter: "a", now: 0)
    #expect(scheduler.remove(1, now: 1).map(\.id) == [2])
    #expect(scheduler.remove(2, now: 2).map(\.id) == [3])
  }

  @Test("a waiting request that is given up leaves the queue")
  func cancel() {
    var scheduler = scheduler(sequences: 1)
    _ = scheduler.submit(1, adapter: nil, now: 0)
    _ = scheduler.submit(2, adapter: nil, now: 0)
    #expect(scheduler.remove(2, now: 1) == [])
    #expect(scheduler.remove(1, now: 2) == [])
    #expect(scheduler.remove(99, now: 3) == [])
  }

  @Test("under random events the limits hold, nothing is lost and nothing startable waits")
  func invariants() {
    let seed: UInt64 = 77
    print("seed \(seed)")
    var random = SeededRandom(seed: seed)
    var scheduler = RequestScheduler(maxSequences: 3, slots: .limited(2), queueLimit: 8)
    var running: Set<Int> = []
    var waiting: Set<Int> = []
    let adapters = [nil, "a", "b", "c", "d"]
    for id in 0..<2000 {
      switch scheduler.submit(id, adapter: adapters[random.integer(in: 0...4)], now: Int64(id)) {
      case .started(let start):
        #expect(start.id == id)
        running.insert(id)
      case .waiting: waiting.insert(id)
      case .refused: #expect(scheduler.waitingCount == 8)
      }
      if random.happens(percent: 60), let leaving = running.union(waiting).sorted().randomElement(using: &random) {
        running.remove(leaving)
        waiting.remove(leaving)
        for start in scheduler.remove(leaving, now: Int64(id)) {
          #expect(waiting.remove(start.id) != nil)
          running.insert(start.id)
        }
      }
      #expect(scheduler.runningCount == running.count && running.count <= 3)
      #expect(scheduler.waitingCount == waiting.count && waiting.count <= 8)
      #expect(scheduler.loadedAdapters.count <= 2)
      if !waiting.isEmpty, running.isEmpty { Issue.record("requests wait although the engine is idle") }
    }
  }
}
