import Balancing
import FleetSimulator
import Seeded
import Testing

@Suite("Replaying traces") struct ReplayTests {
  private func trace(_ text: String, _ read: (UnsafeRawBufferPointer) throws -> Trace) rethrows -> Trace {
    try Array(text.utf8).withUnsafeBytes { try read($0) }
  }

  @Test("Mooncake's lines are read")
  func mooncake() throws {
    let text = """
      {"timestamp": 1000, "input_length": 700, "output_length": 5, "hash_ids": [0, 1]}

      {"timestamp": 4000, "input_length": 1300, "output_length": 6, "hash_ids": [0, 1, 2]}
      """
    let trace = try trace(text) { try Trace(mooncake: $0, file: "t.jsonl") }
    #expect(trace.requests.map(\.arrival) == [0, 3_000_000_000])
    #expect(trace.requests.map(\.promptTokens) == [700, 1_300])
    #expect(trace.requests[1].blocks.count == 3)
    #expect(Array(trace.requests[1].blocks.prefix(2)) == trace.requests[0].blocks)
    #expect(trace.requests[0].session == "1")
  }

  @Test("errors name the file and the line")
  func errors() throws {
    #expect(
      throws: TraceError(
        file: "t.jsonl", line: 2,
        problem:
          "a Mooncake line needs timestamp (ms, at most 1e12), input_length, output_length (at most 16777216) and "
          + "hash_ids, none of them negative")
    ) {
      try trace("{\"timestamp\":1,\"input_length\":1,\"output_length\":1,\"hash_ids\":[1]}\n{}") {
        try Trace(mooncake: $0, file: "t.jsonl")
      }
    }
    #expect(throws: TraceError.self) { try trace("nonsense,1,2") { try Trace(azure: $0, file: "a.csv") } }
    for line in [
      "2023-11-16 18:17:03.97,9223372036854775807,2", "2600-11-16 18:17:03.97,1,2",
      "2023-11-16 18:17:03.97,1,99999999999",
    ] {
      #expect(throws: TraceError.self, "\(line)") { try trace(line) { try Trace(azure: $0, file: "a.csv") } }
    }
    // A fraction is its digits.
    let odd = try trace("2023-11-16 18:17:03.9e99,1,2") { try Trace(azure: $0, file: "a.csv") }
    #expect(odd.requests.count == 1)
    for line in [
      #"{"timestamp":1e30,"input_length":1,"output_length":1,"hash_ids":[]}"#,
      #"{"timestamp":1,"input_length":1000000000000,"output_length":1,"hash_ids":[]}"#,
    ] {
      #expect(throws: TraceError.self, "\(line)") { try trace(line) { try Trace(mooncake: $0, file: "m.jsonl") } }
    }
  }

  @Test("Azure's lines are read")
  func azure() throws {
    let text =
      "TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:17:03.5000000,4808,10\r\n"
      + "2023-11-16 18:18:04.7500000,3180,8\r\n"
    let trace = try trace(text) { try Trace(azure: $0, file: "a.csv") }
    #expect(trace.requests.map(\.arrival) == [0, 61_250_000_000])
    #expect(trace.requests.map { $0.blocks.count } == [10, 7])
    #expect(Set(trace.requests.flatMap(\.blocks)).count == 17)
  }

  @Test("the access log is read; what one second holds is spread over it")
  func accessLog() throws {
    func line(_ time: String, _ model: String, _ bytes: Int) -> String {
      "{\"time\":\"\(time)\",\"event\":\"request\",\"model\":\"\(model)\",\"duration_us\":1000000,"
        + "\"request_bytes\":\(bytes),\"response_bytes\":400}\n"
    }
    let text =
      line("2026-01-31T23:59:59Z", "m", 4_000) + line("2026-01-31T23:59:59Z", "m", 8_000)
      + line("2026-02-01T00:00:01Z", "m", 40) + line("2026-02-01T00:00:01Z", "", 40) + "{\"event\":\"start\"}\n"
    let trace = try trace(text) { try Trace(accessLog: $0, file: "access.log") }
    #expect(trace.requests.map(\.arrival) == [0, 500_000_000, 2_000_000_000])
    #expect(trace.requests.map(\.promptTokens) == [1_000, 2_000, 10])
    #expect(trace.requests.map(\.outputTokens) == [100, 100, 100])
  }

  @Test("of a log the tokens that answers told count, what nobody answered is left out, and prefixes are shared")
  func accessLogWithTokens() throws {
    let hashes = (1...24).map { SplitMix64.mixed($0) }
    func line(_ microseconds: Int, _ blocks: [UInt64], _ rest: String) -> String {
      let prefix = String(decoding: PrefixSamples.text(of: blocks), as: UTF8.self)
      return "{\"time\":\"2026-01-31T23:59:59.\(100_000 + microseconds)Z\",\"event\":\"request\",\"model\":\"m\","
        + "\"replica\":\"r\",\"request_bytes\":99999,\"response_bytes\":400,\"prompt_bytes\":\(512 * blocks.count + 100),"
        + "\"prefix\":\"\(prefix)\"\(rest)}\n"
    }
    let told = ",\"status\":200,\"prompt_tokens\":3175,\"cached_tokens\":635,\"completion_tokens\":9"
    let text =
      line(0, hashes, told) + line(20_000, Array(hashes.prefix(18)) + [5], ",\"status\":200")
      + line(40_000, hashes, ",\"status\":503")
      + line(50_000, [], ",\"status\":0").replacing("\"r\"", with: "\"\"")
    let trace = try trace(text) { try Trace(accessLog: $0, file: "access.log") }
    #expect(trace.requests.map(\.arrival) == [0, 20_000_000])
    // Four bytes a token were not told but learnt: 9 828 bytes at 3 175 tokens for 12 388.
    #expect(trace.requests.map(\.promptTokens) == [3_175, 2_518])
    #expect(trace.requests.map(\.outputTokens) == [9, 100])
    // 18 of 24 blocks shared are 9 KiB, at 0.256 tokens a byte four and a half of 512 tokens.
    let (first, second) = (trace.requests[0].blocks, trace.requests[1].blocks)
    #expect(zip(first, second).prefix { $0 == $1 }.count == 5)
    #expect(first.count == 6 && second.count == 5)
    #expect(trace.requests[0].session == trace.requests[1].session)
    #expect(trace.loggedCachedShare == 0.2)
    let other = try self.trace(text) { try Trace(accessLog: $0, file: "access.log", model: "n") }
    #expect(other.requests.isEmpty)
    let damaged = text.replacing("\"prefix\":\"", with: "\"prefix\":\"A")
    #expect(throws: TraceError(file: "access.log", line: 1, problem: "the prefix is none that --log-prefixes writes")) {
      try self.trace(damaged) { try Trace(accessLog: $0, file: "access.log") }
    }
  }

  @Test("one replica reads its prompts one after another")
  func oneReplica() throws {
    // Blocks of 512 tokens at 512 tokens/s, nothing fixed: 1 s a block that is not cached.
    let requests = [
      TraceRequest(arrival: 0, promptTokens: 1_024, outputTokens: 1, blocks: [1, 2]),
      TraceRequest(arrival: 1_000_000_000, promptTokens: 1_536, outputTokens: 1, blocks: [1, 2, 3]),
      TraceRequest(arrival: 9_000_000_000, promptTokens: 512, outputTokens: 1, blocks: [7]),
    ]
    var settings = FleetReplay.Settings()
    settings.replicas = 1
    settings.tokensPerSecond = 512
    settings.fixedSeconds = 0
    let result = try FleetReplay(trace: Trace(name: "t", requests: requests), settings: settings)
      .run(RoutingStrategy(.standard))
    let expected = [2.0, 2.0, 1.0]
    for (time, expected) in zip(result.timesToFirstToken, expected) { #expect(abs(time - expected) < 1e-6) }
    #expect(result.cachedBlocks == 2)
    #expect(result.blocks == 6)
    #expect(result.refused == 0)
  }

  @Test("the default beats least-request, prefix-cache and random on a made-up mix", arguments: [1, 2] as [UInt64])
  func winner(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let replay = FleetReplay(trace: .synthetic(count: 1_500, rate: 4, random: &random))
    func mean(_ name: String) throws -> Double {
      try replay.run(RoutingStrategy(parsing: name)).meanTimeToFirstToken
    }
    let standard = try mean(StrategyKind.standard.rawValue)
    for other in ["least-request", "prefix-cache", "random"] {
      #expect(standard < (try mean(other)), "\(other), seed \(seed)")
    }
  }

  @Test("the same seed gives the same result")
  func seeded() throws {
    var random = SeededGenerator(seed: 4)
    let replay = FleetReplay(trace: .synthetic(count: 300, rate: 5, random: &random))
    var told: [Int] = []
    let first = try replay.run(RoutingStrategy(.standard)) { done, _ in told.append(done) }
    #expect(try first.timesToFirstToken == replay.run(RoutingStrategy(.standard)).timesToFirstToken)
    #expect(told.isEmpty)
  }

  @Test("a cache size that engines do not tell is learnt from cached tokens")
  func learntCapacity() throws {
    var random = SeededGenerator(seed: 6)
    var settings = FleetReplay.Settings()
    settings.replicas = 2
    settings.cacheBlocks = 600
    settings.tellsCacheSize = false
    let result = try FleetReplay(trace: .synthetic(count: 3_000, rate: 2, random: &random), settings: settings)
      .run(RoutingStrategy(.standard))
    #expect(result.cacheCapacities.allSatisfy { $0 > 200 && $0 < 2_000 }, "\(result.cacheCapacities), seed 6")
  }

  @Test("the table has a row for each strategy, the chart a line")
  func reports() throws {
    var random = SeededGenerator(seed: 4)
    let replay = FleetReplay(trace: .synthetic(count: 200, rate: 5, random: &random))
    let results = [try replay.run(RoutingStrategy(.standard)), try replay.run(RoutingStrategy(.leastKVCache))]
    let table = ReplayTable.text(results)
    #expect(table.split(separator: "\n").count == 3)
    #expect(table.contains("least-ttft"))
    let chart = ReplayChart.svg(results, title: "a < b")
    #expect(chart.hasPrefix("<svg "))
    #expect(chart.contains("a &lt; b"))
    #expect(chart.components(separatedBy: "<polyline").count == 3)
  }
}

extension String {
  fileprivate func components(separatedBy separator: String) -> [Substring] {
    split(separator: separator, omittingEmptySubsequences: false)
  }
}
