import ChatProtocols
import RouterConfig
import Signals

/// `context`: the request's size in tokens, estimated from bytes and counts.
struct ContextSignal: PlainSignalRules {
  static let family = SignalFamily.context
  static let documentation = SignalDocumentation(
    summary: "The request has a size in tokens, estimated, between two bounds.",
    computation: [
      """
      The estimate is the larger of ⌈text bytes ÷ 4⌉ and what the envelope needs at least: text bytes ÷ 4 + bytes of \
      tool schemas, tool-call arguments, tool results and response format + 8192 an image + 4 a message + 8 a tool \
      call + 8 a tool definition + the output asked for (`max_completion_tokens`, else `max_tokens`).
      """,
      "Both bounds are part of the range.",
    ],
    fields: [
      .init("name", "string", default: nil, "The rule's name."),
      .init("min_tokens", "tokens, such as `4K`", default: "0", "The least that matches."),
      .init("max_tokens", "tokens, such as `128K`", default: "no bound", "The most that matches."),
    ],
    confidence: "1.",
    value: "the estimate.",
    cost: "well under 1 µs")

  private let rules: [ContextRule]

  static func compile(
    _ declarations: SignalDeclarations, in environment: SignalEnvironment
  ) throws(SignalCompilationErrors) -> ContextSignal {
    try ContextSignal(declarations.context) { environment.path(family, $0) }
  }

  init(_ rules: [ContextRule], path: (Int) -> String) throws(SignalCompilationErrors) {
    var problems: [SignalCompilationError] = []
    for (index, rule) in rules.enumerated() {
      if let most = rule.maxTokens, most < rule.minTokens {
        problems.append(
          SignalCompilationError(
            path: "\(path(index)).max_tokens",
            reason: "\(most) is below min_tokens (\(rule.minTokens)), so the rule could never match"))
      }
    }
    guard problems.isEmpty else { throw SignalCompilationErrors(problems) }
    self.rules = rules
  }

  func read(_ facts: PromptFacts) -> FamilyReading {
    let tokens = Self.estimate(facts.size)
    return FamilyReading(
      readings: rules.map { rule in
        let isMatched = tokens >= rule.minTokens && rule.maxTokens.map { tokens <= $0 } ?? true
        return SignalReading(state: isMatched ? .matched(confidence: 1) : .unmatched, value: Double(tokens))
      })
  }

  /// Tokens of a request, estimated; see ``documentation``. Saturates, since clients choose some of the numbers.
  ///
  ///     4 001 bytes of text in 1 message              1 004
  ///     the same, 2 000 bytes of tools, max_tokens 512  3 516
  static func estimate(_ size: PromptSize) -> Int {
    let text = max(size.textBytes, 0)
    let parts = [
      text / 4, size.structuredBytes, saturating(size.images, 8192), saturating(size.messages, 4),
      saturating(size.toolCalls, 8), saturating(size.toolDefinitions, 8), size.outputReserve,
    ]
    let envelope = parts.reduce(0) { sum, part in
      let (total, overflow) = sum.addingReportingOverflow(max(part, 0))
      return overflow ? .max : total
    }
    return max(text / 4 + (text % 4 == 0 ? 0 : 1), envelope)
  }

  private static func saturating(_ count: Int, _ each: Int) -> Int {
    let (product, overflow) = count.multipliedReportingOverflow(by: each)
    return overflow ? .max : product
  }
}
