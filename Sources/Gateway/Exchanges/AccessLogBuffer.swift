import Balancing
import Fleet
import JSONText

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Lines of the access log that wait for their block to fill: one JSON object a request, never a prompt or a secret.
package struct AccessLogBuffer {
  static let blockBytes = 32 << 10

  private var bytes: [UInt8] = []
  private var lines = 0
  private var second = 0
  private var stamp: [UInt8] = []

  var isFull: Bool { bytes.count >= Self.blockBytes }

  package struct Entry {
    package var method: StaticString
    package var path: String
    package var requestedModel: String
    package var model: String
    package var decision: String
    package var replica: String
    /// What chose the replica; nil where none was chosen.
    package var strategy: StrategyKind?
    /// What the answer told of its tokens.
    package var facts: AnswerFacts
    package var status: Int
    package var attempts: Int
    package var milliseconds: Double
    package var firstByteMilliseconds: Double
    package var requestBytes: Int
    package var responseBytes: Int

    package init(
      method: StaticString, path: String, requestedModel: String, model: String, decision: String, replica: String,
      strategy: StrategyKind? = nil, facts: AnswerFacts = AnswerFacts(), status: Int, attempts: Int,
      milliseconds: Double, firstByteMilliseconds: Double, requestBytes: Int,
      responseBytes: Int
    ) {
      self.method = method
      self.path = path
      self.requestedModel = requestedModel
      self.model = model
      self.decision = decision
      self.replica = replica
      self.strategy = strategy
      self.facts = facts
      self.status = status
      self.attempts = attempts
      self.milliseconds = milliseconds
      self.firstByteMilliseconds = firstByteMilliseconds
      self.requestBytes = requestBytes
      self.responseBytes = responseBytes
    }
  }

  mutating func append(_ entry: Entry, id: RequestID) {
    let now = time(nil)
    if now != second { setSecond(now) }
    literal("{\"time\":\"")
    bytes.append(contentsOf: stamp)
    literal("\",\"event\":\"request\",\"request_id\":\"")
    id.append(to: &bytes)
    literal("\",\"method\":\"")
    bytes.append(
      contentsOf: UnsafeRawBufferPointer(start: entry.method.utf8Start, count: entry.method.utf8CodeUnitCount))
    literal("\",\"path\":")
    JSONString.append(entry.path, to: &bytes)
    literal(",\"requested_model\":")
    JSONString.append(entry.requestedModel, to: &bytes)
    literal(",\"model\":")
    JSONString.append(entry.model, to: &bytes)
    literal(",\"decision\":")
    JSONString.append(entry.decision, to: &bytes)
    literal(",\"replica\":")
    JSONString.append(entry.replica, to: &bytes)
    if let strategy = entry.strategy {
      // Names of strategies hold nothing that JSON escapes.
      literal(",\"strategy\":\"")
      bytes.append(contentsOf: strategy.rawValue.utf8)
      literal("\"")
    }
    number(",\"status\":", entry.status)
    number(",\"attempts\":", entry.attempts)
    number(",\"duration_us\":", Int(entry.milliseconds * 1000))
    number(",\"first_byte_us\":", Int(entry.firstByteMilliseconds * 1000))
    number(",\"request_bytes\":", entry.requestBytes)
    number(",\"response_bytes\":", entry.responseBytes)
    if let tokens = entry.facts.promptTokens { number(",\"prompt_tokens\":", tokens) }
    if let tokens = entry.facts.cachedTokens { number(",\"cached_tokens\":", tokens) }
    if let tokens = entry.facts.generatedTokens { number(",\"completion_tokens\":", tokens) }
    literal("}\n")
    lines += 1
  }

  mutating func take() -> (bytes: [UInt8], lines: Int)? {
    guard !bytes.isEmpty else { return nil }
    let block = (bytes, lines)
    bytes = []
    bytes.reserveCapacity(Self.blockBytes + 1024)
    lines = 0
    return block
  }

  private mutating func literal(_ text: StaticString) {
    bytes.append(contentsOf: UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  private mutating func number(_ key: StaticString, _ value: Int) {
    literal(key)
    // The digits from the last, at the end of the space for the longest number.
    withUnsafeTemporaryAllocation(byteCount: 20, alignment: 8) { digits in
      var rest = value.magnitude
      var start = digits.count
      repeat {
        start -= 1
        digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      } while rest > 0
      if value < 0 { bytes.append(UInt8(ascii: "-")) }
      bytes.append(contentsOf: digits[start...])
    }
  }

  private mutating func setSecond(_ now: Int) {
    second = now
    var clock = now
    var parts = tm()
    gmtime_r(&clock, &parts)
    func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
    stamp = Array(
      "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
        .utf8)
  }
}
