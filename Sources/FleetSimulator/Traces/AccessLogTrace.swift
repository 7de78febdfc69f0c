import Balancing
import JSONText

extension Trace {
  /// Reads the gateway's access log, as far as engines answered: lines of another status than 2xx (0 is Envoy's that did not
  /// show it), of other events and of the gateway's own answers are passed over.
  ///
  /// Tokens are those that the answers told. Where they told none the prompt's are its bytes by the model's tokens a byte, as the
  /// other lines tell it (a quarter where none does), and the answer's a quarter of its bytes. What prompts share is known of a log
  /// that was written with `--log-prefixes` (``PrefixSamples``), to a block; of another no two share anything.
  ///
  /// Requests that arrive in the same moment are spread over the second that follows it: older logs tell whole seconds.
  ///
  /// - Parameters:
  ///   - file: its name, for errors.
  ///   - model: whose lines are read, as the field `model` has it; nil for all.
  public init(accessLog bytes: UnsafeRawBufferPointer, file: String, model: String? = nil) throws {
    let lines = try JSONLines.map(bytes, file: file) { fields, problem in
      try LoggedRequest(fields, model: model, problem)
    }.compactMap { $0 }
    var sums: [LoggedRequest.Measure: (tokens: Double, bytes: Double)] = [:]
    var cached = (tokens: 0, of: 0)
    for line in lines {
      guard let tokens = line.promptTokens, tokens > 0, line.promptBytes > 0 else { continue }
      sums[line.measure, default: (0, 0)].tokens += Double(tokens)
      sums[line.measure, default: (0, 0)].bytes += Double(line.promptBytes)
      guard let of = line.cachedTokens else { continue }
      cached.tokens += of
      cached.of += tokens
    }
    var requests = lines.enumerated().map { number, line in
      line.request(number: number + 1, tokensPerByte: sums[line.measure].map { $0.tokens / $0.bytes } ?? 0.25)
    }
    Self.spread(&requests)
    self.init(name: file, requests: requests)
    if cached.of > 0 { loggedCachedShare = Double(cached.tokens) / Double(cached.of) }
  }
}

/// One line of the access log that a replay takes.
private struct LoggedRequest {
  /// What ``promptBytes`` counts: lines of one measure have one number of tokens a byte.
  struct Measure: Hashable {
    var model: String
    /// The prompt's bytes, rather than those of the whole request.
    var isPrompt: Bool
  }

  var measure: Measure
  /// Nanoseconds since 1970.
  var arrival: UInt64
  /// Of the prompt, or of the request where the log does not tell that.
  var promptBytes: Int
  var promptTokens: Int?
  var cachedTokens: Int?
  var outputTokens: Int
  var samples: [PrefixSamples.Sample]

  init?(_ fields: JSONLines.Fields, model wanted: String?, _ problem: (String) -> TraceError) throws {
    guard fields.text("event") == "request", let model = fields.text("model"), !model.isEmpty,
      wanted == nil || wanted == model
    else { return nil }
    let status = fields.integer("status") ?? 200
    guard status == 0 || (200..<300).contains(status), fields.text("replica") != "" else { return nil }
    guard let time = fields.text("time"), let end = Trace.nanoseconds(ofTimestamp: time) else {
      throw problem("the line has no time of the form 2026-01-31T23:59:59.123456Z")
    }
    guard let request = fields.integer("request_bytes"), let response = fields.integer("response_bytes"),
      request >= 0, response >= 0
    else { throw problem("the line has no request_bytes and response_bytes") }
    guard let samples = PrefixSamples.samples(fields.text("prefix") ?? "") else {
      throw problem("the prefix is none that --log-prefixes writes")
    }
    measure = Measure(model: model, isPrompt: fields.integer("prompt_bytes") != nil)
    self.samples = samples
    // The log is written as answers end: the request came that much earlier.
    let duration = UInt64(min(max(0, fields.integer("duration_us") ?? 0), 1 << 50)) * 1_000
    arrival = end > duration ? end - duration : 0
    promptBytes = max(0, fields.integer("prompt_bytes") ?? request)
    func tokens(_ name: String) throws -> Int? {
      guard let count = fields.integer(name) else { return nil }
      guard count <= Trace.maximumTokens else { throw problem("\(name) is above \(Trace.maximumTokens)") }
      return max(0, count)
    }
    promptTokens = try tokens("prompt_tokens")
    cachedTokens = try tokens("cached_tokens")
    outputTokens = try tokens("completion_tokens") ?? min(response / 4, Trace.maximumTokens)
  }

  /// - Parameters:
  ///   - number: of the line, for blocks that are this prompt's own.
  ///   - tokensPerByte: the same for all lines of the model, so that what two prompts share is as many tokens of both.
  func request(number: Int, tokensPerByte: Double) -> TraceRequest {
    let tokens = max(1, promptTokens ?? Int(min(Double(promptBytes) * tokensPerByte, Double(Trace.maximumTokens))))
    // Rounded, as what is shared is: a block more or less is neither's advantage.
    var blocks = Trace.ownBlocks(tokens: max(1, tokens - Trace.blockTokens / 2), number: number)
    let unit = Double(PrefixSamples.unitBytes) * tokensPerByte
    var covering = samples[...]
    for block in blocks.indices {
      // Who shares a sample shares half a unit more on average; then half a block counts as one.
      let end = (Double(block) + 0.5) * Double(Trace.blockTokens)
      covering = covering.drop { (Double($0.depth) + 0.5) * unit < end }
      guard let sample = covering.first else { break }
      blocks[block] = SplitMix64.mixed(UInt64(sample.bits) << 32 | UInt64(block))
    }
    // As of Mooncake's traces: the second, since the first is often a system prompt that all share.
    let session = samples.count > 1 ? samples[1] : samples.first
    return TraceRequest(
      arrival: arrival, promptTokens: tokens, outputTokens: outputTokens, blocks: blocks,
      session: session.map { String($0.bits) })
  }
}

extension Trace {
  /// Nanoseconds since 1970 of ``seconds(ofTimestamp:)`` with its fraction, of which nine digits count.
  static func nanoseconds(ofTimestamp text: String) -> UInt64? {
    guard let seconds = seconds(ofTimestamp: text) else { return nil }
    let rest = text.utf8.dropFirst(19)
    guard rest.first == UInt8(ascii: ".") else { return seconds * 1_000_000_000 }
    var fraction: UInt64 = 0
    var unit: UInt64 = 100_000_000
    for digit in rest.dropFirst() {
      guard (0x30...0x39).contains(digit) else { break }
      fraction += UInt64(digit - 0x30) * unit
      unit /= 10
    }
    return seconds * 1_000_000_000 + fraction
  }
}
