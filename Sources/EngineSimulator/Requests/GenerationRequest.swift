/// What the engine needs to know of a generation request, whichever API it came through.
struct GenerationRequest {
  /// Answers to one request: prompts times `n`.
  static let maximumChoices = 256

  let api: GenerationAPI
  /// As the request names it: the base model by one of its names, or an adapter.
  let model: String
  let streams: Bool
  /// Whether a stream ends with a chunk of token counts (always so in the APIs that have no choice).
  let includesUsage: Bool
  /// At least one; only a completion request may have several.
  let prompts: [GenerationPrompt]
  /// Answers to each prompt (`n`).
  let choicesPerPrompt: Int
  private(set) var maxTokens: Int?
  let ignoresEnd: Bool
  let stop: StopSequences
  let tools: [ToolDefinition]
  let toolChoice: ToolChoice
  let transfer: TransferParameters
  /// Of an engine with a role.
  private(set) var handOver = HandOverRequest.none
  /// Share of cached prompt tokens below which the request ends at once; nil: the engine's own.
  let cacheHitThreshold: Double?
  /// For the Responses API, which repeats them.
  let instructions: String?
  /// The identifier that the client gave the request; only the generate API takes one.
  let requestID: String?

  /// Tokens of all prompts together.
  var promptTokenCount: Int { prompts.reduce(0) { $0 + $1.tokens.count } }
  var choiceCount: Int { prompts.count * choicesPerPrompt }

  /// Reads a body. Only the shape is checked here; ``check(_:)`` applies the rules that come after the model is known.
  ///
  /// - Parameter defaultModel: Taken where the API lets a request name none.
  init(_ body: JSONValue, api: GenerationAPI, defaultModel: String) throws(EngineError) {
    guard body.members != nil else { throw .badRequest("The request body must be a JSON object") }
    self.api = api
    model = try GenerationRequest.model(body, default: api == .generate ? defaultModel : nil)
    streams = body.present("stream")?.bool ?? false
    includesUsage = body["stream_options"]?["include_usage"]?.bool ?? false
    transfer = TransferParameters(body)
    cacheHitThreshold = body.present("cache_hit_threshold")?.number
    instructions = body.present("instructions")?.string
    requestID = api == .generate ? body.present("request_id")?.string : nil

    let sampling = try GenerationRequest.sampling(body, api: api)
    ignoresEnd = sampling.present("ignore_eos")?.bool ?? false
    switch api {
    case .chat:
      maxTokens = try GenerationRequest.limit(sampling, "max_completion_tokens", "max_tokens")
      stop = try StopSequences(sampling, "stop")
    case .completion, .generate:
      maxTokens = try GenerationRequest.limit(sampling, "max_tokens")
      stop = try StopSequences(sampling, "stop")
    case .messages:
      maxTokens = try GenerationRequest.limit(sampling, "max_tokens")
      stop = try StopSequences(sampling, "stop_sequences")
    case .responses:
      maxTokens = try GenerationRequest.limit(sampling, "max_output_tokens")
      stop = StopSequences([])
    }

    if api == .completion || api == .generate {
      let prompts =
        api == .generate ? [try GenerationRequest.tokenPrompt(body)] : try GenerationPrompt.list(body["prompt"])
      self.prompts = prompts
      choicesPerPrompt = try GenerationRequest.choicesPerPrompt(sampling, prompts: prompts.count)
      tools = []
      toolChoice = .none
      return
    }
    let conversation = try Conversation(body, api: api)
    prompts = [GenerationPrompt(tokens: conversation.tokens, echo: conversation.echo)]
    choicesPerPrompt = api == .chat ? try GenerationRequest.choicesPerPrompt(sampling, prompts: 1) : 1
    var tools: [ToolDefinition] = []
    if let list = body.present("tools") {
      guard let elements = list.elements, elements.count <= 1024 else {
        throw .badRequest("tools must be an array of at most 1024 tools", parameter: "tools")
      }
      for element in elements { tools.append(try ToolDefinition(element)) }
    }
    self.tools = tools
    toolChoice = tools.isEmpty ? .none : try ToolChoice(body["tool_choice"])
    if case .function(let name) = toolChoice, !tools.contains(where: { $0.name == name }) {
      throw .badRequest("tool_choice names \(name), which is not among the tools", parameter: "tool_choice")
    }
  }

  /// Takes what an engine with a role is asked to do with the prompt's cache.
  mutating func take(_ handOver: HandOverRequest) {
    self.handOver = handOver
    if case .keep = handOver { maxTokens = min(maxTokens ?? 1, 1) }
  }

  /// Another engine has read the prompt.
  var isPrefilledElsewhere: Bool {
    if case .fetch = handOver { true } else { transfer.doRemotePrefill }
  }

  /// The rules that apply to a request for a known model, in the original's order.
  func check(_ options: EngineSimulatorOptions) throws(EngineError) {
    if !options.skipsToolValidation {
      for tool in tools { try tool.validate() }
    }
    if let maxTokens, maxTokens <= 0 {
      throw .badRequest("Max completion tokens and max tokens should be positive", parameter: "max_tokens")
    }
    if transfer.doRemoteDecode, streams { throw .badRequest("Prefill does not support streaming", parameter: "stream") }
    if ignoresEnd, maxTokens == nil {
      throw .badRequest("ignore_eos needs max_tokens: without it the answer would not end", parameter: "ignore_eos")
    }
  }

  /// Each prompt and its permitted answer must fit the context window.
  func checkContext(window: Int) throws(EngineError) {
    let answer = maxTokens ?? 0
    for prompt in prompts {
      let (total, overflow) = prompt.tokens.count.addingReportingOverflow(answer)
      guard overflow || total > window else { continue }
      throw .badRequest(
        "This model's maximum context length is \(window) tokens. However, you requested \(overflow ? Int.max : total) tokens "
          + "(\(prompt.tokens.count) in the messages, \(answer) in the completion). "
          + "Please reduce the length of the messages or completion")
    }
  }

  private static func model(_ body: JSONValue, default: String?) throws(EngineError) -> String {
    guard let model = body.present("model") else {
      if let name = `default` { return name }
      throw .badRequest("Invalid request: missing required parameter 'model'.", parameter: "model")
    }
    guard let name = model.string else { throw .badRequest("model must be a string", parameter: "model") }
    return name
  }

  /// Where the parameters of sampling are: at the top, or in an object of their own.
  private static func sampling(_ body: JSONValue, api: GenerationAPI) throws(EngineError) -> JSONValue {
    guard api == .generate else { return body }
    let sampling = body.present("sampling_params") ?? .object([])
    guard sampling.members != nil else {
      throw .badRequest("sampling_params must be an object", parameter: "sampling_params")
    }
    return sampling
  }

  private static func tokenPrompt(_ body: JSONValue) throws(EngineError) -> GenerationPrompt {
    let value = body.present("token_ids") ?? body.present("prompt_token_ids")
    guard let value, value.elements != nil, let prompt = GenerationPrompt(value) else {
      throw .badRequest("token_ids must be a non-empty array of token numbers", parameter: "token_ids")
    }
    return prompt
  }

  private static func choicesPerPrompt(_ body: JSONValue, prompts: Int) throws(EngineError) -> Int {
    guard let value = body.present("n") else { return 1 }
    guard let count = value.integer, count >= 1 else {
      throw .badRequest("n must be an integer of at least 1", parameter: "n")
    }
    guard count <= maximumChoices / prompts else {
      throw .badRequest(
        "n is \(count) for \(prompts == 1 ? "1 prompt" : "\(prompts) prompts"); a request may have \(maximumChoices) choices at most",
        parameter: "n")
    }
    return count
  }

  private static func limit(_ body: JSONValue, _ names: String...) throws(EngineError) -> Int? {
    for name in names {
      guard let value = body.present(name) else { continue }
      guard let limit = value.integer else { throw .badRequest("\(name) must be an integer", parameter: name) }
      return limit
    }
    return nil
  }
}
