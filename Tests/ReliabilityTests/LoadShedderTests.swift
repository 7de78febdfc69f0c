import Seeded
import Testing

@testable import Reliability

@Suite("Shedding load") struct LoadShedderTests {
  private func admitted(_ requests: Int, _ priority: RequestPriority, bytes: Int = 0) -> LoadShedder.Verdict {
    var random = SeededGenerator(seed: 1)
    return LoadShedder(maximumRequests: 100, maximumBytes: 1_000)
      .verdict(requests: requests, bytes: bytes, priority: priority, random: &random)
  }

  private func status(_ verdict: LoadShedder.Verdict) -> Int? {
    if case .shed(let status, _) = verdict { status } else { nil }
  }

  @Test("low is shed above 80 %, normal above 95, high above the limit; 429 below it, 503 at it")
  func priorities() {
    #expect(status(admitted(80, .low)) == nil)
    #expect(status(admitted(81, .low)) == 429)
    #expect(status(admitted(95, .normal)) == nil)
    #expect(status(admitted(96, .normal)) == 429)
    #expect(status(admitted(100, .high)) == nil)
    for priority in RequestPriority.allCases { #expect(status(admitted(101, priority)) == 503) }
  }

  @Test("bytes count as requests do")
  func bytes() {
    #expect(status(admitted(1, .low, bytes: 800)) == nil)
    #expect(status(admitted(1, .low, bytes: 801)) == 429)
    #expect(status(admitted(1, .high, bytes: 1_000)) == nil)
    #expect(status(admitted(1, .high, bytes: 1_001)) == 503)
  }

  @Test("a limit of one lets one in, whatever its priority")
  func one() {
    var random = SeededGenerator(seed: 1)
    let shedder = LoadShedder(maximumRequests: 1, maximumBytes: 1)
    for priority in RequestPriority.allCases {
      #expect(shedder.verdict(requests: 1, bytes: 0, priority: priority, random: &random) == .admit)
      #expect(shedder.verdict(requests: 2, bytes: 0, priority: priority, random: &random) != .admit)
    }
    let large = LoadShedder(maximumRequests: .max, maximumBytes: .max)
    #expect(large.verdict(requests: 1, bytes: 1 << 60, priority: .low, random: &random) == .admit)
  }

  @Test("retry-after grows with the level as documented and stays within 1 and 30")
  func retryAfter() {
    let levels: [Double] = [0.80, 0.90, 0.95, 1.00, 1.20, 1.50, 100]
    #expect(levels.map { LoadShedder.retryAfter(level: $0, jitter: 1) } == [1, 5, 8, 10, 19, 30, 30])
    #expect(LoadShedder.retryAfter(level: 0.8, jitter: 0.75) == 1)
    #expect(LoadShedder.retryAfter(level: 1, jitter: 0.8) == 8)
    #expect(LoadShedder.retryAfter(level: 1, jitter: 1.2) == 12)
    #expect(LoadShedder.retryAfter(level: 9, jitter: 1.25) == 30)
  }

  @Test("counts come back to zero, and a shed request is not counted")
  func counts() {
    let load = GatewayLoad(shedder: LoadShedder(maximumRequests: 2, maximumBytes: 10))
    var random = SeededGenerator(seed: 1)
    #expect(load.requestBegan(priority: .high, expectedBytes: 0, random: &random) == .admit)
    #expect(load.requestBegan(priority: .high, expectedBytes: 11, random: &random) != .admit)
    #expect(load.requestBegan(priority: .high, expectedBytes: 10, random: &random) == .admit)
    #expect(load.requestBegan(priority: .high, expectedBytes: 0, random: &random) != .admit)
    #expect(load.requests == 2)
    #expect(load.hold(bytes: 10))
    #expect(!load.hold(bytes: 1))
    #expect(load.bytes == 10)
    load.release(bytes: 10)
    load.requestEnded()
    load.requestEnded()
    #expect(load.requests == 0)
    #expect(load.bytes == 0)
  }

  @Test("four threads never have more than the limit together, and leave nothing behind")
  func threads() async {
    let load = GatewayLoad(shedder: LoadShedder(maximumRequests: 3, maximumBytes: 1_000))
    let tooMany = await withTaskGroup(of: Bool.self) { group in
      for seed in 1...4 as ClosedRange<UInt64> {
        group.addTask {
          var random = SeededGenerator(seed: seed)
          var sawTooMany = false
          for _ in 0..<2_000
          where load.requestBegan(priority: .high, expectedBytes: 0, random: &random) == .admit {
            // Counted before they are judged: at most one more for each of the other threads.
            if load.requests > 3 + 3 { sawTooMany = true }
            load.requestEnded()
          }
          return sawTooMany
        }
      }
      return await group.contains(true)
    }
    #expect(!tooMany)
    #expect(load.requests == 0)
  }
}
