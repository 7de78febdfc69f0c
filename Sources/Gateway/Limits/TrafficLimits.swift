import ChatProtocols
import RouterConfig
import Users

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How many requests a minute and tokens a minute each user has, and how many requests a second each model: what AIBrix's
/// gateway limits, whatever way requests come in. Safe from any thread; its windows stand at the wall clock's minutes and
/// seconds.
public struct TrafficLimits: Sendable {
  private let users: UserLedger?
  private let rates = ModelRates()
  private let generation: AIBrixCompatibility
  /// Seconds since 1970.
  private let clock: @Sendable () -> Int64

  /// - Parameters:
  ///   - users: nil where nobody's requests are counted.
  ///   - generation: whose words refusals have.
  ///   - clock: gives seconds since 1970; called from any thread. nil is the machine's.
  public init(
    users: UserLedger? = nil, as generation: AIBrixCompatibility = .v04,
    clock: (@Sendable () -> Int64)? = nil
  ) {
    self.users = users
    self.generation = generation
    self.clock = clock ?? Self.wallClock
  }

  /// Seconds since 1970. `time` would lag by some milliseconds: it tells the time of the kernel's last tick.
  private static let wallClock: @Sendable () -> Int64 = {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec)
  }

  /// There are users. Without, nobody needs to look who sent a request.
  package var countsUsers: Bool { users != nil }

  /// Whose a request is.
  package enum Admission: Equatable {
    /// Nobody's who is counted.
    case anonymous
    /// A user's, whose requests of this minute are so many with it.
    case user(String, requests: Int)
    /// It must not go on.
    case refused(LimitRefusal)
  }

  /// Checks the limits of the user whom a request names, and counts it.
  ///
  /// - Parameter name: the field `user`; nil where there is none.
  package func admit(user name: String?) -> Admission {
    guard let users, let name, !name.isEmpty else { return .anonymous }
    switch users.admit(name, now: clock()) {
    case .admitted(let requests): return .user(name, requests: requests)
    case .unknown: return .refused(.unknownUser(name, as: generation))
    case .exceeded(.requests, let limit, let seconds):
      return .refused(.requests(of: name, limit: limit, retryAfter: seconds, as: generation))
    case .exceeded(.tokens, let limit, let seconds):
      return .refused(.tokens(of: name, limit: limit, retryAfter: seconds, as: generation))
    }
  }

  /// What is wrong with a user's request for a stream that would not tell its tokens; nil when nothing is.
  package func refusal(ofUsersRequest facts: RequestFacts) -> LimitRefusal? {
    guard facts.isStreaming, !facts.wantsStreamUsage, facts.endpoint != .embeddings else { return nil }
    return .noStreamUsage(as: generation)
  }

  /// Counts the tokens that a request took.
  ///
  /// - Parameter tokens: 0 or more.
  /// - Returns: the user's tokens of this minute; nil for a user who is there no more.
  @discardableResult
  package func charge(tokens: Int, to user: String) -> Int? {
    users?.charge(tokens: tokens, to: user, now: clock())
  }

  /// What a request counts of its model's requests of this second, and of its profile's.
  package struct ModelCharge: Equatable, Sendable {
    fileprivate var model: ModelRates.Charge?
    fileprivate var profile: ModelRates.Charge?
  }

  /// Checks a model's limit and that of a profile, and counts a request.
  ///
  /// - Parameters:
  ///   - limit: requests a second of the model; nil is no limit.
  ///   - profile: the model's profile that the request has.
  ///   - profileLimit: requests a second of that; nil is no limit.
  /// - Returns: what ``takeBack(_:)`` takes; nil where nothing is counted.
  package func admit(
    requestTo model: String, limit: Int?, profile: String? = nil, profileLimit: Int? = nil
  ) throws(LimitRefusal) -> ModelCharge? {
    guard limit != nil || profileLimit != nil else { return nil }
    var charge = ModelCharge()
    charge.model = try admit(model, to: model, limit: limit)
    guard let profile, let profileLimit else { return charge }
    do throws(LimitRefusal) {
      // No name of a model has a line end.
      charge.profile = try admit("\(model)\n\(profile)", to: "\(model), profile: \(profile)", limit: profileLimit)
    } catch {
      takeBack(charge)
      throw error
    }
    return charge
  }

  /// - Parameter name: as the client is told.
  private func admit(_ key: String, to name: String, limit: Int?) throws(LimitRefusal) -> ModelRates.Charge? {
    guard let limit else { return nil }
    guard let charge = rates.admit(key, limit: limit, now: clock()) else {
      throw .rate(of: name, limit: limit, as: generation)
    }
    return charge
  }

  /// A request that was counted found no replica.
  package func takeBack(_ charge: ModelCharge?) {
    if let model = charge?.model { rates.takeBack(model) }
    if let profile = charge?.profile { rates.takeBack(profile) }
  }
}
