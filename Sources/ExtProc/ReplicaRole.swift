import ChatProtocols

/// What stands in for AIBrix's gateway plugin: its errors.
enum ReplicaRole {
  /// Bytes of a client's text that a field of ours repeats.
  static let markBytes = 128

  /// A client's text as it may stand in a field: its first ``markBytes`` bytes, cut between characters.
  static func mark(_ text: String) -> String {
    guard text.utf8.count > markBytes else { return text }
    return String(text.unicodeScalars[..<text.utf8.index(text.startIndex, offsetBy: markBytes)])
  }

  static func unknownModel(_ name: String, status: Int) -> APIError {
    APIError(
      status: status, message: "model \(name) does not exist", type: "invalid_request_error", param: "model",
      code: "model_not_found")
  }

  static func noReplica(of model: String) -> APIError {
    APIError(status: 503, message: "error on getting pods for model \(model)", type: "overloaded_error")
  }

  static let allFull = APIError(status: 503, message: "error on selecting target pod", type: "overloaded_error")
}
