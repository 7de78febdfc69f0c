import Balancing

/// A conversation or a document that goes on being asked about.
private struct Conversation {
  var blocks: [UInt64]
  var tokens: Int
  var turns: Int
  var name: String
}

extension Trace {
  /// A made-up mix: half conversations of several turns under one of a few system prompts, a third long documents asked
  /// about a few times, the rest short single questions; Poisson arrivals with a burst of three times the rate in every
  /// fifth minute.
  ///
  /// - Parameters:
  ///   - count: requests.
  ///   - rate: requests a second, on average outside of bursts.
  ///   - random: seeded by the caller.
  public static func synthetic(
    count: Int, rate: Double, random: inout some RandomNumberGenerator
  ) -> Trace {
    var threads: [Conversation] = []
    var requests: [TraceRequest] = []
    var seconds = 0.0
    var nextBlock: UInt64 = 1 << 40
    func block() -> UInt64 {
      nextBlock += 1
      return SplitMix64.mixed(nextBlock)
    }
    let systems = (0..<4).map { system in (0...system).map { _ in block() } }
    while requests.count < count {
      let isBurst = Int(seconds / 60) % 5 == 4
      seconds += exponential(&random) / (isBurst ? 3 * rate : rate)
      let draw = Int.random(in: 0..<6, using: &random)
      var thread: Conversation
      if draw < 5, threads.count > 64 || (!threads.isEmpty && Bool.random(using: &random)) {
        thread = threads.remove(at: Int.random(in: 0..<threads.count, using: &random))
        let added = Int.random(in: 1...3, using: &random)
        for _ in 0..<added { thread.blocks.append(block()) }
        thread.tokens += added * blockTokens
      } else if draw < 3 {
        let system = systems[Int.random(in: 0..<systems.count, using: &random)]
        thread = Conversation(
          blocks: system + [block()], tokens: (system.count + 1) * blockTokens,
          turns: Int.random(in: 2...10, using: &random), name: "chat-\(requests.count)")
      } else if draw < 5 {
        let length = Int.random(in: 10...60, using: &random)
        thread = Conversation(
          blocks: (0..<length).map { _ in block() }, tokens: length * blockTokens,
          turns: Int.random(in: 1...5, using: &random), name: "document-\(requests.count)")
      } else {
        thread = Conversation(blocks: [block()], tokens: 300, turns: 1, name: "single-\(requests.count)")
      }
      requests.append(
        TraceRequest(
          arrival: UInt64(seconds * 1e9), promptTokens: thread.tokens,
          outputTokens: Int.random(in: 10...600, using: &random), blocks: thread.blocks, session: thread.name))
      thread.turns -= 1
      if thread.turns > 0 { threads.append(thread) }
    }
    return Trace(name: "synthetic", requests: requests)
  }

  /// Exponentially distributed with mean 1, by von Neumann's comparison of uniform draws.
  static func exponential(_ random: inout some RandomNumberGenerator) -> Double {
    var whole = 0.0
    while true {
      let first = Double.random(in: 0..<1, using: &random)
      var previous = first
      var length = 1
      while true {
        let next = Double.random(in: 0..<1, using: &random)
        guard next < previous else { break }
        previous = next
        length += 1
      }
      if length % 2 == 1 { return whole + first }
      whole += 1
    }
  }
}
