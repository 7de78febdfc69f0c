/// A request that gets an error for an answer.
struct EngineError: Error, Equatable {
  /// HTTP status.
  let status: Int
  let message: String
  /// The request's field that is to blame.
  let parameter: String?

  init(status: Int, message: String, parameter: String? = nil) {
    self.status = status
    self.message = message
    self.parameter = parameter
  }

  static func badRequest(_ message: String, parameter: String? = nil) -> EngineError {
    EngineError(status: 400, message: message, parameter: parameter)
  }

  static func unknownModel(_ name: String) -> EngineError {
    EngineError(status: 404, message: "The model `\(name)` does not exist.")
  }

  static func notFound(_ path: String) -> EngineError {
    EngineError(status: 404, message: "There is no \(path) here")
  }

  /// The type that goes with the status, as vLLM names them.
  var type: String {
    switch status {
    case 400: "BadRequestError"
    case 401: "AuthenticationError"
    case 403: "PermissionDeniedError"
    case 404: "NotFoundError"
    case 422: "UnprocessableEntityError"
    case 429: "RateLimitError"
    case 500...: "InternalServerError"
    default: "APIConnectionError"
    }
  }

  /// `{"error":{"message","type","param","code"}}`
  var body: [UInt8] {
    var json = JSONBytes()
    json.raw(#"{"error":{"message":"#)
    json.string(message)
    json.raw(#","type":"#)
    json.string(type)
    json.raw(#","param":"#)
    json.stringOrNull(parameter)
    json.raw(#","code":"# + String(status) + "}}")
    return json.bytes
  }

  /// The error that an injected failure shows.
  static func injected(_ kind: FailureKind, model: String) -> EngineError {
    switch kind {
    case .rateLimit:
      EngineError(
        status: 429,
        message:
          "Rate limit reached for \(model) in organization org-xxx on requests per min (RPM): Limit 3, Used 3, Requested 1."
      )
    case .invalidAPIKey:
      EngineError(status: 401, message: "Incorrect API key provided.")
    case .contextLength:
      EngineError(
        status: 400,
        message: "This model's maximum context length is 4096 tokens. However, your messages resulted in 4500 tokens.",
        parameter: "messages")
    case .serverError:
      EngineError(status: 503, message: "The server is overloaded or not ready yet.")
    case .invalidRequest:
      EngineError(status: 400, message: "Invalid request: missing required parameter 'model'.", parameter: "model")
    case .modelNotFound:
      EngineError(status: 404, message: "The model '\(model)-nonexistent' does not exist", parameter: "model")
    }
  }
}
