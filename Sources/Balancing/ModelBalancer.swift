import Fleet
import Synchronization

/// What choosing among one model's replicas needs beside the fleet, and learns from their answers. Lives as long as the
/// model, through every reload.
///
/// Any thread. A choice takes no lock but that of the chosen replica's cache, for writing down what the prompt puts there.
public final class ModelBalancer: Sendable {
  public let index: PrefixIndex
  /// What engines tell of their caches; nil where nobody listens.
  public let tokens: TokenBlockIndex?
  public let tokenRatio = TokenRatio()
  public let users = UserTokens()
  /// The mean of answers' tokens, older ones fading; not a number before the first.
  private let outputTokensBits = Atomic<UInt64>(Double.nan.bitPattern)
  /// Bytes of the blocks that requests bring.
  private let blockBytes: Double
  private let shared = Mutex(Shared())
  private let cost = AtomicPrefillCost(.assumed)
  /// Until when the cost is that of the quickest replica, and then the one of all.
  private let quickestUntil = Atomic<UInt64>(0)
  private let costOfAll = AtomicPrefillCost(.assumed)

  private struct Shared: Sendable {
    var regression = PrefillRegression()
    /// The quickest replica by its own answers, and until when that counts.
    var quickest: (replica: Int, cost: PrefillCost, until: UInt64)?
  }

  /// - Parameters:
  ///   - index: of all models of the process.
  ///   - tokens: of all models too.
  ///   - blockBytes: other than ``PromptBlocks/blockBytes`` where blocks come from elsewhere, such as a trace.
  public init(
    index: PrefixIndex, tokens: TokenBlockIndex? = nil, blockBytes: Int = PromptBlocks.blockBytes
  ) {
    self.index = index
    self.tokens = tokens
    self.blockBytes = Double(blockBytes)
  }

  /// Tokens that a block has, as learnt.
  public var tokensPerBlock: Double { blockBytes / tokenRatio.bytesPerToken }

  /// Tokens that answers of the model have in the mean; nil before the first that tells. Two that end at a time may count as one.
  public var meanOutputTokens: Double? {
    let mean = Double(bitPattern: outputTokensBits.load(ordering: .relaxed))
    return mean.isNaN ? nil : mean
  }

  /// What the model's replicas together cost; nil until enough is known.
  public var sharedCost: PrefillCost? { shared.withLock { $0.regression.cost } }

  /// What a replica's prefill costs that is not known to be otherwise: as that of the quickest replica, by its answers of
  /// the last ``ReplicaEstimates/ownSpan``, else as of all together. A replica of which nothing is known, or no more, is
  /// so given the benefit of the doubt, and shows what it can.
  public func prefillCost(now: UInt64) -> PrefillCost {
    now < quickestUntil.load(ordering: .relaxed) ? cost.load() : costOfAll.load()
  }

  /// A request with what is known of its prompt.
  ///
  /// - Parameters:
  ///   - blocks: borrowed as long as the request is used.
  ///   - promptBytes: ``PromptBlocks/byteCount``.
  public func request(
    blocks: UnsafeBufferPointer<UInt64>, promptBytes: Int, now: UInt64
  ) -> BalancingRequest {
    let ratio = tokenRatio.bytesPerToken
    return BalancingRequest(
      blocks: blocks, promptTokens: Double(promptBytes) / ratio, tokensPerBlock: blockBytes / ratio,
      expectedOutputTokens: meanOutputTokens, prefillCost: prefillCost(now: now), now: now)
  }

  /// Picks a replica, counts the request on it and writes down what its cache will hold.
  ///
  /// - Parameters:
  ///   - residency: what is gone by for what replicas have of the prompt.
  ///   - matches: of the calling thread; holds what the replicas have of the prompt afterwards, for traces.
  public func pick(
    among placements: [Placement], for request: consuming BalancingRequest, by strategy: RoutingStrategy,
    residency: PromptResidency = .ownRequests, excluding tried: ReplicaSet, matches: inout PrefixMatches,
    random: inout some RandomNumberGenerator
  ) -> ReplicaChoice {
    lookUp(&request, for: strategy, residency, among: placements, into: &matches)
    let loadsAdapter = request.loadsAdapter
    var choice = ReplicaPicker.pick(
      among: placements, for: request, by: strategy, excluding: tried, matches: matches, random: &random)
    if choice.shortfall == nil, strategy.needsMatches { choice.shortfall = residency.shortfall }
    if let chosen = choice.index {
      let replica = placements[chosen].replica
      index.insert(request.blocks, slot: replica.prefixSlot)
      if choice.shortfall == .adapterNotLoaded, !loadsAdapter { replica.adapters.insert(request.adapterKey) }
    }
    return choice
  }

  /// What ``pick(among:for:by:excluding:matches:random:)`` would choose from. Counts nothing, and writes nothing down.
  ///
  /// - Parameters:
  ///   - residency: what is gone by for what replicas have of the prompt.
  ///   - matches: of the calling thread; holds what the replicas have of the prompt afterwards.
  public func preview(
    among placements: [Placement], for request: consuming BalancingRequest, by strategy: RoutingStrategy,
    residency: PromptResidency = .ownRequests, matches: inout PrefixMatches
  ) -> ReplicaPreview {
    lookUp(&request, for: strategy, residency, among: placements, into: &matches)
    var preview = ReplicaPicker.preview(among: placements, for: request, by: strategy, matches: matches)
    if preview.shortfall == nil, strategy.needsMatches { preview.shortfall = residency.shortfall }
    return preview
  }

  /// Finds what is known of the request's user and of its prompt.
  private func lookUp(
    _ request: inout BalancingRequest, for strategy: RoutingStrategy, _ residency: PromptResidency,
    among placements: [Placement], into matches: inout PrefixMatches
  ) {
    if request.userKey != 0, strategy.parts.contains(where: { $0.kind == .vtcBasic }) {
      request.userShare = users.share(request.userKey, now: request.now)
    }
    lookUp(&request, residency, among: placements, into: &matches)
  }

  private func lookUp(
    _ request: inout BalancingRequest, _ residency: PromptResidency, among placements: [Placement],
    into matches: inout PrefixMatches
  ) {
    if request.blocks.isEmpty { matches.begin() } else { index.match(request.blocks, into: &matches) }
    if case .events(let chains, let weights) = residency {
      applyResidency(chains, weights, among: placements, to: &request, &matches)
    }
  }

  /// Picks one replica for prefill and one of its group for decode, counts the request on both and writes down what the
  /// prefill's cache will hold.
  ///
  /// - Returns: nil when no group has both free: then a choice of one replica is to be made.
  public func pickPair(
    among placements: [Placement], for request: consuming BalancingRequest,
    residency: PromptResidency = .ownRequests, excluding tried: PrefillDecodePair.Tried,
    matches: inout PrefixMatches, random: inout some RandomNumberGenerator
  ) -> PrefillDecodePair? {
    lookUp(&request, residency, among: placements, into: &matches)
    let pair = PrefillDecodePair.pick(
      among: placements, for: request, excluding: tried, matches: matches, random: &random)
    if let pair { index.insert(request.blocks, slot: placements[pair.prefill].replica.prefixSlot) }
    return pair
  }

  /// The pair that ``pickPair(among:for:excluding:matches:random:)`` would pick for a request's first attempt, or one of those
  /// that cost as much. Counts nothing, and writes nothing down.
  public func previewPair(
    among placements: [Placement], for request: consuming BalancingRequest,
    residency: PromptResidency = .ownRequests, matches: inout PrefixMatches
  ) -> (prefill: Int, decode: Int)? {
    lookUp(&request, residency, among: placements, into: &matches)
    var first = FirstOfEquals()
    return PrefillDecodePair.cheapest(
      among: placements, for: request, excluding: PrefillDecodePair.Tried(), matches: matches, random: &first
    ).map { ($0.prefill.index, $0.decode.index) }
  }

  /// Keeps the first of equals, so that explanations do not change from one to the next.
  private struct FirstOfEquals: RandomNumberGenerator {
    mutating func next() -> UInt64 { .max }
  }

  /// The first token came, or the whole answer if it is not streamed. Once for each ticket; later calls do nothing.
  ///
  /// - Parameters:
  ///   - isStreamed: whether the time tells of the first token. A whole answer's does not: nothing is learnt of it.
  ///   - teaches: whether the prompt's length is known well enough to learn from the time.
  public func firstToken(
    _ ticket: inout WorkTicket, on replica: Replica, isStreamed: Bool = true, teaches: Bool = true, now: UInt64
  ) {
    guard ticket.isPrefilling else {
      if ticket.decodesOnly, isStreamed, ticket.firstTokenAt == .max { ticket.firstTokenAt = now }
      return
    }
    ticket.isPrefilling = false
    ticket.firstTokenAt = now
    let left = replica.load.prefillEnded(work: ticket.work)
    guard isStreamed else {
      ticket.firstTokenAt = .max
      return replica.estimates.prefillUnseen(left: left, now: now)
    }
    guard teaches else { return replica.estimates.prefillUnseen(left: left, now: now) }
    let expected = Double(ticket.work) / ReplicaLoad.ticksPerSecond
    let sample = replica.estimates.firstToken(
      tokens: ticket.uncachedTokens, expectedSeconds: expected, left: left, now: now)
    guard let sample else { return }
    learn(sample, of: replica, now: now)
    replica.estimates.sampled(model: prefillCost(now: now), now: now)
  }

  /// Time has passed for a request whose answer comes whole, so that nothing tells when its prefill is over: once what
  /// waited before it and its own prompt should be read, it is taken to decode. Without this a replica that decodes such
  /// requests would seem to have all their prompts still to read.
  public func presumePrefillOver(_ ticket: inout WorkTicket, on replica: Replica, now: UInt64) {
    guard ticket.isPrefilling, now > ticket.presumedEnd else { return }
    firstToken(&ticket, on: replica, isStreamed: false, now: now)
  }

  /// The request that was counted is not sent yet, because its replica has something to do first.
  public func postponed(_ ticket: WorkTicket, on replica: Replica) {
    if ticket.isPrefilling { replica.estimates.prefillPostponed() }
  }

  /// The request that was postponed is sent now.
  ///
  /// - Parameter wait: nanoseconds since it was counted.
  public func sent(_ ticket: inout WorkTicket, on replica: Replica, after wait: UInt64, now: UInt64) {
    guard ticket.isPrefilling else { return }
    ticket.presumedEnd &+= wait
    if replica.load.state.prefilling == 1 { replica.estimates.prefillBegan(now: now) }
  }

  private func learn(
    _ sample: (seconds: Double, requests: Double, tokens: Double), of replica: Replica, now: UInt64
  ) {
    let own = replica.estimates.ownCost
    shared.withLock { shared in
      shared.regression.add(seconds: sample.seconds, requests: sample.requests, tokens: sample.tokens)
      if let cost = shared.regression.cost { costOfAll.store(cost) }
      guard let own else { return }
      if let quickest = shared.quickest, quickest.replica != replica.id, now < quickest.until,
        quickest.cost.seconds(tokens: 1_000) <= own.seconds(tokens: 1_000)
      {
        return
      }
      shared.quickest = (replica.id, own, now &+ ReplicaEstimates.ownSpan)
      cost.store(own)
      quickestUntil.store(now &+ ReplicaEstimates.ownSpan, ordering: .relaxed)
    }
  }

  /// The request ended, however it ended. To be called beside ``ReplicaLoad/end()``, once.
  ///
  /// - Parameters:
  ///   - facts: what the answer told; empty when it told nothing or there was none.
  ///   - promptBytes: of the prompt that ``request(blocks:promptBytes:now:)`` was made with; 0 where they tell nothing of its
  ///     tokens.
  ///   - isWhole: the answer came to its end, and is none of a prefill alone.
  public func ended(
    _ ticket: inout WorkTicket, on replica: Replica, facts: AnswerFacts, promptBytes: Int, isWhole: Bool = true,
    now: UInt64
  ) {
    if ticket.isPrefilling {
      ticket.isPrefilling = false
      let left = replica.load.prefillEnded(work: ticket.work)
      replica.estimates.prefillUnseen(left: left, now: now)
      return
    }
    if let tokens = facts.promptTokens {
      tokenRatio.note(bytes: Double(promptBytes), tokens: tokens)
      if ticket.goesByEvents, Double(tokens) != ticket.promptTokens { self.tokens?.countMismatch() }
    }
    if isWhole, let generated = facts.generatedTokens.map(Double.init) {
      let mean = meanOutputTokens ?? generated
      outputTokensBits.store((mean + 0.02 * (generated - mean)).bitPattern, ordering: .relaxed)
    }
    if let generated = facts.generatedTokens, now > ticket.firstTokenAt {
      replica.estimates.decoded(
        seconds: Double(now - ticket.firstTokenAt) / 1e9, tokens: Double(generated - 1))
    }
    if ticket.userKey != 0 {
      users.charge(
        ticket.userKey, promptTokens: facts.promptTokens.map(Double.init) ?? ticket.promptTokens,
        generatedTokens: Double(facts.generatedTokens ?? 0), now: now)
    }
    learnCapacity(ticket, replica, facts)
  }

  /// An engine's metrics were read.
  public func scraped(_ metrics: EngineMetrics, of replica: Replica) {
    replica.metrics.publish(metrics, adapters: nil, prefilling: replica.load.state.prefilling)
    metricsPublished(of: replica)
  }

  /// Until answers have taught what prefill costs — answers that come whole never do —, it is what the engine's means say:
  /// its mean prompt, less what its cache had of it, in its mean prefill time.
  func learnPrefill(of replica: Replica) {
    let metrics = replica.metrics
    guard let seconds = metrics[.meanPrefillTime], let tokens = metrics[.meanPromptTokens], seconds > 0, tokens >= 1
    else { return }
    let read = tokens * (1 - min(max(metrics[.prefixCacheHitRatio] ?? 0, 0), 0.99))
    shared.withLock { shared in
      guard shared.regression.cost == nil else { return }
      costOfAll.store(PrefillCost(fixedSeconds: 0, tokensPerSecond: read / seconds))
    }
  }

  /// Learns how many blocks an engine holds that does not say: fewer than thought when a prompt's blocks were gone that
  /// should have been there and were not fresh, more when blocks were there that were about to be given up, or that had
  /// been.
  private func learnCapacity(_ ticket: WorkTicket, _ replica: Replica, _ facts: AnswerFacts) {
    guard let cached = facts.cachedTokens, replica.metrics.cacheTokens == nil, ticket.tokensPerBlock > 0,
      !ticket.goesByEvents
    else { return }
    let expected = Double(ticket.cachedBlocks) * ticket.tokensPerBlock
    let found = Double(cached)
    let factor: Double
    if found < 0.75 * expected, expected - found >= 2 * ticket.tokensPerBlock, ticket.age > 0.25 {
      factor = 0.93
    } else if found > expected + 4 * ticket.tokensPerBlock || (ticket.age > 0.75 && found >= 0.9 * expected) {
      factor = 1.05
    } else {
      return
    }
    let capacity = Double(index.capacity(slot: replica.prefixSlot)) * factor
    index.setCapacity(Int(min(max(capacity, 64), Double(Int32.max))), slot: replica.prefixSlot)
  }
}
