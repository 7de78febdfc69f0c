import Testing

@testable import Reliability

@Suite("Hedging") struct HedgePolicyTests {
  private func attempts(_ count: Int = 1, limit: Int = 3) -> AttemptMachine {
    var machine = AttemptMachine(attemptLimit: limit)
    for _ in 0..<count { machine.attemptBegan() }
    return machine
  }

  @Test("after a fixed delay, within five in a hundred requests")
  func fixedDelay() {
    var policy = HedgePolicy(delay: .after(.milliseconds(100)))
    for _ in 0..<100 { #expect(policy.requestBegan(now: 1) == .milliseconds(100)) }
    let early = policy.decide(elapsed: .milliseconds(60), attempts: attempts(), hasOtherReplica: true, now: 1)
    #expect(early == .wait(.milliseconds(40)))
    var sent = 0
    for _ in 0..<100
    where policy.decide(elapsed: .milliseconds(100), attempts: attempts(), hasOtherReplica: true, now: 1) == .send {
      sent += 1
    }
    #expect(sent == 5)
  }

  @Test("never a third copy, never after the first byte, never without another replica, nor once retries are used up")
  func never() {
    var policy = HedgePolicy(delay: .after(1), share: 1)
    for _ in 0..<10 { _ = policy.requestBegan(now: 1) }
    #expect(policy.decide(elapsed: 5, attempts: attempts(2), hasOtherReplica: true, now: 1) == .never)
    var retried = attempts(limit: 2)
    var budget = RetryBudget()
    #expect(retried.failed(.cannotConnect, budget: &budget, hasOtherReplica: true, now: 1) == .retry)
    retried.attemptBegan()
    #expect(policy.decide(elapsed: 5, attempts: retried, hasOtherReplica: true, now: 1) == .never)
    #expect(policy.decide(elapsed: 5, attempts: attempts(limit: 1), hasOtherReplica: true, now: 1) == .send)
    #expect(policy.decide(elapsed: 5, attempts: attempts(), hasOtherReplica: false, now: 1) == .never)
    var answered = attempts()
    answered.firstByteReceived()
    #expect(policy.decide(elapsed: 5, attempts: answered, hasOtherReplica: true, now: 1) == .never)
    #expect(policy.decide(elapsed: 5, attempts: attempts(), hasOtherReplica: true, now: 1) == .send)
    var off = HedgePolicy()
    #expect(off.requestBegan(now: 1) == nil)
    #expect(off.decide(elapsed: .max, attempts: attempts(), hasOtherReplica: true, now: 1) == .never)
  }

  @Test("at the 95th percentile of recent first-byte times, once twenty are known")
  func percentile() {
    var policy = HedgePolicy(delay: .p95)
    for count in 1...19 {
      policy.firstByteReceived(after: .milliseconds(UInt64(count) * 50), now: 1)
      #expect(policy.requestBegan(now: 1) == nil)
    }
    policy.firstByteReceived(after: .milliseconds(1_000), now: 1)
    // The 19th of twenty is 950 ms, in the bucket that ends at 960.
    #expect(policy.requestBegan(now: 1) == .milliseconds(960))
    #expect(policy.requestBegan(now: .seconds(200)) == nil, "what is long past says nothing")
    var fast = HedgePolicy(delay: .p95)
    for _ in 0..<20 { fast.firstByteReceived(after: .milliseconds(2), now: 1) }
    #expect(fast.requestBegan(now: 1) == .milliseconds(50))
  }

  @Test("a latency is reported as its bucket's end: the documented values")
  func buckets() {
    let latencies: [UInt64] = [
      0, .milliseconds(3), .milliseconds(8), .milliseconds(100), .seconds(5), .seconds(1_200), .max,
    ]
    let ends = latencies.map { LatencyQuantile.upperEnd(of: LatencyQuantile.bucket(of: $0)) / 1_000_000 }
    #expect(ends == [1, 4, 9, 104, 5_120, 1_048_576, 1_048_576])
    for bucket in 0..<LatencyQuantile.bucketCount {
      let end = LatencyQuantile.upperEnd(of: bucket)
      #expect(LatencyQuantile.bucket(of: end - 1) == bucket)
      #expect(LatencyQuantile.bucket(of: end) == min(bucket + 1, LatencyQuantile.bucketCount - 1))
    }
  }

  @Test("a quantile speaks for the last one to two windows")
  func windows() {
    var quantile = LatencyQuantile(window: .seconds(30))
    for _ in 0..<10 { quantile.record(.seconds(10), now: .seconds(1)) }
    for _ in 0..<10 { quantile.record(.milliseconds(1), now: .seconds(31)) }
    #expect(quantile.value(at: 1, now: .seconds(60)) == .milliseconds(10_240))
    #expect(quantile.value(at: 1, now: .seconds(61)) == .milliseconds(2))
    #expect(quantile.value(at: 0.5, minimumCount: 11, now: .seconds(61)) == nil)
    #expect(quantile.value(at: 0.5, now: .seconds(91)) == nil)
  }
}
