import Synchronization

/// Tokens that users took lately, for fairness between them: virtual token counters (Sheng et al., OSDI 2024), an answer's
/// tokens counting twice.
///
/// Counts fade by half every ``halfLife``. A user who took nothing for so long is no longer among those that share. At most
/// ``capacity`` users are kept; beyond that the one with the least tokens of a few looked at gives way. Any thread, under a lock.
public final class UserTokens: Sendable {
  /// 2.5 minutes, in nanoseconds.
  public static let halfLife: UInt64 = 150_000_000_000
  public static let capacity = 16_384
  /// Users with fewer are not counted as active.
  static let activeTokens = 1.0
  static let fewUsers = 64
  /// How old the mean may be: 1 s.
  static let meanSpan: UInt64 = 1_000_000_000

  private struct Count: Sendable {
    /// In units that grow as time passes: `tokens × 2^((then − origin) ÷ halfLife)`.
    var scaled = 0.0
    /// When the user took something last.
    var chargedAt: UInt64 = 0
  }

  private struct Counters: Sendable {
    var users: [UInt64: Count] = [:]
    var origin: UInt64 = 0
    /// The mean of those that took something lately, in the same units, and when it was worked out.
    var mean = 0.0
    var meanAt: UInt64?
  }

  private let counters = Mutex(Counters())

  public init() {}

  /// - Parameters:
  ///   - user: its key, not 0.
  ///   - now: monotonic nanoseconds.
  public func charge(_ user: UInt64, promptTokens: Double, generatedTokens: Double, now: UInt64) {
    guard user != 0 else { return }
    counters.withLock { counters in
      let scale = Self.scale(&counters, now)
      let amount = (promptTokens + 2 * generatedTokens) * scale
      if counters.users[user] == nil, counters.users.count >= Self.capacity,
        let least = counters.users.prefix(8).min(by: { $0.value.scaled < $1.value.scaled })
      {
        counters.users[least.key] = nil
      }
      counters.users[user, default: Count()].scaled += amount
      counters.users[user]?.chargedAt = now
    }
  }

  /// Tokens that count for the user now.
  public func tokens(_ user: UInt64, now: UInt64) -> Double {
    counters.withLock { counters in
      let scale = Self.scale(&counters, now)
      return (counters.users[user]?.scaled ?? 0) / scale
    }
  }

  /// Of the replicas, that the user may use: 1 up to the mean of the users that took something within ``halfLife``, else
  /// the mean ÷ its tokens.
  public func share(_ user: UInt64, now: UInt64) -> Double {
    counters.withLock { counters in
      let scale = Self.scale(&counters, now)
      guard counters.users.count > 1, let own = counters.users[user]?.scaled, own / scale > Self.activeTokens else {
        return 1
      }
      return min(1, Self.mean(&counters, now) / own)
    }
  }

  /// Looks through all users; where they are more than ``fewUsers``, at most once in ``meanSpan``.
  private static func mean(_ counters: inout Counters, _ now: UInt64) -> Double {
    if let at = counters.meanAt, counters.users.count > fewUsers, now < at &+ meanSpan { return counters.mean }
    var (sum, count) = (0.0, 0)
    for user in counters.users.values where now <= user.chargedAt &+ halfLife {
      sum += user.scaled
      count += 1
    }
    counters.mean = count > 0 ? sum / Double(count) : .infinity
    counters.meanAt = now
    return counters.mean
  }

  /// Begins anew from `now` before the units grow too large, dropping users that have faded.
  private static func scale(_ counters: inout Counters, _ now: UInt64) -> Double {
    if counters.users.isEmpty { counters.origin = now }
    let halves = now > counters.origin ? Double(now - counters.origin) / Double(halfLife) : 0
    guard halves > 8 else { return exp2(halves) }
    let factor = exp2(-halves)
    counters.users = counters.users.compactMapValues { user in
      let kept = user.scaled * factor
      return kept > activeTokens ? Count(scaled: kept, chargedAt: user.chargedAt) : nil
    }
    counters.mean *= factor
    counters.origin = now
    return 1
  }

  /// 2 to the power of `value`, for -64…64, without a mathematics library: the fraction by ten squarings of
  /// (1 + x ln 2 ÷ 1024), exact to a thousandth.
  private static func exp2(_ value: Double) -> Double {
    guard value > -900 else { return 0 }
    let whole = value.rounded(.down)
    var fraction = 1 + (value - whole) * 0.693_147_180_559_945_3 / 1_024
    for _ in 0..<10 { fraction *= fraction }
    return Double(sign: .plus, exponent: Int(whole), significand: fraction)
  }
}
