import Balancing
import Fleet
import Pipeline

/// From which of a model's replicas the next choice would be made, and by what.
struct ReplicaExplanation {
  var strategy: StrategyExplanation
  /// nil where one replica serves the request.
  var pair: PairExplanation?
  var candidates: [CandidateScore]
  /// The one that answers; nil where none may be chosen.
  var best: Placement?

  /// nil where there is nothing to choose from.
  ///
  /// - Throws: what is wrong with the fields that say what replica is wanted.
  init?(
    _ plan: RoutePlan, of model: FleetModel, _ snapshot: RoutingSnapshot, body: [UInt8], fields: [HeaderField],
    now: UInt64
  ) throws(ReplicaWishError) {
    let all = model.placements(for: plan.adapter)
    guard !all.isEmpty || model.hasPairs, let balancing = snapshot.balancing(ofModel: plan.model) else { return nil }
    let wish = try ReplicaWish(
      balancing.strategies, among: all, tokens: RequestTokens(plan.facts.size, by: balancing), hasPairs: model.hasPairs
    ) { RouteExplanation.value(of: "\($0)", in: fields) }
    let whole = model.placements(for: plan.adapter, taking: wish.filter)
    let paired = model.pairedPlacements(for: plan.adapter, taking: wish.filter)
    let filter = wish.filter.map { selector in
      FilterExplanation(
        selector: selector.description, left: Self.count(whole, paired),
        all: Self.count(all, model.pairedPlacements(for: plan.adapter)))
    }
    var chooser = ReplicaChooser(index: snapshot.index)
    if model.hasPairs, wish.isServedByPair(at: plan.facts.endpoint, orWholeAmong: whole) {
      let found = body.withUnsafeBytes { bytes in
        chooser.previewPair(
          among: paired, by: wish, of: balancing, prompt: PromptOfBody(plan: plan, body: bytes), adapter: plan.adapter,
          now: now)
      }
      if let found {
        let (prefill, decode) = (paired[found.prefill], paired[found.decode])
        strategy = StrategyExplanation(pairFor: wish)
        pair = PairExplanation(prefill: prefill, decode: decode)
        candidates = ReplicaPicker.candidates(among: paired)
        best = decode
        strategy.profile = wish.profile
        strategy.filter = filter
        return
      }
    }
    guard !whole.isEmpty || filter != nil else { return nil }
    let preview = body.withUnsafeBytes { bytes in
      chooser.preview(
        among: whole, by: wish, of: balancing, prompt: PromptOfBody(plan: plan, body: bytes), adapter: plan.adapter,
        loads: plan.adapter.map { model.adapterSources[$0] != nil } ?? false, now: now)
    }
    strategy = StrategyExplanation(preview)
    candidates = preview.candidates
    best = preview.best.map { whole[$0] }
    strategy.profile = wish.profile
    strategy.filter = filter
  }

  /// Replicas of either list, each once.
  private static func count(_ whole: [Placement], _ paired: [Placement]) -> Int {
    Set((whole + paired).map(\.replica.id)).count
  }
}
