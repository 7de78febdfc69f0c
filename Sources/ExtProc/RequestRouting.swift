import Balancing
import ChatProtocols
import Fleet
import JSONText
import Pipeline
import Reading
import Reliability
import Routing
import Users

import enum Gateway.Endpoint
import struct Gateway.LimitRefusal
import struct Gateway.TrafficLimits

/// From a whole body to a model and a replica, as the role wants it.
enum RequestRouting {
  /// Why a request goes nowhere, and what the client is told.
  struct Refusal: Error {
    var error: APIError
    /// For the count of failed requests; nil where no model was found.
    var reason: String?
    var retryAfter = 0
    var requestedModel = ""
    /// Set where a limit of a user or a model was met: its words go to the client whatever the role.
    var limit: LimitRefusal?
  }

  /// What is known of a request's model.
  enum Outcome {
    case routed(Routed)
    /// The encoder must read the prompt first.
    case reading(UnfinishedPlan)
  }

  /// A model that was found, and how the body changes for it.
  struct Routed {
    var requestedModel: String
    var base: String
    var adapter: String?
    /// Where the replicas are; nil where the fleet has no such model.
    var model: FleetModel?
    fileprivate var edit: Edit
    /// Of a request that is passed on.
    fileprivate var passed: PassedPrompt?

    var publicModel: String { adapter ?? base }

    /// Where the adapter comes from, if engines are made to load it.
    var adapterSource: String? { adapter.flatMap { model?.adapterSources[$0] } }

    /// The changed body; nil where it stays as it is.
    ///
    /// - Parameter placement: nil where somebody else picks the replica: then the engine's name of the model is written
    ///   only if all replicas know it by the same.
    func body(for placement: Placement?, _ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
      let name = adapter ?? placement?.upstreamModel ?? sharedName
      switch edit {
      case .none: return nil
      case .plan(let plan):
        let splices = plan.splices(naming: name, on: bytes)
        return splices.isEmpty ? nil : splices.apply(to: bytes)
      case .facts(let facts):
        guard name != facts.model else { return nil }
        var edits = RequestEdits(facts)
        edits.setModel(name)
        return edits.splices(on: bytes).apply(to: bytes)
      case .place(let range, let isForm):
        guard name != requestedModel else { return nil }
        var new: [UInt8] = []
        if isForm { new.append(contentsOf: name.utf8) } else { JSONString.append(name, to: &new) }
        var splices = ByteSplices()
        splices.replace(range, with: new)
        return splices.apply(to: bytes)
      }
    }

    /// The changed body, where they are these changes.
    ///
    /// - Parameter edits: made from ``edits``.
    func body(for placement: Placement, by edits: RequestEdits, _ bytes: UnsafeRawBufferPointer) -> [UInt8] {
      let name = adapter ?? placement.upstreamModel
      return edits.splices(on: bytes, model: name == edits.facts.model ? nil : .string(name)).apply(to: bytes)
    }

    /// The body's changes but for the model's name; nil where the body was not read.
    var edits: RequestEdits? {
      switch edit {
      case .plan(let plan): plan.edits
      case .facts(let facts): RequestEdits(facts)
      case .none, .place: nil
      }
    }

    /// What was read of the body; nil where nothing was.
    var facts: RequestFacts? {
      switch edit {
      case .plan(let plan): plan.facts
      case .facts(let facts): facts
      case .none, .place: nil
      }
    }

    /// Whether the answer is to come as a stream; nil where that was not read.
    var isStreaming: Bool? { facts?.isStreaming ?? passed?.isStreaming }

    /// Of what was read of the body; nil where nothing was.
    fileprivate var size: PromptSize? {
      switch edit {
      case .plan(let plan): plan.facts.size
      case .facts(let facts): facts.size
      case .none, .place: passed?.size
      }
    }

    /// The prompt, where it was read.
    fileprivate func prompt(_ bytes: UnsafeRawBufferPointer) -> PromptOfBody? {
      switch edit {
      case .plan(let plan): PromptOfBody(plan: plan, body: bytes)
      case .facts(let facts): PromptOfBody(facts: facts, body: bytes)
      case .none, .place: passed.map { PromptOfBody(passed: $0, body: bytes) }
      }
    }

    private var sharedName: String {
      guard let first = model?.placements.first?.upstreamModel,
        model?.placements.allSatisfy({ $0.upstreamModel == first }) ?? false
      else { return base }
      return first
    }
  }

  fileprivate enum Edit {
    case none
    case plan(RoutePlan)
    case facts(RequestFacts)
    case place(Range<Int>, isForm: Bool)
  }

  /// Finds the model of a request.
  ///
  /// - Parameter onPlan: told of the plan, where the pipeline made one.
  static func route(
    _ bytes: UnsafeRawBufferPointer, endpoint: Endpoint, head: ProcessorHead?, scope: ProcessorScope,
    onPlan: (RoutePlan) -> Void
  ) throws(Refusal) -> Outcome {
    switch endpoint {
    case .model(let endpoint) where scope.settings.role == .replica:
      return .routed(try routeByName(bytes, endpoint, scope))
    case .model(let endpoint): return try routeByMeaning(bytes, endpoint, head, scope, onPlan)
    case .passedThrough(let row): return .routed(try routeByPlace(bytes, row, head, scope))
    case .local, .notAllowed, .unknown: throw Refusal(error: .notFound("endpoint not found"))
    }
  }

  /// Finds the model that a header names.
  static func route(named name: String, scope: ProcessorScope) throws(Refusal) -> Routed {
    guard case .model(let base, let adapter) = scope.snapshot.directory.entry(for: name) else {
      throw unknownModel(name, scope)
    }
    return routed(name, base, adapter, .none, scope)
  }

  private static func routed(
    _ requested: String, _ base: String, _ adapter: String?, _ edit: Edit, _ scope: ProcessorScope
  ) -> Routed {
    Routed(
      requestedModel: requested, base: base, adapter: adapter, model: scope.snapshot.fleet.model(named: base),
      edit: edit)
  }

  private static func routeByMeaning(
    _ bytes: UnsafeRawBufferPointer, _ endpoint: ModelEndpoint, _ head: ProcessorHead?, _ scope: ProcessorScope,
    _ onPlan: (RoutePlan) -> Void
  ) throws(Refusal) -> Outcome {
    do throws(APIError) {
      let planning = try scope.context.pipeline.begin(
        body: bytes, endpoint: endpoint, snapshot: scope.snapshot,
        options: .init(
          readsEverything: head?.wantsDebugHeaders ?? false, skipsProcessing: head?.skipsProcessing ?? false))
      switch planning {
      case .planned(let plan): return .routed(take(plan, began: scope.now, scope, onPlan))
      case .reading(let reading): return .reading(reading)
      }
    } catch {
      let name = (try? RequestFacts.scan(body: bytes, endpoint: endpoint).model) ?? ""
      throw Refusal(error: error, requestedModel: name)
    }
  }

  /// Finds the model of a request whose prompt the encoder has read, or failed to.
  ///
  /// - Parameters:
  ///   - began: when reading it began.
  ///   - onPlan: told of the plan.
  static func route(
    _ reading: UnfinishedPlan, _ encoding: PromptEncoding, _ bytes: UnsafeRawBufferPointer, began: UInt64,
    scope: ProcessorScope, onPlan: (RoutePlan) -> Void
  ) throws(Refusal) -> Routed {
    scope.metrics.count(encoding)
    do throws(APIError) {
      let plan = try scope.context.pipeline.finish(reading, encoding: encoding, body: bytes)
      return take(plan, began: began, scope, onPlan)
    } catch {
      throw Refusal(error: error, requestedModel: reading.facts.model)
    }
  }

  private static func take(
    _ plan: RoutePlan, began: UInt64, _ scope: ProcessorScope, _ onPlan: (RoutePlan) -> Void
  ) -> Routed {
    scope.accounts.count(plan, nanoseconds: scope.refreshTime() &- began)
    onPlan(plan)
    return routed(plan.facts.model, plan.model, plan.adapter, .plan(plan), scope)
  }

  private static func routeByName(
    _ bytes: UnsafeRawBufferPointer, _ endpoint: ModelEndpoint, _ scope: ProcessorScope
  ) throws(Refusal) -> Routed {
    let facts: RequestFacts
    do throws(RequestBodyError) {
      facts = try RequestFacts.scan(body: bytes, endpoint: endpoint)
    } catch {
      throw Refusal(error: error.apiError)
    }
    guard case .model(let base, let adapter) = scope.snapshot.directory.entry(for: facts.model) else {
      throw unknownModel(facts.model, scope)
    }
    do throws(RequestBodyError) { try facts.checkMessages() } catch {
      throw Refusal(error: error.apiError, requestedModel: facts.model)
    }
    return routed(facts.model, base, adapter, .facts(facts), scope)
  }

  private static func routeByPlace(
    _ bytes: UnsafeRawBufferPointer, _ row: PassThroughPath, _ head: ProcessorHead?, _ scope: ProcessorScope
  ) throws(Refusal) -> Routed {
    var query = head?.query ?? ""
    if !query.isEmpty { query.removeFirst() }
    var name = query.withUTF8 { ModelQuery.model(in: UnsafeRawBufferPointer($0)) }
    var range: Range<Int>?
    if row.modelPlace != .query, bytes.count > 0 {
      switch try verdict(bytes, row, contentType: head?.contentType ?? "", scope) {
      case .found(let value, let place): (name, range) = (value, place)
      case .absent: name = nil
      case let other:
        throw Refusal(
          error: other.apiError ?? .invalidRequest("the request names no model that can be read", param: "model"))
      }
    }
    let snapshot = scope.snapshot
    guard let wanted = snapshot.passThroughModel(named: name) else {
      throw Refusal(error: RoutingSnapshot.noDefaultModel)
    }
    guard case .model(let base, let adapter) = snapshot.directory.entry(for: wanted) else {
      if scope.settings.role == .replica { throw unknownModel(wanted, scope) }
      throw Refusal(error: snapshot.unknownModel(wanted), requestedModel: wanted)
    }
    var found = routed(
      name ?? "", base, adapter, range.map { .place($0, isForm: row.modelPlace == .form) } ?? .none, scope)
    found.passed = row.prompt.flatMap { PassedPrompt(bytes, as: $0) }
    return found
  }

  private static func verdict(
    _ bytes: UnsafeRawBufferPointer, _ row: PassThroughPath, contentType: String, _ scope: ProcessorScope
  ) throws(Refusal) -> ModelVerdict {
    if row.modelPlace == .jsonBody {
      var finder = JSONModelFinder(limit: scope.bodyLimit)
      let verdict = finder.append(bytes)
      return verdict == .needMore ? finder.finish() : verdict
    }
    do throws(MultipartFault) {
      var finder = MultipartModelFinder(
        boundary: try MultipartBoundary(contentType: contentType), limit: scope.bodyLimit)
      let verdict = finder.append(bytes)
      return verdict == .needMore ? finder.finish() : verdict
    } catch {
      throw Refusal(error: error.apiError(at: row))
    }
  }

  private static func unknownModel(_ name: String, _ scope: ProcessorScope) -> Refusal {
    Refusal(
      error: ReplicaRole.unknownModel(name, status: scope.snapshot.unknownModel(name).status), requestedModel: name)
  }

  /// Where a request may go, and how its replicas are to be picked.
  struct Intent {
    /// Those that serve whole requests and that Envoy can be sent to.
    var placements: [Placement]
    var balancing: ModelBalancing
    var policy: ModelPolicy
    var wish: ReplicaWish
    fileprivate var rateCharge: TrafficLimits.ModelCharge?
    /// What is gone by for what replicas have of the prompt.
    var residency = PromptResidency.ownRequests
  }

  /// What a request asks of its replicas. Counts it among its model's requests of this second.
  static func intent(
    _ routed: Routed, head: ProcessorHead, scope: ProcessorScope
  ) throws(Refusal) -> Intent {
    let placements = routed.model?.placements(for: routed.adapter) ?? []
    guard let model = routed.model, !placements.isEmpty || model.hasPairs,
      let balancing = scope.snapshot.balancing(ofModel: routed.base)
    else { throw refusal(.noBackend, routed, placements, scope) }
    let wish: ReplicaWish
    do throws(ReplicaWishError) {
      wish = try ReplicaWish(
        balancing.strategies, among: placements, tokens: RequestTokens(routed.size, by: balancing),
        hasPairs: model.hasPairs, field: head.wishField)
    } catch {
      throw badWish(error, head, scope)
    }
    let allowed = model.placements(for: routed.adapter, taking: wish.filter)
    if wish.filter != nil, allowed.isEmpty,
      model.pairedPlacements(for: routed.adapter, taking: wish.filter).isEmpty
    {
      throw refusal(.filteredOut, routed, placements, scope)
    }
    let rateCharge: TrafficLimits.ModelCharge?
    do throws(LimitRefusal) {
      rateCharge = try scope.context.limits.admit(
        requestTo: routed.base, limit: balancing.strategies.requestsPerSecond, profile: wish.profile,
        profileLimit: wish.profileLimit)
    } catch {
      throw Refusal(error, reason: error.reason)
    }
    return Intent(
      placements: scope.addresses.reachable(allowed), balancing: balancing, policy: model.policy, wish: wish,
      rateCharge: rateCharge)
  }

  /// Picks a replica and counts the request on it.
  ///
  /// - Parameters:
  ///   - bytes: the whole body.
  ///   - attempts: replicas or pairs that it was sent to before.
  ///   - tried: replicas that it must not go to again.
  static func pick(
    _ routed: Routed, _ intent: Intent, body bytes: UnsafeRawBufferPointer, after attempts: Int = 0,
    excluding tried: ReplicaSet = ReplicaSet(), scope: ProcessorScope
  ) throws(Refusal) -> (Placement, AttemptAccount) {
    let placements = intent.placements
    let choice = scope.chooser.choose(
      among: placements, by: intent.wish, of: intent.balancing, prompt: routed.prompt(bytes), adapter: routed.adapter,
      loads: scope.loadAdapter != nil && routed.adapterSource != nil, residency: intent.residency, excluding: tried,
      now: scope.now, random: &scope.random)
    if choice.choice.index == nil, attempts == 0 { takeBack(intent, scope: scope) }
    switch choice.choice.outcome {
    case .replica(let index):
      scope.accounts.count(choice.choice)
      return (placements[index], AttemptAccount(choice, on: placements[index].replica))
    case .allFull: throw refusal(.allFull, routed, placements, scope)
    case .noneReady where !unreachable(routed, intent, scope).isEmpty: throw withoutAddress(routed, intent, scope)
    case .noneReady where placements.isEmpty:
      throw refusal(
        .noPair, routed, routed.model?.pairedPlacements(for: routed.adapter, taking: intent.wish.filter) ?? [], scope)
    case .noneReady: throw refusal(.noneReady, routed, placements, scope)
    }
  }

  /// Picks a pair that was not tried and counts the request on both its replicas.
  ///
  /// - Parameter bytes: the whole body.
  static func pickPair(
    _ pair: ProcessorPair, body bytes: UnsafeRawBufferPointer, scope: ProcessorScope
  ) -> ReplicaChooser.PairChoice? {
    guard let prompt = pair.routed.prompt(bytes), let model = pair.routed.model else { return nil }
    let paired = scope.addresses.reachable(
      ofPairs: model.pairedPlacements(for: pair.routed.adapter, taking: pair.intent.wish.filter))
    guard
      !PrefillDecodePair.isWorse(
        among: paired, excluding: pair.tried, thanWholeAmong: pair.intent.placements, excluding: ReplicaSet(),
        now: scope.now)
    else { return nil }
    let choice = scope.chooser.choosePair(
      among: paired, by: pair.intent.wish, of: pair.intent.balancing, prompt: prompt, adapter: pair.routed.adapter,
      loads: scope.loadAdapter != nil && pair.routed.adapterSource != nil,
      residency: pair.intent.residency,
      excluding: pair.tried, now: scope.now,
      id: scope.context.nextDisaggregatedID, random: &scope.random)
    guard let choice else { return nil }
    scope.accounts.count(choice.choice)
    pair.begin(choice)
    return choice
  }

  /// Whether there is a pair that was not tried, or a replica that serves whole requests.
  static func hasOther(_ pair: ProcessorPair, scope: ProcessorScope) -> Bool {
    PrefillDecodePair.isThere(
      among: scope.addresses.reachable(
        ofPairs: pair.routed.model?.pairedPlacements(for: pair.routed.adapter, taking: pair.intent.wish.filter) ?? []),
      excluding: pair.tried, now: scope.now)
      || ReplicaPicker.hasCandidate(among: pair.intent.placements, excluding: ReplicaSet(), now: scope.now)
  }

  /// The request went to no replica, so it does not count among its model's of this second.
  static func takeBack(_ intent: Intent, scope: ProcessorScope) { scope.context.limits.takeBack(intent.rateCharge) }

  /// The model's replicas that Envoy cannot be sent to.
  private static func unreachable(_ routed: Routed, _ intent: Intent, _ scope: ProcessorScope) -> [Placement] {
    var wanted = scope.addresses.unreachable
    guard !wanted.isEmpty, let model = routed.model else { return [] }
    let filter = intent.wish.filter
    let decoding = model.pairedPlacements(for: routed.adapter, taking: filter).filter { $0.role == .decode }
    return (model.placements(for: routed.adapter, taking: filter) + decoding).filter {
      wanted.remove($0.replica.id) != nil
    }
  }

  /// Replicas were left out because they have no address, and no other takes the request.
  private static func withoutAddress(_ routed: Routed, _ intent: Intent, _ scope: ProcessorScope) -> Refusal {
    let name = routed.publicModel
    let names = unreachable(routed, intent, scope).prefix(3).map {
      "\($0.name): there is no address of \($0.replica.host)"
    }
    let seconds = Int(ExtProcServer.retryInterval.components.seconds)
    return Refusal(
      error: scope.settings.role == .replica
        ? ReplicaRole.noReplica(of: name)
        : .server(
          "no replica of model \"\(name)\" is ready that Envoy can be sent to (\(names.joined(separator: "; "))); names are "
            + "looked up every \(seconds) s", status: 503, code: "no_address"
        ).marked("x-error-no-model-backends"), reason: "no_address", retryAfter: seconds)
  }

  /// In AIBrix's words where the role is its plugin's.
  private static func refusal(
    _ refusal: ReplicaRefusal, _ routed: Routed, _ placements: [Placement], _ scope: ProcessorScope
  ) -> Refusal {
    let name = routed.publicModel
    let error =
      if scope.settings.role == .replica {
        refusal == .allFull || refusal == .filteredOut ? ReplicaRole.notSelected : ReplicaRole.noReplica(of: name)
      } else {
        refusal.error(model: name, placements: placements)
      }
    return Refusal(error: error, reason: refusal.rawValue, retryAfter: refusal.retryAfter)
  }

  /// What is wrong with the strategy that a head asks for; nil when nothing is.
  static func refusal(ofStrategyIn head: ProcessorHead, scope: ProcessorScope) -> Refusal? {
    guard let strategy = head.strategy, !strategy.isEmpty else { return nil }
    do throws(RoutingStrategyError) {
      _ = try RoutingStrategy(parsing: strategy)
      return nil
    } catch {
      return badWish(.strategy(error), head, scope)
    }
  }

  /// Of a strategy in AIBrix's words where the role is its plugin's, with the field of its release.
  private static func badWish(_ error: ReplicaWishError, _ head: ProcessorHead, _ scope: ProcessorScope) -> Refusal {
    guard case .strategy = error, scope.settings.role == .replica else {
      return Refusal(error: error.apiError, reason: error.reason)
    }
    let strategy = ErrorMark.cut(head.strategy ?? "")
    return Refusal(
      error: scope.context.settings.compatibility == .v04
        ? .invalidRequest("incorrect routing strategy").marked("x-error-invalid-routing-strategy", strategy)
        : .invalidRequest("incorrect routing strategy \(strategy)").marked("x-error-routing"), reason: error.reason)
  }
}

extension RequestRouting.Refusal {
  /// A limit was met.
  ///
  /// - Parameter reason: nil where no model was found.
  init(_ limit: LimitRefusal, reason: String?) {
    self.init(error: limit.error, reason: reason, retryAfter: limit.retryAfter)
    self.limit = limit
  }
}
