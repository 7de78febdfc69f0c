/// All answers to a request: one for each prompt and each of the `n` that the request asks for, prompt by prompt.
///
/// The choices are decoded together, as a batch is: in each step every choice that is not finished gets its next piece.
struct GenerationPlan: Equatable {
  enum FinishReason: String, CaseIterable {
    case stop
    case length
    case toolCalls = "tool_calls"
    case remoteDecode = "remote_decode"
    case cacheThreshold = "cache_threshold"
  }

  /// At least one.
  let choices: [GeneratedChoice]
  /// Steps until the longest choice is complete.
  let steps: Int

  var completionTokens: Int { choices.reduce(0) { $0 + $1.completionTokens } }

  init(choices: [GeneratedChoice]) {
    precondition(!choices.isEmpty)
    self.choices = choices
    steps = choices.reduce(0) { max($0, $1.pieces) }
  }

  /// Composes the answers.
  init(_ request: GenerationRequest, options: EngineSimulatorOptions, random: inout SeededRandom) {
    var choices: [GeneratedChoice] = []
    choices.reserveCapacity(request.choiceCount)
    for prompt in request.prompts {
      for _ in 0..<request.choicesPerPrompt {
        choices.append(GeneratedChoice(request, prompt: prompt, options: options, random: &random))
      }
    }
    self.init(choices: choices)
  }

  /// Nothing at all, for a request below its cache threshold.
  static func belowCacheThreshold(choices: Int) -> GenerationPlan {
    GenerationPlan(
      choices: Array(repeating: GeneratedChoice(tokens: [], finishReason: .cacheThreshold), count: choices))
  }

  /// How many choices get a piece in that step (counted from 0).
  func pieces(inStep step: Int) -> Int {
    choices.reduce(0) { $0 + (step < $1.pieces ? 1 : 0) }
  }
}
