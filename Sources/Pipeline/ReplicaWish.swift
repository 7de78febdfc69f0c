import Balancing
import ChatProtocols
import Fleet

/// What a request's head says of the replica that it wants, in AIBrix's words: the fields `routing-strategy`,
/// `config-profile`, `external-filter`, `x-session-id`, `x-aibrix-session-key` and `user`.
public struct ReplicaWish: Sendable {
  /// The strategy that holds (``StrategyPrecedence``).
  public var strategy: RoutingStrategy
  /// The profile that was asked for, that fits (`auto`), or that holds for want of another; nil for none.
  public var profile: String?
  /// Requests of each second that may have that profile; nil is no limit.
  public var profileLimit: Int?
  /// The answer tells the strategy and the replica: a strategy was asked for or configured.
  public var isTold: Bool
  /// Nobody asked for this strategy: it is the one for want of another.
  public var isStandard: Bool
  /// Prefill and decode are to run on replicas of their own.
  public var wantsPair: Bool { strategy.parts[0].kind == .pd }
  /// Whether a pair is to serve a request of this wish, where the model has pairs.
  ///
  /// - Parameter whole: replicas that may serve it whole.
  public func isServedByPair(at endpoint: ModelEndpoint, orWholeAmong whole: [Placement]) -> Bool {
    endpoint != .embeddings && (wantsPair || whole.isEmpty)
  }
  /// Leaves replicas out by their labels; nil takes all.
  public var filter: LabelSelector?
  public var session: SessionKey?
  /// Of the user's name; 0 for none.
  public var userKey: UInt64 = 0

  /// Bytes of a session's key, and of a user's name, at most; longer ones are cut.
  static let keyLimit = 256

  /// Reads the wish of a request for a model.
  ///
  /// - Parameters:
  ///   - placements: where it may go, among which a session's replica is looked up.
  ///   - tokens: what the profile `auto` goes by.
  ///   - hasPairs: ``FleetModel/hasPairs``. Then `pd` is the strategy for want of another.
  ///   - field: the value of the first field of a name in lower case; nil where there is none.
  /// - Throws: what is wrong with `routing-strategy` or `external-filter`.
  public init(
    _ strategies: ModelStrategies, among placements: [Placement], tokens: RequestTokens = RequestTokens(),
    hasPairs: Bool = false, field: (StaticString) -> String?
  ) throws(ReplicaWishError) {
    let isOpen = strategies.isOpen
    let asked = isOpen ? field("routing-strategy") : nil
    let held = strategies.profile(named: isOpen ? field("config-profile") : nil, for: tokens)
    profile = held?.name
    profileLimit = held?.requestsPerSecond
    do throws(RoutingStrategyError) {
      strategy = try strategies.precedence.strategy(header: asked, profile: held?.strategy)
    } catch {
      throw .strategy(error)
    }
    let isWanted = asked?.isEmpty == false || profile != nil || strategies.isConfigured
    isTold = isWanted && !strategies.isAuthoritative
    isStandard = !isWanted
    if hasPairs, isStandard { strategy = RoutingStrategy(.pd) }
    if isOpen, isWanted { filter = try Self.filter(field("external-filter")) }
    guard strategy.parts.contains(where: { $0.kind == .sessionAffinity || $0.kind == .vtcBasic }) else { return }
    session = Self.session(id: field("x-session-id"), key: field("x-aibrix-session-key"), placements)
    if let user = field("user"), !user.isEmpty { userKey = BlockHash.key(of: String(user.prefix(Self.keyLimit))) }
  }

  /// nil for one that takes all.
  private static func filter(_ text: String?) throws(ReplicaWishError) -> LabelSelector? {
    guard let text else { return nil }
    do throws(LabelSelectorError) {
      let selector = try LabelSelector(parsing: text)
      return selector.requirements.isEmpty ? nil : selector
    } catch {
      throw .filter(error)
    }
  }

  /// The session that the fields name; nil when they name none.
  private static func session(id: String?, key: String?, _ placements: [Placement]) -> SessionKey? {
    let known = id.flatMap { id in placements.first { SessionID.names(id, $0.replica) } }?.replica.id
    if let key, !key.isEmpty { return SessionKey(String(key.prefix(keyLimit)), replica: known) }
    // An identifier that is none of ours is as good a key as any.
    if let id, !id.isEmpty { return SessionKey(String(id.prefix(keyLimit)), replica: known) }
    return nil
  }
}
