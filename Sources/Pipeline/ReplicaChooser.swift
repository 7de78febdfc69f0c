import Balancing
import Fleet

/// Chooses replicas on one thread: holds what a choice needs and would otherwise allocate for each request.
///
/// Not shared: each event loop has one. Bound: 8 bytes for each replica that the prefix index has room for, and 32 KiB of
/// a prompt's hashes.
public struct ReplicaChooser {
  private var blocks = PromptBlocks()
  private var matches: PrefixMatches

  public init(index: PrefixIndex) { matches = PrefixMatches(index: index) }

  /// What was chosen, and what ``AttemptAccount`` needs of it.
  public struct Choice {
    public var choice: ReplicaChoice
    /// Bytes of the prompt; 0 where it was not read.
    public var promptBytes: Int
    let balancer: ModelBalancer
  }

  /// Chooses a replica and counts the request on it, where one may be chosen.
  ///
  /// - Parameters:
  ///   - prompt: nil for a request that is passed on unread.
  ///   - adapter: whose replicas the placements are.
  ///   - tried: replicas that this request must not go to again.
  ///   - now: monotonic nanoseconds.
  public mutating func choose(
    among placements: [Placement], by wish: ReplicaWish, of model: ModelBalancing, prompt: PromptOfBody?,
    adapter: String?,
    excluding tried: ReplicaSet, now: UInt64, random: inout some RandomNumberGenerator
  ) -> Choice {
    blocks.begin(seed: model.promptSeed(adapter: adapter))
    prompt?.append(to: &blocks)
    let promptBytes = blocks.byteCount
    let choice = blocks.hashes.withUnsafeBufferPointer { hashes in
      var request = model.balancer.request(blocks: hashes, promptBytes: promptBytes, now: now)
      if let adapter { request.adapterKey = ReplicaWish.nonZero(BlockHash.hash(adapter)) }
      request.session = wish.session
      request.userKey = wish.userKey
      request.firstTokenTarget = model.strategies.firstTokenTarget
      // An adapter goes where it is loaded, unless somebody wants it otherwise.
      let strategy = wish.isStandard && adapter != nil ? Self.ofAdapters : wish.strategy
      return model.balancer.pick(
        among: placements, for: request, by: strategy, excluding: tried, matches: &matches, random: &random)
    }
    return Choice(choice: choice, promptBytes: promptBytes, balancer: model.balancer)
  }

  private static let ofAdapters = RoutingStrategy(.loraAffinity)
}
