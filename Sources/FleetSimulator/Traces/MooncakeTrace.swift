import Balancing
import JSONText

extension Trace {
  /// Reads Mooncake's format: one JSON object a line with `timestamp` (ms), `input_length`, `output_length` and `hash_ids`
  /// (one for each 512 tokens). A conversation's session is taken to be its second block, since the first is often a
  /// system prompt that all share.
  ///
  /// - Parameter file: its name, for errors.
  public init(mooncake bytes: UnsafeRawBufferPointer, file: String) throws {
    let requests = try JSONLines.map(bytes, file: file) { fields, problem in
      let tokens = 0...Self.maximumTokens
      guard let timestamp = fields.double("timestamp"), (0...1e12).contains(timestamp),
        let input = fields.integer("input_length"), let output = fields.integer("output_length"),
        tokens.contains(input),
        tokens.contains(output), let ids = fields.integers("hash_ids")
      else {
        throw problem(
          "a Mooncake line needs timestamp (ms, at most 1e12), input_length, output_length (at most \(Self.maximumTokens)) "
            + "and hash_ids, none of them negative")
      }
      return TraceRequest(
        arrival: UInt64(timestamp * 1e6), promptTokens: input, outputTokens: output,
        blocks: ids.map { SplitMix64.mixed(UInt64(bitPattern: Int64($0))) },
        session: (ids.count > 1 ? ids[1] : ids.first).map(String.init))
    }
    self.init(name: file, requests: requests)
  }

  /// Spreads requests that arrive at the same moment evenly over the second that follows it.
  static func spread(_ requests: inout [TraceRequest]) {
    requests.sort { $0.arrival < $1.arrival }
    var start = 0
    while start < requests.count {
      var end = start
      while end < requests.count, requests[end].arrival == requests[start].arrival { end += 1 }
      for index in start..<end {
        requests[index].arrival += UInt64(index - start) * 1_000_000_000 / UInt64(end - start)
      }
      start = end
    }
  }

  /// Seconds since 1970 of `2026-01-31T23:59:59Z`, a space in place of the T, and a fraction being passed over.
  static func seconds(ofTimestamp text: some StringProtocol) -> UInt64? {
    let digits = Array(text.utf8)
    guard digits.count >= 19 else { return nil }
    func number(_ range: Range<Int>) -> Int? {
      var value = 0
      for byte in digits[range] {
        guard (0x30...0x39).contains(byte) else { return nil }
        value = value * 10 + Int(byte - 0x30)
      }
      return value
    }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
      let minute = number(14..<16), let second = number(17..<19), (1...12).contains(month), (1...31).contains(day),
      (1970..<2500).contains(year)
    else { return nil }
    // Days by the proleptic Gregorian calendar, years beginning in March.
    let shifted = month <= 2 ? year - 1 : year
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    let days = 365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
    return UInt64(((days * 24 + hour) * 60 + minute) * 60 + second)
  }
}
