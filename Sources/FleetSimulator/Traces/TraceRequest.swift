import Balancing

/// One request of a trace.
public struct TraceRequest: Sendable, Equatable {
  /// Nanoseconds since the trace's first request.
  public var arrival: UInt64
  public var promptTokens: Int
  public var outputTokens: Int
  /// The prompt's blocks of ``Trace/blockTokens`` tokens, the last one perhaps not full: equal where the prompts are equal up
  /// to the block's end.
  public var blocks: [UInt64]
  /// What a client's session header would say; nil for none.
  public var session: String?

  public init(
    arrival: UInt64, promptTokens: Int, outputTokens: Int, blocks: [UInt64], session: String? = nil
  ) {
    self.arrival = arrival
    self.promptTokens = promptTokens
    self.outputTokens = outputTokens
    self.blocks = blocks
    self.session = session
  }
}

/// Requests in order of their arrival.
public struct Trace: Sendable, Equatable {
  /// Tokens of a block, as in Mooncake's traces.
  public static let blockTokens = 512
  /// Requests that are read at most; of a longer file only the first.
  public static let maximumRequests = 10_000_000
  /// Tokens that a prompt or an answer may have.
  public static let maximumTokens = 1 << 24

  public let name: String
  public let requests: [TraceRequest]
  /// Of the prompt tokens of a log, the share that engines found cached when it was written; nil where nothing tells.
  public internal(set) var loggedCachedShare: Double?

  /// - Parameter requests: in any order; sorted by arrival here, and moved so that the first arrives at 0.
  public init(name: String, requests: [TraceRequest]) {
    self.name = name
    let sorted = requests.sorted { $0.arrival < $1.arrival }
    let first = sorted.first?.arrival ?? 0
    self.requests = sorted.prefix(Self.maximumRequests).map { request in
      var request = request
      request.arrival -= first
      return request
    }
  }

  /// The first so many requests.
  public func prefix(_ count: Int) -> Trace { Trace(name: name, requests: Array(requests.prefix(count))) }

  /// The same requests, arriving so many times faster.
  ///
  /// - Parameter factor: above 0; what would come later than in 290 years comes then.
  public func faster(by factor: Double) -> Trace {
    Trace(
      name: name,
      requests: requests.map { request in
        var request = request
        request.arrival = UInt64(min(Double(request.arrival) / factor, 0x1p63))
        return request
      })
  }

  /// Blocks that no other prompt shares.
  static func ownBlocks(tokens: Int, number: Int) -> [UInt64] {
    let count = max(1, (tokens + blockTokens - 1) / blockTokens)
    return (0..<count).map { SplitMix64.mixed(UInt64(number) << 24 | UInt64($0) | 1 << 63) }
  }
}

/// What is wrong with a trace's file.
public struct TraceError: Error, Sendable, Equatable, CustomStringConvertible {
  public var file: String
  /// Counted from 1.
  public var line: Int
  public var problem: String

  public init(file: String, line: Int, problem: String) {
    self.file = file
    self.line = line
    self.problem = problem
  }

  public var description: String { "\(file):\(line): \(problem)" }
}
