/// The failures that `--failure-injection-rate` draws from.
public enum FailureKind: String, Sendable, CaseIterable {
  case rateLimit = "rate_limit"
  case invalidAPIKey = "invalid_api_key"
  case contextLength = "context_length"
  case serverError = "server_error"
  case invalidRequest = "invalid_request"
  case modelNotFound = "model_not_found"
}

extension FailureKind {
  /// The kinds of those names, without repetition.
  static func list(_ names: [String], place: String) throws(OptionError) -> [FailureKind] {
    var kinds: [FailureKind] = []
    for name in names {
      guard let kind = FailureKind(rawValue: name) else {
        let known = allCases.map(\.rawValue).joined(separator: ", ")
        throw OptionError("\(place): \"\(name)\" is not a failure type; it must be one of \(known)")
      }
      if !kinds.contains(kind) { kinds.append(kind) }
    }
    return kinds
  }
}
