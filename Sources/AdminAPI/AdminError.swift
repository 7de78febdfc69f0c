import Explanation
import UserStore

/// Why a request to the management API is refused, told as `{"error":{"code","message","timestamp"}}`.
struct AdminError: Error, Sendable, Equatable {
  var status: Int
  /// A word for programs, in the semantic router's spelling.
  var code: String
  /// For people: what is wrong and the way out.
  var message: String
  /// For a 405: the methods that there are.
  var allowedMethods: [String] = []

  static func invalidInput(_ message: String) -> AdminError {
    AdminError(status: 400, code: "INVALID_INPUT", message: message)
  }

  /// The model asked for is not one that routes or answers.
  static func invalidModel(_ message: String) -> AdminError {
    AdminError(status: 400, code: "INVALID_ROUTING_MODEL", message: message)
  }

  static func unauthorized(_ message: String) -> AdminError {
    AdminError(status: 401, code: "UNAUTHORIZED", message: message)
  }

  static func notFound(_ path: String) -> AdminError {
    AdminError(status: 404, code: "NOT_FOUND", message: "there is no \(path); GET /api/v1 lists what there is")
  }

  static func methodNotAllowed(_ method: String, _ path: String, allowed: [String]) -> AdminError {
    AdminError(
      status: 405, code: "METHOD_NOT_ALLOWED",
      message: "\(path) does not take \(method); use \(allowed.joined(separator: " or "))", allowedMethods: allowed)
  }

  static func tooLarge(limit: Int) -> AdminError {
    AdminError(
      status: 413, code: "REQUEST_BODY_TOO_LARGE", message: "the request body has more than \(limit) bytes")
  }

  /// The classifier gave nothing. Never answered with a guess instead.
  static func classification(_ message: String) -> AdminError {
    AdminError(status: 503, code: "CLASSIFICATION_ERROR", message: message)
  }

  static let stopping = AdminError(
    status: 503, code: "SERVICE_UNAVAILABLE", message: "the management API is stopping; try another replica")

  /// - Parameter now: seconds since 1970.
  func response(now: Double) -> AdminResponse {
    let error = JSONNode.object([
      ("code", .string(code)), ("message", .string(message)), ("timestamp", .string(Timestamp.text(now))),
    ])
    return .json(
      .object([("error", error)]), status: status,
      headers: allowedMethods.isEmpty
        ? [] : [HeaderField(name: "allow", value: allowedMethods.joined(separator: ", "))])
  }
}

extension AdminError {
  /// What the store of users says. Those that tell of a user's being there or not have answers of their own.
  init(_ error: UserStoreError) {
    switch error {
    case .full: self.init(status: 409, code: "TOO_MANY_USERS", message: "\(error)")
    default: self.init(status: 500, code: "USERS_NOT_KEPT", message: "\(error)")
    }
  }
}
