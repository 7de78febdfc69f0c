/// A user with what is counted of their requests.
public struct UserAccount: Sendable, Equatable {
  /// The length of the windows of requests and tokens.
  public static let windowSeconds: Int64 = 60

  public var user: User
  public var requests: FixedWindow
  public var tokens: FixedWindow

  /// With nothing counted.
  public init(_ user: User) {
    self.init(
      user, requests: FixedWindow(seconds: Self.windowSeconds), tokens: FixedWindow(seconds: Self.windowSeconds))
  }

  public init(_ user: User, requests: FixedWindow, tokens: FixedWindow) {
    self.user = user
    self.requests = requests
    self.tokens = tokens
  }

  /// Checks the limits and counts a request.
  ///
  /// A request that finds no tokens left counts among the requests too, as upstream counts it.
  mutating func admit(at now: Int64) -> UserAdmission {
    guard requests.count(at: now) < user.requestLimit else {
      return .exceeded(.requests, limit: user.requestLimit, retryAfter: requests.secondsLeft(at: now))
    }
    let counted = requests.charge(1, at: now)
    guard tokens.count(at: now) < user.tokenLimit else {
      return .exceeded(.tokens, limit: user.tokenLimit, retryAfter: tokens.secondsLeft(at: now))
    }
    return .admitted(requests: counted)
  }
}
