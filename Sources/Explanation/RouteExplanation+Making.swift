import Balancing
import ChatProtocols
import Fleet
import JSONText
import Pipeline
import Reading
import RouterConfig
import Routing
import Signals

extension RouteExplanation {
  /// The most names that a note lists.
  static let listedNames = 12

  /// Plans a request with every declared signal read, and explains the plan. Nothing is sent.
  ///
  /// Cost: that of the plan and of all signals, so milliseconds with a neural classifier: not for an event loop.
  ///
  /// - Parameters:
  ///   - fields: of the request's head. Those count that say how it is routed: `x-vsr-*`, `routing-strategy` and the others
  ///     of ``ReplicaWish``.
  ///   - now: monotonic nanoseconds, of the clock that the replicas' health is told.
  public static func explain(
    _ body: [UInt8], endpoint: ModelEndpoint = .chatCompletions, fields: [HeaderField] = [], snapshot: RoutingSnapshot,
    pipeline: RoutePipeline, now: UInt64
  ) -> RouteExplanation {
    let skipsProcessing = isTrue("x-vsr-skip-processing", in: fields)
    let result = body.withUnsafeBytes { bytes in
      Result { () throws(APIError) -> RoutePlan in
        try pipeline.plan(
          body: bytes, endpoint: endpoint, snapshot: snapshot,
          options: .init(readsEverything: true, skipsProcessing: skipsProcessing))
      }
    }
    return RouteExplanation(result, snapshot: snapshot, body: body, endpoint: endpoint, fields: fields, now: now)
  }

  /// Explains what the pipeline came to.
  ///
  /// Of a request that was refused for want of a default model, the signals are read anew, so that it shows why no
  /// decision matches.
  ///
  /// - Parameters:
  ///   - result: of planning `body` under `snapshot`.
  ///   - body: the bytes that were planned; others are a programming error and may trap.
  ///   - fields: of the request's head.
  ///   - now: monotonic nanoseconds, of the clock that the replicas' health is told.
  public init(
    _ result: Result<RoutePlan, APIError>, snapshot: RoutingSnapshot, body: [UInt8],
    endpoint: ModelEndpoint = .chatCompletions, fields: [HeaderField] = [], now: UInt64
  ) {
    switch result {
    case .success(let plan): self.init(plan, snapshot: snapshot, body: body, fields: fields, now: now)
    case .failure(let error): self.init(refusal: error, snapshot: snapshot, body: body, endpoint: endpoint)
    }
  }

  private init(_ plan: RoutePlan, snapshot: RoutingSnapshot, body: [UInt8], fields: [HeaderField], now: UInt64) {
    let facts = plan.facts
    requestedModel = facts.model
    evaluationText = String(decoding: facts.promptFacts(body: body).evaluationText, as: UTF8.self)
    let recipe = plan.recipe.map { snapshot.router.recipes[$0] }
    self.recipe = recipe?.name
    families = recipe.map { Self.families(of: $0, plan.readings) } ?? []
    decisions = recipe.map { Self.decisions(of: $0, plan.readings, chosen: plan.selection?.decisionIndex) } ?? []
    let decision = recipe.flatMap { recipe in
      plan.selection?.decisionIndex.map { recipe.profile.decisions[$0] }
    }
    let strategy = recipe?.profile.strategy ?? snapshot.router.document.global.strategy
    let own = plan.selection?.fastResponse
    let kind: RouteChoice.Kind =
      own != nil
      ? .ownAnswer : plan.selection == nil ? .passThrough : decision?.modelRefs.isEmpty == false ? .decision : .fallback
    let routed = Outcome.routed(
      RouteChoice(
        kind: kind, decision: plan.selection?.decision, confidence: plan.selection?.confidence ?? 0,
        declaredAlgorithm: decision?.algorithm, algorithm: plan.selection?.algorithm ?? "static",
        plugins: decision?.plugins.map(\.type) ?? [], matchedRules: plan.selection?.matchedRules ?? [],
        category: plan.selection?.category,
        reason: kind == .passThrough
          ? "the client named the model itself, so nothing is routed"
          : DecisionRanking(strategy: strategy).reason(for: decisions),
        ownAnswer: own?.message, model: plan.model, adapter: plan.adapter,
        candidateModels: decision.map { $0.modelRefs.map { $0.loraName ?? $0.model } } ?? [],
        usesReasoning: plan.selection?.usesReasoning, injectsSystemPrompt: plan.injectsSystemPrompt))
    let model = own == nil ? snapshot.fleet.model(named: plan.model) : nil
    let placements = model?.placements(for: plan.adapter) ?? []
    var best: Placement?
    do throws(ReplicaWishError) {
      let found = try model.flatMap { (model) throws(ReplicaWishError) in
        try ReplicaExplanation(plan, of: model, snapshot, body: body, fields: fields, now: now)
      }
      pair = found?.pair
      balancing = found?.strategy
      candidates = found?.candidates ?? []
      best = found?.best
      outcome = routed
    } catch {
      outcome = .refused(error.apiError)
      balancing = nil
      candidates = []
    }
    headers =
      best == nil && own == nil ? [] : HeaderField.fields(for: plan, withDebug: Self.isTrue("x-vsr-debug", in: fields))

    originalLength = body.count
    let splices = body.withUnsafeBytes { bytes in
      best.map { plan.splices(for: $0, on: bytes) } ?? plan.edits.splices(on: bytes)
    }
    sentLength = splices.lengthAfter(body.count)
    edits = body.withUnsafeBytes { BodyEdit.edits(splices, of: $0, facts: facts) }

    notes = plan.selection?.notes ?? []
    notes += Self.familyNotes(plan.readings)
    if let nanoseconds = plan.encoderNanoseconds, let encoder = snapshot.models.encoder {
      let milliseconds = Double(nanoseconds) / 1e6
      notes.append(
        "the encoder \(encoder.name) read the text in \(Decimals.text(milliseconds, places: 1)) ms, once for all signals"
      )
    }
    if let selection = plan.selection, own == nil {
      if facts.endpoint == .chatCompletions {
        if selection.usesReasoning == true, selection.reasoning == nil {
          notes.append("model \(selection.model) has no reasoning family, so it is not told to reason")
        }
      } else if selection.systemPrompt != nil || selection.usesReasoning == true {
        notes.append("system prompts and reasoning are set in chat completions only; \(facts.endpoint.path) is not one")
      }
    }
    notes += model.map { model in model.strangers.map(model.strangeness) } ?? []
    if own != nil {
      if facts.endpoint == .embeddings { notes.append("embeddings are refused with a 403 and the message") }
    } else if placements.isEmpty {
      notes.append("model \(plan.model) runs nowhere: providers.models[] names no backend of it that can be used")
    } else if let filter = balancing?.filter, filter.left == 0 {
      notes.append(
        "external-filter \(filter.selector) leaves none of the \(filter.all) replicas, so the client would get a 503")
    } else if best == nil, refusal == nil {
      notes.append("no replica of \(plan.model) may be chosen now, so the client would get a 503")
    }
  }

  private init(refusal error: APIError, snapshot: RoutingSnapshot, body: [UInt8], endpoint: ModelEndpoint) {
    outcome = .refused(error)
    recipe = nil
    families = []
    decisions = []
    edits = []
    balancing = nil
    candidates = []
    headers = []
    notes = []
    originalLength = body.count
    sentLength = body.count
    guard let facts = try? RequestFacts.scan(body: body, endpoint: endpoint) else {
      requestedModel = nil
      evaluationText = ""
      return
    }
    requestedModel = facts.model
    let prompt = facts.promptFacts(body: body, withHistory: true)
    evaluationText = String(decoding: prompt.evaluationText, as: UTF8.self)
    guard case .virtual(let index) = snapshot.directory.entry(for: facts.model) else {
      let directory = snapshot.directory
      notes.append("names that enter a recipe: \(Self.list(directory.virtualNames))")
      notes.append("names that pass through: \(Self.list(directory.modelNames))")
      return
    }
    let entered = snapshot.router.recipes[index]
    recipe = entered.name
    var readings = SignalReadings()
    let reader = snapshot.readers[index]
    let encoding =
      SignalFamily.allCases.contains(where: reader.wantsEncoding)
      ? snapshot.models.encoder?.readNow(prompt.evaluationText) ?? .absent : .absent
    for family in SignalFamily.allCases {
      readings[family] = reader.read(family, of: prompt, encoding: encoding) { 0 }
    }
    families = Self.families(of: entered, readings).map { family in
      var family = family
      family.source = .read(nanoseconds: nil)
      return family
    }
    decisions = Self.decisions(of: entered, readings, chosen: nil)
    notes += Self.familyNotes(readings)
  }

  // MARK: Parts

  private static func families(of recipe: CompiledRecipe, _ readings: SignalReadings) -> [FamilyExplanation] {
    let used = Set(recipe.profile.decisions.flatMap(\.rules.leaves).map(\.key))
    return SignalFamily.allCases.compactMap { family in
      let names = recipe.profile.signals.names(of: family)
      guard !names.isEmpty else { return nil }
      let reading = readings[family]
      let source: FamilyExplanation.Source =
        reading.map { $0.nanoseconds == 0 && family.dependsOnTextOnly ? .cache : .read(nanoseconds: $0.nanoseconds) }
        ?? .notRead
      let signals = names.enumerated().map { index, name in
        SignalExplanation(
          family: family, name: name, reading: reading?.readings[index],
          isUsed: used.contains("\(family.ruleType):\(name)"))
      }
      return FamilyExplanation(family: family, source: source, signals: signals)
    }
  }

  private static func decisions(
    of recipe: CompiledRecipe, _ readings: SignalReadings, chosen: Int?
  ) -> [DecisionExplanation] {
    zip(recipe.profile.decisions, recipe.engine.trace(readings, chosen: chosen)).map {
      DecisionExplanation(decision: $0, trace: $1)
    }
  }

  private static func familyNotes(_ readings: SignalReadings) -> [String] {
    SignalFamily.allCases.compactMap { family in
      readings[family]?.note.map { "\(family.documentKey): \($0)" }
    }
  }

  static func value(of name: String, in fields: [HeaderField]) -> String? {
    fields.first { $0.name == name }?.value
  }

  private static func isTrue(_ name: String, in fields: [HeaderField]) -> Bool {
    value(of: name, in: fields)?.lowercased() == "true"
  }

  static func list(_ names: [String]) -> String {
    guard !names.isEmpty else { return "none" }
    let listed = names.prefix(listedNames).joined(separator: ", ")
    return names.count > listedNames ? "\(listed) and \(names.count - listedNames) more" : listed
  }
}

extension DecisionPlugin {
  /// As the document writes it.
  var type: String {
    switch self {
    case .systemPrompt: "system_prompt"
    case .fastResponse: "fast_response"
    }
  }
}
