/// One prompt of a generation request: a text, or the numbers of tokens.
struct GenerationPrompt: Equatable {
  /// Numbers of the prompt's tokens.
  let tokens: [UInt32]
  /// What echo mode answers.
  let echo: String

  init(tokens: [UInt32], echo: String) {
    self.tokens = tokens
    self.echo = echo
  }

  init(text: String) {
    self.init(tokens: DummyTokenizer.identifiers(Array(text.utf8)), echo: text)
  }

  /// A string or a non-empty array of token numbers; nil for anything else. Token numbers are hashes and cannot be turned
  /// back into text, so the echo of such a prompt is the numbers themselves.
  init?(_ value: JSONValue) {
    if let text = value.string {
      self.init(text: text)
      return
    }
    guard let elements = value.elements, !elements.isEmpty else { return nil }
    let numbers = elements.compactMap { $0.integer.flatMap(UInt32.init(exactly:)) }
    guard numbers.count == elements.count else { return nil }
    self.init(tokens: numbers, echo: numbers.map(String.init).joined(separator: " "))
  }

  /// The prompts of a completion request: one text, one array of token numbers, or an array of those.
  static func list(_ value: JSONValue?) throws(EngineError) -> [GenerationPrompt] {
    if let single = value.flatMap(GenerationPrompt.init) { return [single] }
    guard let elements = value?.elements, 1...GenerationRequest.maximumChoices ~= elements.count else {
      throw .badRequest(
        "prompt must be a string, an array of token numbers or an array of 1 to \(GenerationRequest.maximumChoices) of those",
        parameter: "prompt")
    }
    var prompts: [GenerationPrompt] = []
    prompts.reserveCapacity(elements.count)
    for (index, element) in elements.enumerated() {
      guard let prompt = GenerationPrompt(element) else {
        throw .badRequest(
          "prompt[\(index)] must be a string or a non-empty array of token numbers", parameter: "prompt")
      }
      prompts.append(prompt)
    }
    return prompts
  }
}
