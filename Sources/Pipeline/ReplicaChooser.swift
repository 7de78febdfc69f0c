import Balancing
import ChatProtocols
import Fleet

/// Chooses replicas on one thread: holds what a choice needs and would otherwise allocate for each request.
///
/// Not shared: each event loop has one. Bound: 8 bytes for each replica that the prefix index has room for, and 32 KiB of
/// a prompt's hashes.
public struct ReplicaChooser {
  private var blocks = PromptBlocks()
  private var matches: PrefixMatches

  public init(index: PrefixIndex) { matches = PrefixMatches(index: index) }

  /// Of the prompt that the last choice was made for; nil where it was not read.
  public var lastPrompt: PromptMark? {
    blocks.byteCount > 0 ? PromptMark(samples: PrefixSamples.text(of: blocks.hashes), bytes: blocks.byteCount) : nil
  }

  /// What was chosen, and what ``AttemptAccount`` needs of it.
  public struct Choice {
    public var choice: ReplicaChoice
    /// Bytes of the prompt; 0 where it was not read.
    public var promptBytes: Int
    /// The prompt is text alone, so that its tokens tell how many bytes one has.
    var isText = true
    /// Of the adapter that the router loads where it is missing; 0 for none. Its use is counted.
    var usedAdapter: UInt64 = 0
    let balancer: ModelBalancer
  }

  /// Chooses a replica and counts the request on it, where one may be chosen.
  ///
  /// - Parameters:
  ///   - prompt: nil for a request that is passed on unread.
  ///   - adapter: whose replicas the placements are.
  ///   - loads: the router has the adapter loaded where it is missing: replicas that have it, or are about to, go before all
  ///     others; among the others `lora-affinity` picks, those last that could not load it not long ago.
  ///   - residency: what is gone by for what replicas have of the prompt.
  ///   - tried: replicas that this request must not go to again.
  ///   - now: monotonic nanoseconds.
  public mutating func choose(
    among placements: [Placement], by wish: ReplicaWish, of model: ModelBalancing, prompt: PromptOfBody?,
    adapter: String?, loads: Bool = false, residency: PromptResidency = .ownRequests,
    excluding tried: ReplicaSet, now: UInt64, random: inout some RandomNumberGenerator
  ) -> Choice {
    read(prompt, adapter: adapter, of: model)
    guard loads, let adapter else {
      return chosen(
        among: placements, by: wish, Self.strategy(wish, ofAdapter: adapter != nil), of: model, adapter: adapter,
        residency: residency, excluding: tried, now: now, random: &random)
    }
    for tier in AdapterTier.beforeAll {
      let indices = tier.indices(of: adapter, among: placements, now: now)
      let some = indices.map { placements[$0] }
      guard ReplicaPicker.hasCandidate(among: some, excluding: tried, now: now) else { continue }
      var choice = chosen(
        among: some, by: wish, tier.strategy(wish), of: model, adapter: adapter, loads: true, residency: residency,
        excluding: tried, now: now, random: &random)
      guard let index = choice.choice.index else { continue }
      choice.choice.outcome = .replica(indices[index])
      return choice
    }
    return chosen(
      among: placements, by: wish, AdapterTier.all.strategy(wish), of: model, adapter: adapter, loads: true,
      residency: residency, excluding: tried, now: now, random: &random)
  }

  private mutating func chosen(
    among placements: [Placement], by wish: ReplicaWish, _ strategy: RoutingStrategy, of model: ModelBalancing,
    adapter: String?, loads: Bool = false, residency: PromptResidency, excluding tried: ReplicaSet, now: UInt64,
    random: inout some RandomNumberGenerator
  ) -> Choice {
    let promptBytes = blocks.byteCount
    var usedAdapter: UInt64 = 0
    let choice = blocks.hashes.withUnsafeBufferPointer { hashes in
      var request = Self.request(hashes, promptBytes: promptBytes, by: wish, of: model, adapter: adapter, now: now)
      request.loadsAdapter = loads
      if loads { usedAdapter = request.adapterKey }
      return model.balancer.pick(
        among: placements, for: request, by: strategy, residency: residency, excluding: tried, matches: &matches,
        random: &random)
    }
    return Choice(
      choice: choice, promptBytes: promptBytes, isText: !blocks.hasImages, usedAdapter: usedAdapter,
      balancer: model.balancer)
  }

  /// What ``choose(among:by:of:prompt:adapter:loads:excluding:now:random:)`` would choose from, and by which strategy. Counts
  /// nothing, and writes nothing down.
  public mutating func preview(
    among placements: [Placement], by wish: ReplicaWish, of model: ModelBalancing, prompt: PromptOfBody?,
    adapter: String?, loads: Bool = false, now: UInt64
  ) -> ReplicaPreview {
    read(prompt, adapter: adapter, of: model)
    guard loads, let adapter else {
      return previewed(
        among: placements, by: wish, Self.strategy(wish, ofAdapter: adapter != nil), of: model, adapter, now)
    }
    for tier in AdapterTier.beforeAll {
      let indices = tier.indices(of: adapter, among: placements, now: now)
      let some = indices.map { placements[$0] }
      guard ReplicaPicker.hasCandidate(among: some, excluding: ReplicaSet(), now: now) else { continue }
      var preview = previewed(among: some, by: wish, tier.strategy(wish), of: model, adapter, now)
      var candidates = ReplicaPicker.candidates(among: placements)
      for place in candidates.indices {
        candidates[place].isEligible = false
        candidates[place].score = 0
        candidates[place].reason = candidates[place].reason ?? tier.reason
      }
      for (place, candidate) in zip(indices, preview.candidates) { candidates[place] = candidate }
      preview.candidates = candidates
      return preview
    }
    return previewed(among: placements, by: wish, AdapterTier.all.strategy(wish), of: model, adapter, now)
  }

  private mutating func previewed(
    among placements: [Placement], by wish: ReplicaWish, _ strategy: RoutingStrategy, of model: ModelBalancing,
    _ adapter: String?, _ now: UInt64
  ) -> ReplicaPreview {
    let promptBytes = blocks.byteCount
    return blocks.hashes.withUnsafeBufferPointer { hashes in
      model.balancer.preview(
        among: placements,
        for: Self.request(hashes, promptBytes: promptBytes, by: wish, of: model, adapter: adapter, now: now),
        by: strategy, residency: Self.unasked(model), matches: &matches)
    }
  }

  /// A pair that was chosen, and what is counted on its replicas.
  public struct PairChoice {
    /// Of the replica that decodes.
    public var choice: ReplicaChoice
    public var prefill: Placement
    public var decode: Placement
    /// How the cache goes from one to the other.
    public var handOver: HandOver
    public var prefillAccount: AttemptAccount
    public var decodeAccount: AttemptAccount
  }

  /// Chooses a pair and counts the request on both its replicas.
  ///
  /// - Parameters:
  ///   - placements: ``FleetModel/pairedPlacements(for:)``.
  ///   - loads: the router has the adapter loaded where it is missing: pairs that have it, or are about to, go before all others,
  ///     then those with a free slot for it, and last those of which one could not load it not long ago.
  ///   - tried: replicas that the legs must not go to again.
  ///   - now: monotonic nanoseconds.
  ///   - id: gives the next of ``DisaggregatedIDs``.
  /// - Returns: nil where no pair may be chosen.
  public mutating func choosePair(
    among placements: [Placement], by wish: ReplicaWish, of model: ModelBalancing, prompt: PromptOfBody,
    adapter: String?, loads: Bool = false, residency: PromptResidency = .ownRequests,
    excluding tried: PrefillDecodePair.Tried, now: UInt64, id: () -> UInt64,
    random: inout some RandomNumberGenerator
  ) -> PairChoice? {
    read(prompt, adapter: adapter, of: model)
    let promptBytes = blocks.byteCount
    let usedAdapter = loads ? adapter.map { BlockHash.key(of: $0) } ?? 0 : 0
    var placements = placements
    if usedAdapter != 0 {
      func has(_ placement: Placement) -> Bool { placement.replica.adapters.contains(usedAdapter) }
      let having = placements.filter(has)
      let willing = placements.filter { has($0) || !$0.replica.adapters.refuses(usedAdapter, now: now) }
      let roomy = willing.filter { placement in
        has(placement)
          || Double(placement.replica.adapters.count) < placement.replica.metrics[.maxAdapters] ?? .infinity
      }
      placements =
        [having, roomy, willing].first { PrefillDecodePair.isThere(among: $0, excluding: tried, now: now) }
        ?? placements
    }
    let pair = blocks.hashes.withUnsafeBufferPointer { hashes in
      model.balancer.pickPair(
        among: placements,
        for: Self.request(hashes, promptBytes: promptBytes, by: wish, of: model, adapter: adapter, now: now),
        residency: residency, excluding: tried, matches: &matches, random: &random)
    }
    guard let pair else { return nil }
    let shortfall: Shortfall? = wish.wantsPair ? residency.shortfall : .onlyPairs
    func account(_ ticket: WorkTicket, _ index: Int) -> AttemptAccount {
      AttemptAccount(
        ticket, on: placements[index].replica, shortfall: shortfall, promptBytes: promptBytes,
        isText: !blocks.hasImages,
        balancer: model.balancer, usedAdapter: usedAdapter)
    }
    return PairChoice(
      choice: ReplicaChoice(decodeOf: pair, asked: wish.strategy.heaviest, shortfall: shortfall),
      prefill: placements[pair.prefill], decode: placements[pair.decode],
      handOver: HandOver(pair.handOver, by: placements[pair.prefill], id: id, random: &random),
      prefillAccount: account(pair.prefillTicket, pair.prefill), decodeAccount: account(pair.decodeTicket, pair.decode))
  }

  /// The pair that ``choosePair(among:by:of:prompt:adapter:excluding:now:random:)`` would choose, as indices. Counts nothing,
  /// and writes nothing down.
  public mutating func previewPair(
    among placements: [Placement], by wish: ReplicaWish, of model: ModelBalancing, prompt: PromptOfBody,
    adapter: String?, now: UInt64
  ) -> (prefill: Int, decode: Int)? {
    read(prompt, adapter: adapter, of: model)
    let promptBytes = blocks.byteCount
    return blocks.hashes.withUnsafeBufferPointer { hashes in
      model.balancer.previewPair(
        among: placements,
        for: Self.request(hashes, promptBytes: promptBytes, by: wish, of: model, adapter: adapter, now: now),
        residency: Self.unasked(model), matches: &matches)
    }
  }

  /// Explanations ask no engine for tokens.
  private static func unasked(_ model: ModelBalancing) -> PromptResidency {
    model.strategies.residency == nil ? .ownRequests : .lacking(.tokensUnknown)
  }

  private mutating func read(_ prompt: PromptOfBody?, adapter: String?, of model: ModelBalancing) {
    blocks.begin(seed: model.promptSeed(adapter: adapter))
    prompt?.append(to: &blocks)
  }

  private static func request(
    _ hashes: UnsafeBufferPointer<UInt64>, promptBytes: Int, by wish: ReplicaWish, of model: ModelBalancing,
    adapter: String?, now: UInt64
  ) -> BalancingRequest {
    var request = model.balancer.request(blocks: hashes, promptBytes: promptBytes, now: now)
    if let adapter { request.adapterKey = BlockHash.key(of: adapter) }
    request.session = wish.session
    request.userKey = wish.userKey
    request.firstTokenTarget = model.strategies.firstTokenTarget
    return request
  }

  /// An adapter goes where it is loaded, unless somebody wants it otherwise.
  private static func strategy(_ wish: ReplicaWish, ofAdapter: Bool) -> RoutingStrategy {
    wish.isStandard && ofAdapter ? ofAdapters : wish.strategy
  }

  private static let ofAdapters = RoutingStrategy(.loraAffinity)

  /// Where a request goes for an adapter that the router has loaded where it is missing: to the first tier of which a replica may
  /// be chosen.
  private enum AdapterTier {
    /// Replicas that have it, or are about to.
    case holders
    /// Those that have not failed to load it not long ago.
    case willing
    case all

    static let beforeAll = [holders, willing]

    func indices(of adapter: String, among placements: [Placement], now: UInt64) -> [Int] {
      let key = BlockHash.key(of: adapter)
      return placements.indices.filter {
        let adapters = placements[$0].replica.adapters
        return switch self {
        case .holders: adapters.contains(key)
        case .willing: !adapters.refuses(key, now: now)
        case .all: true
        }
      }
    }

    func strategy(_ wish: ReplicaWish) -> RoutingStrategy {
      self == .holders ? ReplicaChooser.strategy(wish, ofAdapter: true) : ofAdapters
    }

    /// Why others are not chosen.
    var reason: String? {
      switch self {
      case .holders: "others have the adapter loaded"
      case .willing: "it could not load the adapter not long ago"
      case .all: nil
      }
    }
  }
}
