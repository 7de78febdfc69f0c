import ChatProtocols
import JSONText
import Reading
import RouterConfig
import Routing
import Signals

/// The path from a request's bytes to its plan: facts, model name, signals, decision, edits.
///
/// The gateway, the evaluation API and `switchyard explain` all call this one function. It does no I/O; the clock is
/// handed in. Safe from any thread.
public struct RoutePipeline: Sendable {
  public struct Options: Sendable {
    /// Read every declared signal, whether or not a rule needs it: for explanations.
    public var readsEverything: Bool
    /// The client asked for no processing (`x-vsr-skip-processing: true`). Where the document allows it, a virtual name
    /// means the default model, and nothing is read or edited.
    public var skipsProcessing: Bool

    public init(readsEverything: Bool = false, skipsProcessing: Bool = false) {
      self.readsEverything = readsEverything
      self.skipsProcessing = skipsProcessing
    }
  }

  private let cache: ReadingCache?
  private let clock: @Sendable () -> UInt64

  /// - Parameters:
  ///   - cache: keeps what texts read as; nil reads every text anew.
  ///   - clock: a monotonic clock in nanoseconds.
  public init(cache: ReadingCache?, clock: @escaping @Sendable () -> UInt64) {
    self.cache = cache
    self.clock = clock
  }

  /// Plans one request.
  ///
  /// - Throws: the error to answer the client with.
  public func plan(
    body: UnsafeRawBufferPointer, endpoint: ModelEndpoint, snapshot: RoutingSnapshot, options: Options = Options()
  ) throws(APIError) -> RoutePlan {
    let facts: RequestFacts
    do throws(RequestBodyError) {
      facts = try RequestFacts.scan(body: body, endpoint: endpoint)
    } catch {
      throw error.apiError
    }
    var entry = snapshot.directory.entry(for: facts.model)
    if options.skipsProcessing, snapshot.router.document.global.skipProcessing, case .virtual = entry {
      guard let name = snapshot.router.document.providers.defaultModel else {
        throw .invalidRequest("\(RoutingError.noDefaultModel)", param: "model")
      }
      entry = snapshot.directory.entry(for: name)
    }
    switch entry {
    case nil:
      throw snapshot.unknownModel(facts.model)
    case .model(let base, let adapter):
      return RoutePlan(
        facts: facts, selection: nil, contextTokens: nil, model: base, adapter: adapter, recipe: nil,
        readings: SignalReadings(),
        verdict: nil, edits: RequestEdits(facts), injectsSystemPrompt: false,
        compiledRecipe: nil, wasReadBefore: false)
    case .virtual(let recipe):
      return try route(facts, body: body, recipe: recipe, snapshot: snapshot, options: options)
    }
  }

  private func route(
    _ facts: RequestFacts, body: UnsafeRawBufferPointer, recipe: Int, snapshot: RoutingSnapshot, options: Options
  ) throws(APIError) -> RoutePlan {
    let prompt = facts.promptFacts(body: body)
    let reader = snapshot.readers[recipe]
    let compiled = snapshot.router.recipes[recipe]
    // Recipes have rules of their own, so what is kept of a text is kept a recipe.
    let generation = snapshot.generation << 16 | UInt64(recipe)
    var readings = SignalReadings()
    var isKnown = false
    if let cached = cache?.readings(generation: generation, text: prompt.evaluationText) {
      readings = cached
      isKnown = true
    }
    var hasNews = false
    func read(_ family: SignalFamily) {
      readings[family] = reader.read(family, of: prompt, clock: clock)
      if family.dependsOnTextOnly { hasNews = true }
    }
    if options.readsEverything {
      for family in SignalFamily.allCases where readings[family] == nil { read(family) }
    }
    var verdict = compiled.engine.decide(readings)
    while case .needs(let family) = verdict {
      read(family)
      verdict = compiled.engine.decide(readings)
    }
    if hasNews { cache?.record(readings, generation: generation, text: prompt.evaluationText) }

    var selection: Selection
    do throws(RoutingError) {
      selection = try snapshot.router.select(recipe: recipe, verdict: verdict, readings: readings)
    } catch {
      throw .invalidRequest("\(error)", param: "model")
    }
    var edits = RequestEdits(facts)
    var isInjected = false
    if facts.endpoint == .chatCompletions {
      if let plugin = selection.systemPrompt {
        isInjected = edits.applySystemPrompt(plugin.prompt, mode: plugin.mode == .replace ? .replace : .insert)
      }
      apply(selection.reasoningChanges(clientEffort: effort(facts, body)), to: &edits)
    }
    // Only chat requests have a place to say it.
    if facts.endpoint != .chatCompletions { selection.usesReasoning = nil }
    return RoutePlan(
      facts: facts, selection: selection, contextTokens: PromptReader.estimatedTokens(prompt.size),
      model: selection.model, adapter: selection.adapter, recipe: recipe,
      readings: readings, verdict: verdict, edits: edits, injectsSystemPrompt: isInjected,
      compiledRecipe: compiled,
      wasReadBefore: isKnown && !hasNews)
  }

  private func effort(_ facts: RequestFacts, _ body: UnsafeRawBufferPointer) -> JSONFragment? {
    guard let member = facts.member(.reasoningEffort) else { return nil }
    return try? JSONFragment(validating: Array(body[member.value.range]))
  }

  private func apply(_ changes: [ReasoningControl.Change], to edits: inout RequestEdits) {
    for change in changes {
      switch change {
      case .setTemplateArgument(let key, let value): edits.setChatTemplateArgument(key, to: value)
      case .setTopLevel(let key, let value): edits.setTopLevel(key, to: value)
      case .removeTopLevel(let key): edits.removeTopLevel(key)
      }
    }
  }
}
