/// One of a request's answers, already composed; it only has to be told in time.
struct GeneratedChoice: Equatable {
  /// The words of the answer; empty when it calls tools. A word behind a stop text is an empty one: it was generated
  /// and counts, but is not shown.
  let tokens: [String]
  /// Numbers of the generated tokens; only for the API that answers them.
  let identifiers: [UInt32]
  let toolCalls: [ToolCall]
  let finishReason: GenerationPlan.FinishReason
  /// The stop text that ended the answer.
  let stopText: String?

  /// How many pieces a stream sends.
  var pieces: Int { toolCalls.isEmpty ? tokens.count : toolCalls.reduce(0) { $0 + $1.tokens.count } }

  /// How many tokens are accounted.
  var completionTokens: Int {
    toolCalls.isEmpty
      ? tokens.count : toolCalls.reduce(0) { $0 + ToolCallGenerator.tokensPerCall + $1.tokens.count }
  }

  var text: String { tokens.joined() }

  init(
    tokens: [String], identifiers: [UInt32] = [], toolCalls: [ToolCall] = [],
    finishReason: GenerationPlan.FinishReason, stopText: String? = nil
  ) {
    self.tokens = tokens
    self.identifiers = identifiers
    self.toolCalls = toolCalls
    self.finishReason = finishReason
    self.stopText = stopText
  }

  /// Composes an answer to one of the request's prompts.
  init(
    _ request: GenerationRequest, prompt: GenerationPrompt, options: EngineSimulatorOptions,
    random: inout SeededRandom
  ) {
    let calls = ToolCallGenerator(options: options).calls(
      request.tools, choice: request.toolChoice, idPrefix: request.api.toolCallPrefix, random: &random)
    guard calls.isEmpty else {
      self.init(
        tokens: [], toolCalls: calls, finishReason: request.transfer.doRemoteDecode ? .remoteDecode : .toolCalls)
      return
    }
    var tokens: [String]
    var reason = GenerationPlan.FinishReason.stop
    switch options.mode {
    case .echo:
      tokens = DummyTokenizer.tokens(prompt.echo)
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
        let limit = options.compatibility == .v050 ? 128 : options.maxModelLength - prompt.tokens.count
        count = OutputLength.normal(limit: limit, random: &random)
      }
      tokens = RandomText.tokens(count: count, random: &random)
    }
    var identifiers: [UInt32] = []
    if request.api == .generate {
      identifiers =
        options.mode == .echo ? prompt.tokens : tokens.flatMap { DummyTokenizer.identifiers(Array($0.utf8)) }
    }
    var stopText: String?
    if let cut = request.stop.cut(tokens) {
      tokens = cut.tokens
      stopText = cut.found
      reason = .stop
    }
    if request.transfer.doRemoteDecode { reason = .remoteDecode }
    self.init(
      tokens: tokens, identifiers: Array(identifiers.prefix(tokens.count)), finishReason: reason, stopText: stopText)
  }
}
