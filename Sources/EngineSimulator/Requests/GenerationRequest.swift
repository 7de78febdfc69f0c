/// What the engine needs to know of a generation request, whichever API it came through.
struct GenerationRequest {
  let api: GenerationAPI
  /// As the request names it: the base model by one of its names, or an adapter.
  let model: String
  let streams: Bool
  /// Whether a stream ends with a chunk of token counts (always so in the APIs that have no choice).
  let includesUsage: Bool
  /// Identifiers of the prompt's tokens.
  let promptTokens: [UInt32]
  /// What echo mode answers.
  let echo: String
  let maxTokens: Int?
  let ignoresEnd: Bool
  let tools: [ToolDefinition]
  let toolChoice: ToolChoice
  let transfer: TransferParameters
  /// Share of cached prompt tokens below which the request ends at once; nil: the engine's own.
  let cacheHitThreshold: Double?
  /// For the Responses API, which repeats them.
  let instructions: String?

  /// Reads a body. Only the shape is checked here; ``check(_:)`` applies the rules that come after the model is known.
  init(_ body: JSONValue, api: GenerationAPI) throws(EngineError) {
    guard body.members != nil else { throw .badRequest("The request body must be a JSON object") }
    self.api = api
    guard let model = body.present("model") else {
      throw .badRequest("Invalid request: missing required parameter 'model'.", parameter: "model")
    }
    guard let name = model.string else { throw .badRequest("model must be a string", parameter: "model") }
    self.model = name
    streams = body.present("stream")?.bool ?? false
    includesUsage = body["stream_options"]?["include_usage"]?.bool ?? false
    ignoresEnd = body.present("ignore_eos")?.bool ?? false
    transfer = TransferParameters(body)
    cacheHitThreshold = body.present("cache_hit_threshold")?.number
    instructions = body.present("instructions")?.string

    switch api {
    case .chat: maxTokens = try GenerationRequest.limit(body, "max_completion_tokens", "max_tokens")
    case .completion, .messages: maxTokens = try GenerationRequest.limit(body, "max_tokens")
    case .responses: maxTokens = try GenerationRequest.limit(body, "max_output_tokens")
    }

    if api == .completion {
      let prompt = try GenerationRequest.completionPrompt(body["prompt"])
      promptTokens = prompt.tokens
      echo = prompt.text
      tools = []
      toolChoice = .none
      return
    }
    let conversation = try Conversation(body, api: api)
    promptTokens = DummyTokenizer.identifiers(Array(conversation.prompt.utf8))
    echo = conversation.echo
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

  /// Prompt and permitted answer must fit the context window.
  func checkContext(window: Int) throws(EngineError) {
    let answer = maxTokens ?? 0
    let (total, overflow) = promptTokens.count.addingReportingOverflow(answer)
    guard overflow || total > window else { return }
    throw .badRequest(
      "This model's maximum context length is \(window) tokens. However, you requested \(overflow ? Int.max : total) tokens "
        + "(\(promptTokens.count) in the messages, \(answer) in the completion). "
        + "Please reduce the length of the messages or completion")
  }

  private static func limit(_ body: JSONValue, _ names: String...) throws(EngineError) -> Int? {
    for name in names {
      guard let value = body.present(name) else { continue }
      guard let limit = value.integer else { throw .badRequest("\(name) must be an integer", parameter: name) }
      return limit
    }
    return nil
  }

  private static func completionPrompt(
    _ value: JSONValue?
  ) throws(EngineError) -> (tokens: [UInt32], text: String) {
    switch value {
    case .string(let text)?: return (DummyTokenizer.identifiers(Array(text.utf8)), text)
    case .array(let elements)?:
      let numbers = elements.compactMap { $0.integer.flatMap(UInt32.init(exactly:)) }
      if !elements.isEmpty, numbers.count == elements.count {
        return (numbers, numbers.map(String.init).joined(separator: " "))
      }
      if elements.count == 1 { return try completionPrompt(elements[0]) }
      throw .badRequest("prompt must be one string or one array of token numbers", parameter: "prompt")
    default: throw .badRequest("prompt must be a string or an array of token numbers", parameter: "prompt")
    }
  }
}
