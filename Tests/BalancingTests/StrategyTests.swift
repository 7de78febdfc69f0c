import Fleet
import Seeded
import Testing

@testable import Balancing

/// What the engines of a dialect tell, each strategy's figure lowest on another replica.
private struct Dialect: Sendable, CustomTestStringConvertible {
  var name: String
  var metrics: [EngineMetrics]
  /// The index that each strategy must choose; those of other strategies are unknown in this dialect.
  var expected: [String: Int]
  var testDescription: String { name }

  static func metrics(_ change: (inout EngineMetrics) -> Void) -> EngineMetrics {
    var metrics = EngineMetrics()
    change(&metrics)
    return metrics
  }

  /// vLLM up to 0.9: cache of GPU and CPU, histograms of times.
  static let oldVLLM = Dialect(
    name: "vLLM with gpu and cpu cache",
    metrics: [(0.9, 0.0, 0.5), (0.3, 0.5, 0.1), (0.5, 0.1, 2.0)].map { row in
      metrics {
        ($0.gpuCacheUsage, $0.kvCacheUsage, $0.cpuCacheUsage) = (row.0, row.0, row.1)
        ($0.meanQueueTime, $0.meanPrefillTime, $0.meanDecodeTime) = (row.2, 0.1, 1)
        ($0.promptTokensPerSecond, $0.generationTokensPerSecond) = (100 * row.0, 10)
      }
    }, expected: ["least-kv-cache": 2, "least-gpu-cache": 1, "least-latency": 1, "throughput": 1])

  /// vLLM from 0.10: KV cache alone.
  static let newVLLM = Dialect(
    name: "vLLM with kv cache",
    metrics: [0.4, 0.6, 0.2].map { usage in metrics { $0.kvCacheUsage = usage } },
    expected: ["least-kv-cache": 2, "least-gpu-cache": 2])

  static let sglang = Dialect(
    name: "SGLang",
    metrics: [(0.7, 900.0, 0.2, 0.05), (0.2, 700.0, 0.3, 0.01), (0.4, 100.0, 0.1, 0.1)].map { row in
      metrics {
        ($0.gpuCacheUsage, $0.kvCacheUsage) = (row.0, row.0)
        ($0.promptTokensPerSecond, $0.generationTokensPerSecond) = (0, row.1)
        // No queue, prefill and decode times: first token and each token, 100 of them.
        ($0.meanTimeToFirstToken, $0.meanTimePerOutputToken, $0.meanGenerationTokens) = (row.2, row.3, 100)
      }
    }, expected: ["least-kv-cache": 1, "least-gpu-cache": 1, "throughput": 2, "least-latency": 1])

  static let tensorRTLLM = Dialect(
    name: "TensorRT-LLM",
    metrics: [(0.3, 0.2), (0.1, 0.9), (0.6, 0.4)].map { row in
      metrics { ($0.kvCacheUsage, $0.gpuCacheUsage, $0.meanQueueTime) = (row.0, row.0, row.1) }
    }, expected: ["least-kv-cache": 1, "least-gpu-cache": 1])

  static let xLLM = Dialect(
    name: "xLLM",
    metrics: [(0.5, 0.1), (0.1, 0.9), (0.3, 0.3)].map { row in
      metrics { ($0.engineUtilization, $0.gpuBusyRatio) = row }
    }, expected: ["least-utilization": 1, "least-busy-time": 0])
}

@Suite("Strategies") struct StrategyTests {
  @Test("a replica without a free connection loses to every one that has one", arguments: StrategyKind.allCases)
  func saturated(kind: StrategyKind) throws {
    for seed in 1...16 as ClosedRange<UInt64> {
      var fixture = try BalancingFixture(3, seed: seed)
      fixture.occupy([4, 4, 9])
      for placement in fixture.placements.prefix(2) { placement.replica.connectionLimit = 4 }
      #expect(try fixture.pick(kind.rawValue).index == 2, "seed \(seed)")
    }
    var fixture = try BalancingFixture(1)
    fixture.occupy([4])
    fixture.placements[0].replica.connectionLimit = 4
    #expect(try fixture.pick(kind.rawValue).index == 0, "it waits there when there is no other")
  }

  @Test(
    "each metric strategy takes the lowest figure that the dialect tells",
    arguments: [Dialect.oldVLLM, .newVLLM, .sglang, .tensorRTLLM, .xLLM])
  private func argmin(dialect: Dialect) throws {
    for (name, expected) in dialect.expected {
      // Load says the opposite: it must not matter.
      var fixture = try BalancingFixture(3)
      fixture.tell(dialect.metrics)
      var counts = [0, 0, 0]
      counts[expected] = 5
      fixture.occupy(counts)
      let choice = try fixture.pick(name)
      #expect(choice.index == expected, "\(name)")
      #expect(choice.decided.rawValue == name)
      #expect(choice.shortfall == nil)
    }
  }

  @Test(
    "a metric strategy whose figure nobody tells says so and uses its substitute",
    arguments: [
      StrategyKind.throughput, .leastBusyTime, .leastLatency, .leastKVCache, .leastGPUCache, .leastUtilization,
    ])
  func unknown(kind: StrategyKind) throws {
    var fixture = try BalancingFixture(3)
    fixture.occupy([2, 1, 3])
    let choice = try fixture.pick(kind.rawValue)
    #expect(choice.index == 1)
    #expect(choice.asked == kind)
    #expect(choice.decided == kind.documentation.substitute)
    #expect(choice.shortfall == .metricUnknown)
  }

  @Test("a figure that is too old is unknown")
  func stale() throws {
    var fixture = try BalancingFixture(2)
    fixture.tell([Dialect.metrics { $0.kvCacheUsage = 0.1 }, Dialect.metrics { $0.kvCacheUsage = 0.9 }], at: 1_000)
    fixture.occupy([3, 0])
    #expect(try fixture.pick("least-kv-cache", now: 1_000 + ReplicaMetrics.maximumAge - 1).index == 0)
    let late = try fixture.pick("least-kv-cache", now: 1_000 + ReplicaMetrics.maximumAge)
    #expect(late.index == 1)
    #expect(late.shortfall == .metricUnknown)
  }

  @Test("a replica whose figure is unknown counts as the mean, not as zero")
  func partial() throws {
    var fixture = try BalancingFixture(3)
    fixture.tell([Dialect.metrics { $0.kvCacheUsage = 0.8 }, nil, Dialect.metrics { $0.kvCacheUsage = 0.2 }])
    let choice = try fixture.pick("least-kv-cache")
    #expect(choice.index == 2)
    #expect(choice.decided == .leastKVCache)
    #expect(choice.shortfall == .metricPartial)
  }

  @Test(
    "random is even: χ² below 16.27, three degrees of freedom, one in a thousand", arguments: [1, 2, 3] as [UInt64])
  func random(seed: UInt64) throws {
    var fixture = try BalancingFixture(4, seed: seed)
    fixture.occupy([9, 0, 0, 4])
    var counts = [0.0, 0, 0, 0]
    for _ in 0..<4_000 {
      let choice = try fixture.pick("random")
      counts[try #require(choice.index)] += 1
      fixture.undo(choice)
    }
    let statistic = counts.reduce(0) { $0 + ($1 - 1_000) * ($1 - 1_000) / 1_000 }
    #expect(statistic < 16.27, "seed \(seed): \(counts)")
  }

  @Test(
    "256 simultaneous requests on 4 idle replicas land 64 each",
    arguments: ["least-request", "least-ttft", "prefix-cache-preble"], [0, 1, 20])
  func even(strategy: String, blocks: Int) throws {
    var fixture = try BalancingFixture(4)
    for number in 0..<256 {
      // Prompts of one length that share nothing.
      let prompt = (0..<blocks).map { UInt64(number * 1_000 + $0) &* 0x9E37_79B9_7F4A_7C15 }
      _ = try fixture.pick(strategy, blocks: prompt, promptBytes: 512 * blocks + 100)
    }
    #expect(fixture.placements.map(\.replica.load.inFlight) == [64, 64, 64, 64])
  }

  @Test("four threads that pick by the default at once see each other: 256 land 64 each")
  func atomic() async throws {
    let fixture = try BalancingFixture(4)
    await withTaskGroup(of: Void.self) { group in
      for thread in 0..<4 {
        group.addTask {
          var fixture = fixture
          fixture.random = SeededGenerator(seed: UInt64(thread))
          for _ in 0..<64 { _ = try? fixture.pick("least-ttft") }
        }
      }
    }
    #expect(fixture.placements.map(\.replica.load.inFlight) == [64, 64, 64, 64])
  }

  @Test("power-of-two never takes the fullest of three")
  func powerOfTwo() throws {
    var fixture = try BalancingFixture(3)
    fixture.occupy([9, 3, 1])
    var counts = [0, 0, 0]
    for _ in 0..<300 {
      let choice = try fixture.pick("power-of-two")
      counts[try #require(choice.index)] += 1
      fixture.undo(choice)
    }
    // The pairs are equally likely; 2 wins two of three, 1 the third.
    #expect(counts[0] == 0)
    #expect(counts[2] > 160 && counts[2] < 240, "\(counts), seed 1")
  }

  @Test("a session stays on its replica, and only that replica's sessions move when it goes")
  func session() throws {
    var fixture = try BalancingFixture(4)
    var before: [Int] = []
    for number in 0..<40 {
      let choice = try fixture.pick("session-affinity") { $0.session = SessionKey("session-\(number)") }
      before.append(try #require(choice.index))
      let again = try fixture.pick("session-affinity") { $0.session = SessionKey("session-\(number)") }
      #expect(again.index == choice.index)
    }
    #expect(Set(before).count == 4)
    for _ in 0..<2 { fixture.placements[2].replica.health.handle(.probeFailed(reason: "gone"), now: 2) }
    for number in 0..<40 where before[number] != 2 {
      let choice = try fixture.pick("session-affinity") { $0.session = SessionKey("session-\(number)") }
      #expect(choice.index == before[number])
    }
    let told = try fixture.pick("session-affinity") { $0.session = SessionKey("session-0", replica: 3) }
    #expect(told.index == 3)
    let none = try fixture.pick("session-affinity")
    #expect(none.shortfall == .noSession)
    #expect(none.decided == .leastTTFT)
  }

  @Test(
    "a warm replica is preferred until its queue outweighs what it has cached", arguments: ["least-ttft", "sticky"])
  func warm(strategy: String) throws {
    var fixture = try BalancingFixture(2)
    let prompt = (1...40).map { UInt64($0) &* 0x9E37_79B9_7F4A_7C15 }
    let first = try fixture.pick(strategy, blocks: prompt, promptBytes: 512 * 40)
    let warm = try #require(first.index)
    fixture.undo(first)
    let second = try fixture.pick(strategy, blocks: prompt + [7], promptBytes: 512 * 41)
    #expect(second.index == warm)
    #expect(second.ticket.cachedBlocks == 40)
    fixture.undo(second)
    // Four prompts of the same length that share nothing keep it busy.
    let replica = fixture.placements[warm].replica
    for _ in 0..<4 { #expect(replica.load.begin(ifStill: replica.load.state, work: 10_000) != nil) }
    replica.estimates.prefillBegan(now: 1_000)
    #expect(try fixture.pick(strategy, blocks: prompt, promptBytes: 512 * 40).index == 1 - warm)
  }

  @Test("a system prompt that all share draws no traffic to whoever had it first")
  func sharedSystemPrompt() throws {
    var fixture = try BalancingFixture(4)
    for number in 0..<200 {
      // One shared block of 128 tokens, then 30 of its own.
      let own = (0..<30).map { UInt64(number * 1_000 + $0 + 5) &* 0x9E37_79B9_7F4A_7C15 }
      _ = try fixture.pick("prefix-cache", blocks: [99] + own, promptBytes: 512 * 31)
    }
    #expect(fixture.placements.map(\.replica.load.inFlight) == [50, 50, 50, 50])
  }

  @Test("prefix-cache leaves a replica that is far above the others")
  func prefixCacheImbalance() throws {
    var fixture = try BalancingFixture(4)
    let prompt = (1...40).map { UInt64($0) &* 0x9E37_79B9_7F4A_7C15 }
    let warm = try #require(try fixture.pick("prefix-cache", blocks: prompt, promptBytes: 512 * 40).index)
    for inFlight in 1..<6 { #expect(fixture.placements[warm].replica.load.begin(ifInFlight: inFlight)) }
    let near = try fixture.pick("prefix-cache", blocks: prompt, promptBytes: 512 * 40)
    #expect(near.index == warm)
    for inFlight in 7..<20 { #expect(fixture.placements[warm].replica.load.begin(ifInFlight: inFlight)) }
    #expect(try fixture.pick("prefix-cache", blocks: prompt, promptBytes: 512 * 40).index != warm)
  }

  @Test("slo takes the emptiest, slo-pack-load the fullest that is in time, and both say when none is")
  func slo() throws {
    var fixture = try BalancingFixture(3)
    fixture.occupy([4, 1, 2])
    // 1 000 tokens take 0.125 s at the assumed 8 000 a second.
    let emptiest = try fixture.pick("slo") { $0.firstTokenTarget = 0.5 }
    #expect(emptiest.index == 1)
    fixture.undo(emptiest)
    let fullest = try fixture.pick("slo-pack-load") { $0.firstTokenTarget = 0.5 }
    #expect(fullest.index == 0)
    #expect(fullest.shortfall == nil)
    fixture.undo(fullest)
    let missed = try fixture.pick("slo") { $0.firstTokenTarget = 0.01 }
    #expect(missed.shortfall == .targetMissed)
    #expect(try fixture.pick("slo").shortfall == .noTarget)
  }

  @Test("lora-affinity takes the replica that has the adapter, else the one with the most free slots")
  func adapters() throws {
    var fixture = try BalancingFixture(3)
    let math = BlockHash.hash("math")
    fixture.placements[2].replica.adapters.insert(math)
    fixture.occupy([0, 0, 6])
    let holder = try fixture.pick("lora-affinity") { $0.adapterKey = math }
    #expect(holder.index == 2)
    #expect(holder.shortfall == nil)

    fixture.tell([3, 6, 4].map { slots in Dialect.metrics { $0.maxAdapters = slots } })
    let law = BlockHash.hash("law")
    let loading = try fixture.pick("lora-affinity") { $0.adapterKey = law }
    #expect(loading.index == 1)
    #expect(loading.shortfall == .adapterNotLoaded)
    // The next one finds it there.
    let next = try fixture.pick("lora-affinity") { $0.adapterKey = law }
    #expect(next.index == 1)
    #expect(next.shortfall == nil)
    #expect(try fixture.pick("lora-affinity").shortfall == .noAdapter)
  }

  @Test("vtc-basic keeps a user with far more tokens than others to fewer replicas")
  func fairness() throws {
    var fixture = try BalancingFixture(8)
    for user in 1...9 as ClosedRange<UInt64> {
      fixture.balancer.users.charge(user, promptTokens: user == 1 ? 100_000 : 1_000, generatedTokens: 0, now: 1_000)
    }
    func replicas(of user: UInt64) throws -> Set<Int> {
      var used: Set<Int> = []
      for _ in 0..<64 { used.insert(try #require(try fixture.pick("vtc-basic") { $0.userKey = user }.index)) }
      return used
    }
    let heavy = try replicas(of: 1)
    #expect(heavy.count < 4)
    #expect(try replicas(of: 2).count >= 5)
    #expect(try fixture.pick("vtc-basic").shortfall == .noUser)
  }

  @Test("a weighted combination adds scores between the worst and the best")
  func weighted() throws {
    var fixture = try BalancingFixture(3)
    fixture.tell([0.0, 0.5, 1.0].map { usage in Dialect.metrics { $0.kvCacheUsage = usage } })
    fixture.occupy([8, 2, 0])
    // Scores: cache 1, 0.5, 0; requests 0, 0.75, 1.
    #expect(try fixture.pick("least-kv-cache:3,least-request:1").index == 0)
    #expect(try fixture.pick("least-kv-cache,least-request").index == 1)
    #expect(try fixture.pick("least-kv-cache:1,least-request:5").index == 2)
  }

  @Test("a combination says which part lacks something, and what decides in its place")
  func weightedShortfall() throws {
    var fixture = try BalancingFixture(3)
    fixture.occupy([2, 1, 3])
    let heavy = try fixture.pick("throughput:2,least-request:1")
    #expect(heavy.asked == .throughput && heavy.lacking == .throughput && heavy.shortfall == .metricUnknown)
    #expect(heavy.decided == StrategyKind.throughput.documentation.substitute)
    fixture.undo(heavy)
    let light = try fixture.pick("least-request:2,throughput:1")
    #expect(light.asked == .leastRequest && light.decided == .leastRequest)
    #expect(light.lacking == .throughput && light.shortfall == .metricUnknown)
  }

  @Test("an engine that sleeps is not chosen, has nothing cached, and serves again once it says that it is awake")
  func asleep() throws {
    var fixture = try BalancingFixture(2)
    let blocks = (1...20).map { UInt64($0) &* 0x9E37_79B9_7F4A_7C15 }
    let first = try #require(try fixture.pick("least-ttft", blocks: blocks, promptBytes: 20 * 512).index)
    var states: [EngineMetrics?] = [nil, nil]
    states[first] = Dialect.metrics { $0.sleepState = 1 }
    fixture.tell(states)
    for _ in 0..<8 { #expect(try fixture.pick("random").index == 1 - first) }
    #expect(fixture.index.residentBlocks(slot: fixture.placements[first].replica.prefixSlot) == 0)
    #expect(ReplicaPicker.candidates(among: fixture.placements)[first].reason == "its engine sleeps")
    states[first] = Dialect.metrics { $0.sleepState = 0 }
    fixture.tell(states)
    #expect(try fixture.pick("least-request").index == first)
  }

  @Test("traces tell every candidate's score")
  func scores() throws {
    let fixture = try BalancingFixture(3)
    fixture.tell([0.0, 0.5, 1.0].map { usage in Dialect.metrics { $0.kvCacheUsage = usage } })
    let request = fixture.balancer.request(
      blocks: UnsafeBufferPointer(start: nil, count: 0), promptBytes: 10, now: 1_000)
    func preview(_ strategy: String) throws -> ReplicaPreview {
      ReplicaPicker.preview(
        among: fixture.placements, for: request, by: try RoutingStrategy(parsing: strategy), matches: fixture.matches)
    }
    let scores = try preview("least-kv-cache")
    #expect(scores.candidates.map(\.score) == [1, 0.5, 0])
    #expect(scores.best == 0)
    #expect(scores.decided == scores.asked && scores.shortfall == nil)
  }

  @Test("traces tell what decides where the strategy lacks something, as a choice does")
  func previewOfShortfalls() throws {
    let fixture = try BalancingFixture(3)
    fixture.occupy([2, 1, 0])
    let request = fixture.balancer.request(
      blocks: UnsafeBufferPointer(start: nil, count: 0), promptBytes: 10, now: 1_000)
    func preview(_ strategy: String) throws -> ReplicaPreview {
      ReplicaPicker.preview(
        among: fixture.placements, for: request, by: try RoutingStrategy(parsing: strategy), matches: fixture.matches)
    }
    let session = try preview("session-affinity")
    #expect(session.decided.description == "least-ttft" && session.shortfall == .noSession)
    let metrics = try preview("least-kv-cache")
    #expect(metrics.decided.description == "least-request" && metrics.shortfall == .metricUnknown)
    #expect(metrics.candidates.map(\.score) == [0, 0.5, 1])
    // Substitutes of the same kind count together.
    let both = try preview("least-kv-cache:3,least-gpu-cache:2,least-ttft:1")
    #expect(both.decided.description == "least-request:5,least-ttft:1" && both.shortfall == .metricUnknown)
    #expect(fixture.placements.map(\.replica.load.total) == [2, 1, 0])
  }

  @Test("limits hold, and full is told from none ready", arguments: StrategyKind.allCases)
  func limits(kind: StrategyKind) throws {
    var fixture = try BalancingFixture(2)
    for placement in fixture.placements { placement.replica.requestLimit = 3 }
    for _ in 0..<6 { #expect(try fixture.pick(kind.rawValue).index != nil) }
    #expect(try fixture.pick(kind.rawValue).outcome == .allFull)
    for placement in fixture.placements {
      for _ in 0..<2 { placement.replica.health.handle(.probeFailed(reason: "gone"), now: 2) }
    }
    #expect(try fixture.pick(kind.rawValue).outcome == .noneReady)
  }
}
