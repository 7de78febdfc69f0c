import ChatProtocols

/// What stands in for AIBrix's gateway plugin: its errors.
enum ReplicaRole {
  static func unknownModel(_ name: String, status: Int) -> APIError {
    APIError(
      status: status, message: "model \(name) does not exist", type: "invalid_request_error", param: "model",
      code: "model_not_found"
    ).marked("x-error-no-model-backends", name)
  }

  static func noReplica(of model: String) -> APIError {
    APIError(status: 503, message: "error on getting pods for model \(model)", type: "overloaded_error")
      .marked("x-error-no-model-backends")
  }

  static let notSelected = APIError(status: 503, message: "error on selecting target pod", type: "overloaded_error")
    .marked("x-error-routing")
}
