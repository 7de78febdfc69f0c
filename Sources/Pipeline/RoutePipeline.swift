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
  private let longTexts: LongTextQueue?
  private let clock: @Sendable () -> UInt64

  /// - Parameters:
  ///   - cache: keeps what texts read as; nil reads every text anew.
  ///   - longTexts: where long texts are read, so that no event loop waits; nil reads them on the calling thread.
  ///   - clock: a monotonic clock in nanoseconds.
  public init(
    cache: ReadingCache?, longTexts: LongTextQueue? = nil, clock: @escaping @Sendable () -> UInt64
  ) {
    self.cache = cache
    self.longTexts = longTexts
    self.clock = clock
  }

  /// Plans one request, however long reading it takes: with an encoder milliseconds, so never on an event loop.
  ///
  /// - Throws: the error to answer the client with.
  public func plan(
    body: UnsafeRawBufferPointer, endpoint: ModelEndpoint, snapshot: RoutingSnapshot, options: Options = Options()
  ) throws(APIError) -> RoutePlan {
    switch try begin(body: body, endpoint: endpoint, snapshot: snapshot, options: options) {
    case .planned(let plan): return plan
    case .reading(let reading):
      return try finish(reading, encoding: reading.readNow(), body: body)
    }
  }

  /// Plans one request as far as it goes without the encoder and without reading long texts; microseconds.
  ///
  /// - Throws: the error to answer the client with.
  public func begin(
    body: UnsafeRawBufferPointer, endpoint: ModelEndpoint, snapshot: RoutingSnapshot, options: Options = Options()
  ) throws(APIError) -> Planning {
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
    guard let entry else { throw snapshot.unknownModel(facts.model) }
    do throws(RequestBodyError) { try facts.checkMessages() } catch { throw error.apiError }
    switch entry {
    case .model(let base, let adapter):
      return .planned(
        RoutePlan(
          facts: facts, selection: nil, contextTokens: nil, model: base, adapter: adapter, recipe: nil,
          readings: SignalReadings(),
          verdict: nil, edits: RequestEdits(facts), injectsSystemPrompt: false,
          compiledRecipe: nil, wasReadBefore: false))
    case .virtual(let recipe):
      return try route(facts, body: body, recipe: recipe, snapshot: snapshot, options: options)
    }
  }

  /// Plans a request whose text the encoder has read, or failed to.
  ///
  /// - Parameter body: the bytes that it was begun with.
  /// - Throws: the error to answer the client with.
  public func finish(
    _ reading: UnfinishedPlan, encoding: PromptEncoding, body: UnsafeRawBufferPointer
  ) throws(APIError) -> RoutePlan {
    var progress = reading.progressNow
    if reading.asksEncoder {
      let now = clock()
      progress.encoderNanoseconds = now > reading.began ? now - reading.began : 0
    }
    guard case .decided(let verdict) = step(&progress, reading.prompt, encoding: encoding, reading.snapshot) else {
      preconditionFailure("an encoding was given")
    }
    return try plan(verdict, progress, reading.facts, reading.prompt, body: body, snapshot: reading.snapshot)
  }

  private func route(
    _ facts: RequestFacts, body: UnsafeRawBufferPointer, recipe: Int, snapshot: RoutingSnapshot, options: Options
  ) throws(APIError) -> Planning {
    let reader = snapshot.readers[recipe]
    let prompt = facts.promptFacts(body: body, withHistory: reader.readsHistory)
    // Recipes have rules of their own, so what is kept of a text is kept a recipe.
    let generation = snapshot.generation << 16 | UInt64(recipe)
    var progress = ReadingProgress(recipe: recipe, generation: generation, readsEverything: options.readsEverything)
    if let cached = cache?.readings(generation: generation, text: prompt.evaluationText) {
      progress.readings = cached
      progress.isKnown = true
    }
    switch step(&progress, prompt, encoding: nil, snapshot) {
    case .decided(let verdict):
      return .planned(try plan(verdict, progress, facts, prompt, body: body, snapshot: snapshot))
    case .needsEncoding:
      return .reading(
        UnfinishedPlan(
          facts: facts, prompt: prompt, progress: progress, snapshot: snapshot,
          encoder: reader.wantsAnyEncoding && !prompt.evaluationText.isEmpty ? snapshot.models.encoder : nil,
          longTexts: isLong(prompt, reader) ? longTexts : nil, clock: clock))
    }
  }

  private func isLong(_ prompt: PromptFacts, _ reader: PromptReader) -> Bool {
    longTexts != nil && reader.guardedBytes(of: prompt) >= LongTextQueue.longText
  }

  private enum Step {
    case decided(DecisionEngine.Verdict)
    case needsEncoding
  }

  /// Reads what the decision needs, as far as that goes.
  ///
  /// - Parameter encoding: nil: the encoder has not been asked.
  private func step(
    _ progress: inout ReadingProgress, _ prompt: PromptFacts, encoding: PromptEncoding?, _ snapshot: RoutingSnapshot
  ) -> Step {
    let reader = snapshot.readers[progress.recipe]
    let engine = snapshot.router.recipes[progress.recipe].engine
    func mustWait(_ family: SignalFamily) -> Bool {
      guard encoding == nil else { return false }
      return reader.wantsEncoding(family) && !prompt.evaluationText.isEmpty
        || PromptReader.guardFamilies.contains(family) && isLong(prompt, reader)
    }
    func read(_ family: SignalFamily) {
      progress.readings[family] = reader.read(family, of: prompt, encoding: encoding ?? .absent, clock: clock)
      if reader.dependsOnTextOnly(family) { progress.hasNews = true }
    }
    var isWaiting = false
    if progress.readsEverything {
      for family in SignalFamily.allCases where progress.readings[family] == nil {
        if mustWait(family) { isWaiting = true } else { read(family) }
      }
      if isWaiting { return .needsEncoding }
    }
    var verdict = engine.decide(progress.readings)
    while case .needs(let family) = verdict {
      if mustWait(family) { return .needsEncoding }
      read(family)
      verdict = engine.decide(progress.readings)
    }
    return .decided(verdict)
  }

  private func plan(
    _ verdict: DecisionEngine.Verdict, _ progress: ReadingProgress, _ facts: RequestFacts, _ prompt: PromptFacts,
    body: UnsafeRawBufferPointer, snapshot: RoutingSnapshot
  ) throws(APIError) -> RoutePlan {
    let readings = progress.readings
    if progress.hasNews {
      let reader = snapshot.readers[progress.recipe]
      cache?.record(readings, generation: progress.generation, text: prompt.evaluationText) {
        reader.dependsOnTextOnly($0)
      }
    }
    var selection: Selection
    do throws(RoutingError) {
      selection = try snapshot.router.select(recipe: progress.recipe, verdict: verdict, readings: readings)
    } catch {
      throw .invalidRequest("\(error)", param: "model")
    }
    var edits = RequestEdits(facts)
    var isInjected = false
    if facts.endpoint == .chatCompletions, selection.fastResponse == nil {
      if let plugin = selection.systemPrompt {
        isInjected = edits.applySystemPrompt(plugin.prompt, mode: plugin.mode == .replace ? .replace : .insert)
      }
      apply(selection.reasoningChanges(clientEffort: effort(facts, body)), to: &edits)
    } else {
      // Only chat requests have a place to say it.
      selection.usesReasoning = nil
    }
    return RoutePlan(
      facts: facts, selection: selection, contextTokens: PromptReader.estimatedTokens(prompt.size),
      model: selection.model, adapter: selection.adapter, recipe: progress.recipe,
      readings: readings, verdict: verdict, edits: edits, injectsSystemPrompt: isInjected,
      compiledRecipe: snapshot.router.recipes[progress.recipe],
      wasReadBefore: progress.isKnown && !progress.hasNews, encoderNanoseconds: progress.encoderNanoseconds)
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
