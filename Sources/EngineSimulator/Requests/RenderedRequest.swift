/// What the render endpoints answer: for each prompt a request for `/inference/v1/generate`, with the prompt as token
/// numbers and the parameters of sampling in their own object, ready to be sent there as it is.
///
/// A chat request gives one object; a completion request an array, since it may have several prompts.
struct RenderedRequest {
  /// Members of a request that belong into `sampling_params`.
  private static let samplingNames = [
    "n", "max_tokens", "min_tokens", "stop", "stop_token_ids", "include_stop_str_in_output", "ignore_eos",
    "temperature", "top_p", "top_k", "min_p", "seed", "presence_penalty", "frequency_penalty", "repetition_penalty",
  ]
  /// Members that keep their place.
  private static let otherNames = [
    "stream", "stream_options", "kv_transfer_params", "cache_hit_threshold", "cache_salt", "priority",
  ]

  private let request: GenerationRequest
  private let body: JSONValue

  init(_ request: GenerationRequest, body: JSONValue) {
    self.request = request
    self.body = body
  }

  /// - Parameter identifier: Gives a new identifier at each call.
  func json(identifier: () -> String) -> [UInt8] {
    let tail = tail
    let objects = request.prompts.map { prompt in
      var json = JSONBytes(capacity: 256 + 11 * prompt.tokens.count)
      json.raw(#"{"request_id":"#)
      json.string(request.api.idPrefix(.latest) + identifier())
      json.raw(#","model":"#)
      json.string(request.model)
      json.raw(#","token_ids":["#)
      json.raw(prompt.tokens.map(String.init).joined(separator: ","))
      json.raw("],")
      json.raw(tail)
      return json.bytes
    }
    guard request.api == .completion else { return Array(objects.joined()) }
    return [UInt8(ascii: "[")] + objects.joined(separator: [UInt8(ascii: ",")]) + [UInt8(ascii: "]")]
  }

  /// The members behind the tokens, and the closing brace.
  private var tail: [UInt8] {
    var sampling: [JSONMember] = []
    for name in RenderedRequest.samplingNames {
      if name == "max_tokens" {
        // The chat API has two names for it.
        if let limit = request.maxTokens { sampling.append(JSONMember(name: name, value: .integer(limit))) }
      } else if let value = body.present(name) {
        sampling.append(JSONMember(name: name, value: value))
      }
    }
    var json = JSONBytes()
    json.raw(#""sampling_params":"#)
    json.value(.object(sampling))
    for name in RenderedRequest.otherNames {
      guard let value = body.present(name) else { continue }
      json.raw(",")
      json.string(name)
      json.raw(":")
      json.value(value)
    }
    json.raw("}")
    return json.bytes
  }
}
