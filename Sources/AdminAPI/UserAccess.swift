import Digests

/// Who may use the users API.
public enum UserAccess: Sendable, Equatable {
  /// Whoever reaches the management API: for loopback addresses.
  case open
  /// Who knows the token, as `authorization: Bearer TOKEN`.
  case token(TokenDigest)
  /// Nobody, because no token is configured and the management API does not listen on a loopback address.
  case closed

  /// A token that is not kept as it is, and can be printed.
  public struct TokenDigest: Sendable, Equatable {
    private let digest: String

    public init(_ token: String) { digest = SHA256.hexDigest(of: Array(token.utf8)) }
  }

  /// - Parameter authorization: the request's field.
  /// - Throws: a 401 or a 403.
  func check(_ authorization: String) throws(AdminError) {
    switch self {
    case .open: return
    case .closed:
      throw AdminError(
        status: 403, code: "FORBIDDEN",
        message: "the users API asks for a token where the management API listens beyond the loopback addresses: set "
          + "global.gateway.users.token_env")
    case .token(let expected):
      let parts = authorization.split(separator: " ", maxSplits: 1)
      // Digests are compared, so that the time it takes tells nothing of the token.
      guard parts.count == 2, parts[0].lowercased() == "bearer", TokenDigest(String(parts[1])) == expected else {
        throw .unauthorized("the users API asks for its token: authorization: Bearer TOKEN")
      }
    }
  }
}
