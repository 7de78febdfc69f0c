import ChatProtocols
import JSONText
import RouterConfig

/// Why a request is over a limit, in the words of AIBrix's gateway.
package struct LimitRefusal: Error, Equatable, Sendable {
  package var error: APIError
  /// The field by which AIBrix's clients tell the error; its value is `true`.
  package var mark: StaticString
  /// For the count of failed requests: one of a few.
  package var reason: String
  /// Seconds; 0 says nothing.
  package var retryAfter = 0
  /// The answer's body, UTF-8 JSON.
  package var body: [UInt8]

  private init(
    _ error: APIError, mark: StaticString, reason: String, retryAfter: Int = 0, as generation: AIBrixCompatibility
  ) {
    self.error = error
    self.mark = mark
    self.reason = reason
    self.retryAfter = retryAfter
    body = Self.body(of: error, as: generation)
  }

  package static func == (one: LimitRefusal, other: LimitRefusal) -> Bool {
    one.error == other.error && one.mark.description == other.mark.description && one.reason == other.reason
      && one.retryAfter == other.retryAfter && one.body == other.body
  }

  /// Release 0.4 answers 500, which its clients know; later ones are told what it is, a 403.
  static func unknownUser(_ name: String, as generation: AIBrixCompatibility) -> LimitRefusal {
    let message = "user: \(shown(name)) does not exist"
    let error: APIError =
      switch generation {
      case .v04: .server(message, status: 500)
      case .latest: .permission(message)
      }
    return LimitRefusal(error, mark: "x-error-user", reason: "unknown_user", as: generation)
  }

  static func requests(
    of name: String, limit: Int, retryAfter: Int, as generation: AIBrixCompatibility
  ) -> LimitRefusal {
    LimitRefusal(
      .rateLimit("user: \(shown(name)) has exceeded RPM: \(limit)", code: nil), mark: "x-error-rpm-exceeded",
      reason: "rpm_exceeded", retryAfter: retryAfter, as: generation)
  }

  static func tokens(of name: String, limit: Int, retryAfter: Int, as generation: AIBrixCompatibility) -> LimitRefusal {
    LimitRefusal(
      .rateLimit("user: \(shown(name)) has exceeded TPM: \(limit)", code: nil), mark: "x-error-tpm-exceeded",
      reason: "tpm_exceeded", retryAfter: retryAfter, as: generation)
  }

  static func rate(of model: String, limit: Int, as generation: AIBrixCompatibility) -> LimitRefusal {
    LimitRefusal(
      .rateLimit("model: \(model) has exceeded RPS: \(limit)", code: nil), mark: "x-error-model-rps-exceeded",
      reason: "rps_exceeded", retryAfter: 1, as: generation)
  }

  static func noStreamUsage(as generation: AIBrixCompatibility) -> LimitRefusal {
    LimitRefusal(
      .invalidRequest("include usage for stream options not set"), mark: "x-error-no-stream-options-include-usage",
      reason: "no_stream_usage", as: generation)
  }

  /// A client's text, cut to what an answer repeats of it.
  private static func shown(_ name: String) -> String { String(name.unicodeScalars.prefix(128)) }

  /// `{"error":{"message","type","code","param"}}`, all four in both generations. Release 0.4 sends message and code alone,
  /// and its code is the status; that stays so.
  private static func body(of error: APIError, as generation: AIBrixCompatibility) -> [UInt8] {
    var bytes = Array("{\"error\":{\"message\":".utf8)
    JSONString.append(error.message, to: &bytes)
    bytes.append(contentsOf: ",\"type\":".utf8)
    JSONString.append(error.type, to: &bytes)
    let code = generation == .v04 ? String(error.status) : "null"
    bytes.append(contentsOf: ",\"code\":\(code),\"param\":null}}".utf8)
    return bytes
  }
}
