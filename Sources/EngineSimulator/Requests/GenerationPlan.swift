/// An answer that is already composed and only has to be told in time.
struct GenerationPlan: Equatable {
  enum FinishReason: String, CaseIterable {
    case stop
    case length
    case toolCalls = "tool_calls"
    case remoteDecode = "remote_decode"
    case cacheThreshold = "cache_threshold"
  }

  /// The words of the answer; empty when it calls tools.
  let tokens: [String]
  let toolCalls: [ToolCall]
  let finishReason: FinishReason

  /// How many pieces a stream sends.
  var streamedTokens: Int { toolCalls.isEmpty ? tokens.count : toolCalls.reduce(0) { $0 + $1.tokens.count } }

  /// How many tokens are accounted.
  var completionTokens: Int {
    toolCalls.isEmpty
      ? tokens.count : toolCalls.reduce(0) { $0 + ToolCallGenerator.tokensPerCall + $1.tokens.count }
  }

  var text: String { tokens.joined() }

  /// Nothing at all, for a request below its cache threshold.
  static let belowCacheThreshold = GenerationPlan(tokens: [], toolCalls: [], finishReason: .cacheThreshold)

  init(tokens: [String], toolCalls: [ToolCall], finishReason: FinishReason) {
    self.tokens = tokens
    self.toolCalls = toolCalls
    self.finishReason = finishReason
  }

  /// Composes the answer.
  init(_ request: GenerationRequest, options: EngineSimulatorOptions, random: inout SeededRandom) {
    let calls = ToolCallGenerator(options: options).calls(
      request.tools, choice: request.toolChoice, idPrefix: request.api.toolCallPrefix, random: &random)
    guard calls.isEmpty else {
      self.init(
        tokens: [], toolCalls: calls, finishReason: request.transfer.doRemoteDecode ? .remoteDecode : .toolCalls)
      return
    }
    var tokens: [String]
    var reason = FinishReason.stop
    switch options.mode {
    case .echo:
      tokens = DummyTokenizer.tokens(request.echo)
      if let limit = request.maxTokens, tokens.count >= limit {
        reason = .length
        if options.compatibility == .v050 { tokens = Array(tokens.prefix(limit)) }
      }
    case .random:
      let count: Int
      if let limit = request.maxTokens {
        count = request.ignoresEnd ? limit : OutputLength.histogram(maximum: limit, random: &random)
        if count == limit { reason = .length }
      } else {
        let limit = options.compatibility == .v050 ? 128 : options.maxModelLength - request.promptTokens.count
        count = OutputLength.normal(limit: limit, random: &random)
      }
      tokens = RandomText.tokens(count: count, random: &random)
    }
    if request.transfer.doRemoteDecode { reason = .remoteDecode }
    self.init(tokens: tokens, toolCalls: [], finishReason: reason)
  }
}
