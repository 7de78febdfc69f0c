import Balancing
import Fleet
import JSONText
import Pipeline

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Lines of the access log that wait for their block to fill: one JSON object a request, never a prompt or a secret.
package final class AccessLogBuffer {
  static let blockBytes = 32 << 10

  private let text = TextWriter(capacity: AccessLogBuffer.blockBytes + 1024)
  private var lines = 0
  private var second = 0
  private var stamp: [UInt8] = []

  var isFull: Bool { text.count >= Self.blockBytes }

  /// Is written down at once, so nothing needs to copy it.
  package struct Entry: ~Copyable {
    package var method: StaticString
    package var path: String
    package var requestedModel: String
    package var model: String
    package var decision: String
    package var replica: String
    /// What chose the replica; nil where none was chosen.
    package var strategy: StrategyKind?
    /// The prefill on a replica of its own; nil where one replica served the request whole.
    package var prefill: PrefillSpan?
    /// What the answer told of its tokens.
    package var facts: AnswerFacts
    package var status: Int
    /// Why an answer that had begun came to no end; nil where it did.
    package var broken: String?
    package var attempts: Int
    package var milliseconds: Double
    package var firstByteMilliseconds: Double
    package var requestBytes: Int
    package var responseBytes: Int
    /// What is told of the prompt; nil where nothing is.
    package var prompt: PromptMark?

    package init(
      method: StaticString, path: String, requestedModel: String, model: String, decision: String, replica: String,
      strategy: StrategyKind? = nil, prefill: PrefillSpan? = nil, facts: AnswerFacts = AnswerFacts(), status: Int,
      broken: String? = nil, attempts: Int, milliseconds: Double, firstByteMilliseconds: Double, requestBytes: Int,
      responseBytes: Int, prompt: PromptMark? = nil
    ) {
      self.method = method
      self.path = path
      self.requestedModel = requestedModel
      self.model = model
      self.decision = decision
      self.replica = replica
      self.strategy = strategy
      self.prefill = prefill
      self.facts = facts
      self.status = status
      self.broken = broken
      self.attempts = attempts
      self.milliseconds = milliseconds
      self.firstByteMilliseconds = firstByteMilliseconds
      self.requestBytes = requestBytes
      self.responseBytes = responseBytes
      self.prompt = prompt
    }
  }

  func append(_ entry: borrowing Entry, id: RequestID) {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    if now.tv_sec != second { setSecond(now.tv_sec) }
    literal("{\"time\":\"")
    text.writeBytes(stamp)
    let microseconds = now.tv_nsec / 1_000
    var power = 100_000
    while power > 1, microseconds < power {
      literal("0")
      power /= 10
    }
    text.writeDecimal(microseconds)
    literal("Z\",\"event\":\"request\",\"request_id\":\"")
    text.write(id)
    literal("\",\"method\":\"")
    literal(entry.method)
    literal("\",\"path\":")
    string(entry.path)
    literal(",\"requested_model\":")
    string(entry.requestedModel)
    literal(",\"model\":")
    string(entry.model)
    literal(",\"decision\":")
    string(entry.decision)
    literal(",\"replica\":")
    string(entry.replica)
    if let strategy = entry.strategy {
      // Names of strategies hold nothing that JSON escapes.
      literal(",\"strategy\":\"")
      text.writeString(strategy.rawValue)
      literal("\"")
    }
    if let prefill = entry.prefill {
      literal(",\"prefill_replica\":")
      string(prefill.replica)
      number(",\"prefill_us\":", Int(prefill.nanoseconds / 1_000))
    }
    number(",\"status\":", entry.status)
    if let broken = entry.broken {
      literal(",\"broken\":")
      string(broken)
    }
    number(",\"attempts\":", entry.attempts)
    number(",\"duration_us\":", Int(entry.milliseconds * 1000))
    number(",\"first_byte_us\":", Int(entry.firstByteMilliseconds * 1000))
    number(",\"request_bytes\":", entry.requestBytes)
    number(",\"response_bytes\":", entry.responseBytes)
    if let tokens = entry.facts.promptTokens { number(",\"prompt_tokens\":", tokens) }
    if let tokens = entry.facts.cachedTokens { number(",\"cached_tokens\":", tokens) }
    if let tokens = entry.facts.generatedTokens { number(",\"completion_tokens\":", tokens) }
    if let prompt = entry.prompt {
      number(",\"prompt_bytes\":", prompt.bytes)
      literal(",\"prefix\":\"")
      text.writeBytes(prompt.samples)
      literal("\"")
    }
    literal("}\n")
    lines += 1
  }

  func take() -> (bytes: [UInt8], lines: Int)? {
    guard lines > 0 else { return nil }
    defer {
      text.clear()
      lines = 0
    }
    return (Array(text.bytes), lines)
  }

  private func literal(_ literal: StaticString) { text.writeStaticString(literal) }

  private func string(_ value: String) {
    value.lendUTF8 { bytes in
      literal("\"")
      if bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }) {
        text.writeBytes(bytes)
      } else {
        var escaped: [UInt8] = []
        JSONString.appendContents(bytes, to: &escaped)
        text.writeBytes(escaped)
      }
      literal("\"")
    }
  }

  private func number(_ key: StaticString, _ value: Int) {
    literal(key)
    text.writeDecimal(value)
  }

  private func setSecond(_ now: Int) {
    second = now
    var clock = now
    var parts = tm()
    gmtime_r(&clock, &parts)
    func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
    stamp = Array(
      "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))."
        .utf8)
  }
}
