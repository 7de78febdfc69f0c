import Fleet
import Seeded
import Testing

@testable import Balancing

@Suite("What answers teach") struct LearningTests {
  @Test(
    "the prefill's cost is found within two dozen samples, through noise and a stall", arguments: [1, 2, 3] as [UInt64])
  func regression(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var regression = PrefillRegression()
    for sample in 0..<24 {
      let tokens = Double.random(in: 200...20_000, using: &generator)
      let noise = Double.random(in: 0.95...1.05, using: &generator)
      let stall = sample == 20 ? 30.0 : 0
      regression.add(seconds: (0.05 + tokens / 5_000) * noise + stall, requests: 1, tokens: tokens)
      if sample < 7 { #expect(regression.cost == nil) }
    }
    let cost = try #require(regression.cost)
    #expect(cost.seconds(tokens: 10_000) > 1.6 && cost.seconds(tokens: 10_000) < 3.2, "seed \(seed)")
    // Without further stalls it is forgotten.
    for _ in 0..<200 {
      let tokens = Double.random(in: 200...20_000, using: &generator)
      regression.add(seconds: 0.05 + tokens / 5_000, requests: 1, tokens: tokens)
    }
    let later = try #require(regression.cost)
    #expect(abs(later.tokensPerSecond / 5_000 - 1) < 0.05, "seed \(seed)")
    #expect(abs(later.fixedSeconds - 0.05) < 0.02, "seed \(seed)")
  }

  @Test("prompts all of one length give a rate and no fixed part")
  func alike() throws {
    var regression = PrefillRegression()
    for _ in 0..<20 { regression.add(seconds: 0.5, requests: 1, tokens: 1_000) }
    let cost = try #require(regression.cost)
    #expect(cost.fixedSeconds == 0)
    #expect(abs(cost.tokensPerSecond - 2_000) < 0.001)
  }

  @Test("a prompt of which nothing was left to read teaches no nonsense")
  func nothingRead() {
    var regression = PrefillRegression()
    for number in 0..<40 { regression.add(seconds: 0.5, requests: 1, tokens: number == 12 ? 0 : 1_000) }
    #expect(regression.relativeError < 1)
  }

  @Test("a replica that wrote long answers is no slower for it: all are compared by the length of the model's answers")
  func expectedLength() throws {
    var fixture = try BalancingFixture(2)
    // The first took 20 ms a token for 1 000 in the mean, the second 30 ms a token for 100.
    fixture.tell(
      [(20.0, 1_000.0), (3.0, 100.0)].map { decode, tokens in
        var metrics = EngineMetrics()
        metrics.meanQueueTime = 0
        metrics.meanPrefillTime = 0.1
        metrics.meanDecodeTime = decode
        metrics.meanGenerationTokens = tokens
        return metrics
      })
    let first = try fixture.pick("least-latency")
    #expect(first.index == 1)
    var ticket = first.ticket
    let replica = fixture.placements[1].replica
    fixture.balancer.firstToken(&ticket, on: replica, now: 2_000)
    replica.load.end()
    fixture.balancer.ended(&ticket, on: replica, facts: AnswerFacts(generatedTokens: 500), promptBytes: 0, now: 3_000)
    #expect(fixture.balancer.meanOutputTokens == 500)
    #expect(try fixture.pick("least-latency").index == 0)
  }

  @Test("after an answer that came whole the times of those that waited beside it tell nothing, those behind them do")
  func unseenInAQueue() {
    let replica = Replica(id: 0, name: "r", host: "h", port: 1)
    let (estimates, load) = (replica.estimates, replica.load)
    for _ in 0..<3 { _ = load.begin(ifStill: load.state, work: 1) }
    estimates.prefillBegan(now: 0)
    estimates.prefillUnseen(left: load.prefillEnded(work: 1), now: 1_000)
    // Two wait, and another comes for each that gets its first token, so that the queue is never empty.
    var samples = 0
    for number in 1...20 {
      _ = load.begin(ifStill: load.state, work: 1)
      let left = load.prefillEnded(work: 1)
      let sample = estimates.firstToken(
        tokens: 100, expectedSeconds: 1, left: left, now: UInt64(number) * 1_000_000_000)
      if sample != nil { samples += 1 }
      if number <= 2 { #expect(sample == nil) }
    }
    #expect(samples == 2)
  }

  /// Sends one prompt after another to one replica that reads so many tokens a second.
  private func serve(
    _ fixture: inout BalancingFixture, tokensPerSecond: Double, count: Int, now: inout UInt64, blocks: Int = 10
  ) throws {
    for number in 0..<count {
      let prompt = (0..<blocks + number % 7).map { UInt64(number * 1_000 + $0) &* 0x9E37_79B9_7F4A_7C15 &+ now }
      let bytes = 512 * prompt.count
      let choice = try fixture.pick("least-ttft", blocks: prompt, promptBytes: bytes, now: now)
      let replica = fixture.placements[try #require(choice.index)].replica
      var ticket = choice.ticket
      now += UInt64(Double(bytes) / 4 / tokensPerSecond * 1e9)
      fixture.balancer.firstToken(&ticket, on: replica, now: now)
      now += 20_000_000 * 99
      replica.load.end()
      fixture.balancer.ended(
        &ticket, on: replica, facts: AnswerFacts(promptTokens: bytes / 4, cachedTokens: 0, generatedTokens: 100),
        promptBytes: bytes, now: now)
    }
  }

  /// Teaches a replica and its model that a prompt of 1 000 tokens takes so long, with a noise of so many percent.
  private func teach(
    _ estimates: ReplicaEstimates, shared: PrefillCost, seconds: Double, noise: Double, now: inout UInt64
  ) {
    var generator = SeededGenerator(seed: 7)
    let idle = ReplicaLoad().state
    for _ in 0..<32 {
      estimates.prefillBegan(now: now)
      let factor = 1 + Double.random(in: -noise...noise, using: &generator)
      now += UInt64(seconds * factor * 1e9)
      if estimates.firstToken(tokens: 1_000, expectedSeconds: seconds, left: idle, now: now) != nil {
        estimates.sampled(model: shared, now: now)
      }
    }
  }

  @Test("a replica's own cost counts where it is clearly another, for a time after its last answer")
  func ownCost() {
    let shared = PrefillCost(fixedSeconds: 0, tokensPerSecond: 4_000)
    let slow = Replica(id: 0, name: "slow", host: "h", port: 1)
    var now: UInt64 = 1
    teach(slow.estimates, shared: shared, seconds: 0.5, noise: 0.1, now: &now)
    #expect(abs(slow.vitals.prefillCost(model: shared, now: now).tokensPerSecond / 2_000 - 1) < 0.1)
    #expect(slow.vitals.prefillCost(model: shared, now: now + ReplicaEstimates.ownSpan) == shared)
    // A fifth slower by answers that differ by more than that among themselves is chance.
    let noisy = Replica(id: 1, name: "noisy", host: "h", port: 1)
    teach(noisy.estimates, shared: shared, seconds: 0.3, noise: 0.9, now: &now)
    #expect(noisy.vitals.prefillCost(model: shared, now: now) == shared)
  }

  @Test("a replica that was slow is tried again when that is old, though another keeps answering quickly")
  func isTriedAgain() throws {
    var fixture = try BalancingFixture(2)
    var now: UInt64 = 1
    var isSlow = true
    /// Sends a prompt, and answers it at the chosen replica's pace.
    func ask() throws -> Int {
      let choice = try fixture.pick("least-ttft", promptBytes: 4_000, now: now)
      let index = try #require(choice.index)
      let replica = fixture.placements[index].replica
      var ticket = choice.ticket
      now += index == 1 && isSlow ? 1_000_000_000 : 100_000_000
      fixture.balancer.firstToken(&ticket, on: replica, now: now)
      replica.load.end()
      fixture.balancer.ended(&ticket, on: replica, facts: AnswerFacts(), promptBytes: 4_000, now: now)
      return index
    }
    var asked = 0
    for _ in 0..<2_000 { asked += try ask() }
    #expect(asked < 200, "it got \(asked) of 2 000 while it was slow")
    isSlow = false
    var served = 0
    let healed = now
    while now < healed + 3 * ReplicaEstimates.ownSpan { served += try ask() }
    #expect(served > 20, "it got \(served) requests after it was well again")
  }

  @Test("an engine's rates are learnt from two dozen answers")
  func rates() throws {
    var fixture = try BalancingFixture(1)
    var now: UInt64 = 1
    try serve(&fixture, tokensPerSecond: 3_000, count: 24, now: &now)
    let estimates = fixture.placements[0].replica.estimates
    #expect(abs(fixture.balancer.prefillCost(now: now).tokensPerSecond / 3_000 - 1) < 0.02)
    #expect(abs(try #require(estimates.secondsPerToken) - 0.02) < 0.001)
    #expect(abs(fixture.balancer.tokenRatio.bytesPerToken - 4) < 0.01)
  }

  @Test("what a request waits for its adapter is no time of prefill")
  func postponed() throws {
    var fixture = try BalancingFixture(1)
    var now: UInt64 = 1
    try serve(&fixture, tokensPerSecond: 3_000, count: 24, now: &now)
    let before = fixture.balancer.prefillCost(now: now)
    let replica = fixture.placements[0].replica
    for _ in 0..<24 {
      let choice = try fixture.pick("least-ttft", promptBytes: 4_000, now: now)
      var ticket = choice.ticket
      fixture.balancer.postponed(ticket, on: replica)
      now += 5_000_000_000
      fixture.balancer.sent(&ticket, on: replica, after: 5_000_000_000, now: now)
      // It is not presumed to be read while it waits, nor at once when it is sent.
      fixture.balancer.presumePrefillOver(&ticket, on: replica, now: now)
      #expect(ticket.isPrefilling)
      #expect(replica.vitals.ownQueueSeconds(replica.load.state, now: now) > 0.1)
      now += 1_000_000_000 / 3
      fixture.balancer.firstToken(&ticket, on: replica, now: now)
      replica.load.end()
      fixture.balancer.ended(&ticket, on: replica, facts: AnswerFacts(), promptBytes: 4_000, now: now)
    }
    #expect(fixture.balancer.prefillCost(now: now) == before)
  }

  @Test("the head of the queue is taken off as time passes, but a stalled engine seems no emptier")
  func queue() {
    let replica = Replica(id: 0, name: "r", host: "h", port: 1)
    for _ in 0..<2 { #expect(replica.load.begin(ifStill: replica.load.state, work: 16_000) != nil) }
    replica.estimates.prefillBegan(now: 0)
    func seconds(at now: UInt64) -> Double {
      replica.vitals.queueSeconds(replica.load.state, model: .assumed, now: now)
    }
    #expect(seconds(at: 0) == 2)
    #expect(seconds(at: 500_000_000) == 1.5)
    #expect(seconds(at: 60_000_000_000) == 0.5)
    replica.load.prefillEnded(work: 16_000)
    replica.load.prefillEnded(work: 16_000)
    #expect(seconds(at: 60_000_000_000) == 0)
  }

  @Test("a queue is never shorter than its bound, which is near where few wait")
  func leastQueue() {
    for waiting in 0...12 {
      let replica = Replica(id: 0, name: "r", host: "h", port: 1)
      for number in 0..<waiting {
        #expect(replica.load.begin(ifStill: replica.load.state, work: 7_001 * UInt32(number + 1)) != nil)
      }
      replica.estimates.prefillBegan(now: .seconds(5))
      let state = replica.load.state
      for tenth in 0..<200 as Range<UInt64> {
        let now = tenth * 100_000_000
        let (least, queue) = (
          replica.vitals.leastOwnQueueSeconds(state, now: now), replica.vitals.ownQueueSeconds(state, now: now)
        )
        #expect(least <= queue + 1e-9, "\(waiting) waiting at \(now)")
        if waiting > 0, waiting < 5 { #expect(max(0, least) >= queue - 1e-9, "\(waiting) waiting at \(now)") }
      }
    }
  }

  @Test("requests of others that wait on the engine count as far as metrics tell")
  func others() {
    let replica = Replica(id: 0, name: "r", host: "h", port: 1)
    var metrics = EngineMetrics()
    metrics.scrapedAt = 10
    metrics.waitingRequests = 5
    replica.metrics.publish(metrics, adapters: nil, prefilling: 1)
    #expect(replica.vitals.queueSeconds(replica.load.state, model: .assumed, now: 20) == 4 * 0.125)
    let late = 10 + ReplicaMetrics.maximumAge
    #expect(replica.vitals.queueSeconds(replica.load.state, model: .assumed, now: late) == 0)
  }

  @Test("a request that ends without a first token leaves no work behind and teaches nothing")
  func abandoned() throws {
    var fixture = try BalancingFixture(1)
    let choice = try fixture.pick("least-ttft", promptBytes: 40_000)
    let replica = fixture.placements[0].replica
    #expect(replica.load.state.prefilling == 1)
    #expect(replica.load.state.work == 20_000)
    var ticket = choice.ticket
    replica.load.end()
    fixture.balancer.ended(&ticket, on: replica, facts: AnswerFacts(), promptBytes: 40_000, now: 5_000_000_000)
    #expect(replica.load.state == ReplicaLoad().state)
    #expect(fixture.balancer.sharedCost == nil)
  }

  @Test("an answer that comes whole frees the queue and teaches nothing of prefill")
  func whole() throws {
    var fixture = try BalancingFixture(1)
    for number in 1...20 as ClosedRange<UInt64> {
      var ticket = try fixture.pick("least-ttft", now: number * 1_000_000_000).ticket
      let replica = fixture.placements[0].replica
      let end = number * 1_000_000_000 + 900_000_000
      fixture.balancer.firstToken(&ticket, on: replica, isStreamed: false, now: end)
      replica.load.end()
      fixture.balancer.ended(
        &ticket, on: replica, facts: AnswerFacts(promptTokens: 1_000, generatedTokens: 100), promptBytes: 4_000,
        now: end)
      #expect(replica.load.state == ReplicaLoad().state)
    }
    #expect(fixture.balancer.sharedCost == nil)
    #expect(fixture.placements[0].replica.estimates.secondsPerToken == nil)
  }

  @Test("a prompt whose answer comes whole counts as read once its time is over, and then its replica seems to decode")
  func presumed() throws {
    var fixture = try BalancingFixture(1)
    let replica = fixture.placements[0].replica
    // 10 000 tokens at 8 000 a second: 1.25 s each, the second behind the first.
    var tickets = try (0..<2).map { _ in try fixture.pick("least-ttft", promptBytes: 40_000, now: 0).ticket }
    func presume(at seconds: Double) -> Int {
      for index in tickets.indices {
        fixture.balancer.presumePrefillOver(&tickets[index], on: replica, now: UInt64(seconds * 1e9))
      }
      return replica.load.state.prefilling
    }
    #expect(presume(at: 1.2) == 2)
    #expect(presume(at: 1.3) == 1)
    #expect(presume(at: 2.6) == 0)
    #expect(replica.load.inFlight == 2 && fixture.balancer.sharedCost == nil)
  }

  @Test("before answers teach what prefill costs, the engine's means do; behind them they count no more")
  func costFromMetrics() throws {
    var fixture = try BalancingFixture(1)
    var metrics = EngineMetrics()
    (metrics.scrapedAt, metrics.meanPrefillTime, metrics.meanPromptTokens) = (1, 0.5, 2_000)
    metrics.prefixCacheHitRatio = 0.5
    fixture.balancer.scraped(metrics, of: fixture.placements[0].replica)
    #expect(fixture.balancer.prefillCost(now: 1_000).tokensPerSecond == 2_000)
    let replica = fixture.placements[0].replica
    for number in 1...20 as ClosedRange<UInt64> {
      var ticket = try fixture.pick("least-ttft", promptBytes: 4_000, now: number * 1_000_000_000).ticket
      fixture.balancer.firstToken(&ticket, on: replica, now: number * 1_000_000_000 + 100_000_000)
      replica.load.end()
      fixture.balancer.ended(
        &ticket, on: replica, facts: AnswerFacts(), promptBytes: 4_000, now: number * 1_000_000_000 + 200_000_000)
    }
    let learnt = try #require(fixture.balancer.sharedCost)
    fixture.balancer.scraped(metrics, of: replica)
    #expect(fixture.balancer.prefillCost(now: 30_000_000_000) == learnt)
  }

  @Test("an engine's cache is taken as it tells, in blocks of the prompt's bytes")
  func toldCapacity() throws {
    let fixture = try BalancingFixture(1)
    var metrics = EngineMetrics()
    (metrics.scrapedAt, metrics.cacheBlocks, metrics.cacheBlockTokens) = (1, 10_000, 16)
    fixture.balancer.scraped(metrics, of: fixture.placements[0].replica)
    // 160 000 tokens of 4 bytes in blocks of 512.
    #expect(fixture.index.capacity(slot: 0) == 1_250)
  }

  @Test("metrics that the scraper published set the cache's size")
  func publishedCapacity() throws {
    let fixture = try BalancingFixture(1)
    let replica = fixture.placements[0].replica
    var metrics = EngineMetrics()
    (metrics.scrapedAt, metrics.cacheBlocks, metrics.cacheBlockTokens) = (1, 10_000, 16)
    replica.metrics.publish(metrics, adapters: nil)
    fixture.balancer.metricsPublished(of: replica)
    #expect(fixture.index.capacity(slot: 0) == 1_250)
    // Metrics go before what is seen to be held.
    fixture.balancer.cacheHolds(tokens: 1_000_000, on: replica)
    #expect(fixture.index.capacity(slot: 0) == 1_250)
  }

  @Test("a cache that is seen to hold more than thought is as large at least, and never smaller for holding less")
  func seenCapacity() throws {
    let fixture = try BalancingFixture(1)
    let replica = fixture.placements[0].replica
    fixture.balancer.cacheHolds(tokens: 128_000, on: replica)
    #expect(fixture.index.capacity(slot: 0) == PrefixIndex.assumedCapacity)
    fixture.balancer.cacheHolds(tokens: 1_280_000, on: replica)
    #expect(fixture.index.capacity(slot: 0) == 10_000)
    fixture.balancer.cacheHolds(tokens: 0, on: replica)
    #expect(fixture.index.capacity(slot: 0) == 10_000)
  }

  @Test("a user's tokens fade by half in each half-life, and an answer's count twice")
  func users() {
    let users = UserTokens()
    users.charge(1, promptTokens: 100, generatedTokens: 50, now: 1)
    #expect(abs(users.tokens(1, now: 1) - 200) < 0.1)
    #expect(abs(users.tokens(1, now: 1 + UserTokens.halfLife) - 100) < 0.2)
    #expect(users.tokens(1, now: 1 + 20 * UserTokens.halfLife) < 1)
    let last = UInt64(UserTokens.capacity + 100)
    for user in 2...last { users.charge(user, promptTokens: 1, generatedTokens: 0, now: 1) }
    #expect(users.tokens(last, now: 1) > 0)
  }

  @Test("users who took nothing for a half-life are no longer among those that share")
  func activeUsers() {
    let users = UserTokens()
    for user in 1...1_000 as ClosedRange<UInt64> { users.charge(user, promptTokens: 2_000, generatedTokens: 0, now: 1) }
    let later = 1 + 4 * UserTokens.halfLife
    for user in 2_001...2_010 as ClosedRange<UInt64> {
      users.charge(user, promptTokens: 2_000, generatedTokens: 0, now: later)
    }
    #expect(users.share(2_001, now: later) > 0.99, "all that are there took as much")
    users.charge(2_001, promptTokens: 18_000, generatedTokens: 0, now: later)
    #expect(abs(users.share(2_001, now: later + 2_000_000_000) - 0.19) < 0.01, "3 800 of 20 000")
  }
}
