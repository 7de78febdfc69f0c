/// What becomes of a user's request.
public enum UserAdmission: Sendable, Equatable {
  /// What a limit is of.
  public enum Limit: Sendable, Equatable {
    case requests
    case tokens
  }

  /// It may go on, and is counted: so many this minute with it.
  case admitted(requests: Int)
  /// There is no such user.
  case unknown
  /// As many as the limit were counted this minute; the next begins in `retryAfter` seconds.
  case exceeded(Limit, limit: Int, retryAfter: Int)
}
