import Routing
import Signals

/// The headers that tell a client how its request was routed: the semantic router's schema 2, and those that its guide
/// shows (category, reasoning, injected system prompt), which come without being asked for.
public enum RouteHeaders {
  /// Calls `body` with each field in the order of the answer; names are in lower case.
  ///
  /// - Parameters:
  ///   - isSuccess: the engine answered 2xx; only then is said which decision and model answered.
  ///   - withDebug: the client sent `x-vsr-debug: true`: the matched signals come too.
  public static func forEach(
    _ plan: RoutePlan, isSuccess: Bool, withDebug: Bool, _ body: (_ name: StaticString, _ value: String) -> Void
  ) {
    body("x-vsr-schema-version", "2")
    body("x-vsr-response-path", "upstream")
    guard isSuccess else { return }
    body("x-vsr-selected-model", plan.publicModel)
    guard let selection = plan.selection else { return }
    body("x-vsr-selected-recipe", selection.recipe)
    body("x-vsr-selected-algorithm", selection.algorithm)
    if let decision = selection.decision {
      body("x-vsr-selected-decision", decision)
      body("x-vsr-selected-confidence", fixed4(selection.confidence))
    }
    if let category = selection.category { body("x-vsr-selected-category", category) }
    if let usesReasoning = selection.usesReasoning { body("x-vsr-selected-reasoning", usesReasoning ? "on" : "off") }
    body("x-vsr-injected-system-prompt", plan.injectsSystemPrompt ? "true" : "false")
    if withDebug { forEachDebug(plan, selection, body) }
  }

  /// The same for an answer that the router gave itself, by the plugin `fast_response`.
  public static func forEachOfOwnAnswer(
    _ plan: RoutePlan, withDebug: Bool, _ body: (_ name: StaticString, _ value: String) -> Void
  ) {
    body("x-vsr-schema-version", "2")
    body("x-vsr-response-path", "fast_response")
    body("x-vsr-fast-response", "true")
    guard let selection = plan.selection else { return }
    body("x-vsr-selected-recipe", selection.recipe)
    if let decision = selection.decision {
      body("x-vsr-selected-decision", decision)
      body("x-vsr-selected-confidence", fixed4(selection.confidence))
    }
    if let category = selection.category { body("x-vsr-selected-category", category) }
    if withDebug { forEachDebug(plan, selection, body) }
  }

  private static func forEachDebug(
    _ plan: RoutePlan, _ selection: Selection, _ body: (_ name: StaticString, _ value: String) -> Void
  ) {
    for family in SignalFamily.allCases {
      guard let reading = plan.readings[family] else { continue }
      let matched = zip(plan.signalNames(of: family), reading.readings).filter { $1.isMatched }
      // Of keywords the words are told that were found, of the others the rules' names; of guards that close because their
      // reader failed that, once.
      var values =
        family == .keyword
        ? matched.flatMap { $1.evidence.isEmpty ? [$0] : $1.evidence }
        : matched.filter { !$1.tellsFailure }.map { $0.0 }
      if family != .keyword, matched.contains(where: { $1.tellsFailure }) { values.append(SignalReading.readerFailed) }
      if !values.isEmpty { body(matchedHeader(family), values.joined(separator: ",")) }
    }
    if let tokens = plan.contextTokens { body("x-vsr-context-token-count", String(tokens)) }
    if !selection.notes.isEmpty { body("x-vsr-notes", selection.notes.joined(separator: "; ")) }
  }

  private static func matchedHeader(_ family: SignalFamily) -> StaticString {
    switch family {
    case .metadata: "x-vsr-matched-metadata"
    case .conversation: "x-vsr-matched-conversation"
    case .context: "x-vsr-matched-context"
    case .keyword: "x-vsr-matched-keywords"
    case .structure: "x-vsr-matched-structure"
    case .language: "x-vsr-matched-language"
    case .domain: "x-vsr-matched-domains"
    case .jailbreak: "x-vsr-matched-jailbreak"
    case .pii: "x-vsr-matched-pii"
    case .embedding: "x-vsr-matched-embeddings"
    }
  }

  /// Four decimals, as in `0.9731`.
  static func fixed4(_ value: Double) -> String {
    let scaled = Int((min(max(value, 0), 1) * 10_000).rounded())
    return String(unsafeUninitializedCapacity: 6) { digits in
      var rest = scaled
      for place in [5, 4, 3, 2, 0] {
        digits[place] = UInt8(ascii: "0") + UInt8(rest % 10)
        rest /= 10
      }
      digits[1] = UInt8(ascii: ".")
      return 6
    }
  }
}
