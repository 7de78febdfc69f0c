import JSONText

/// An error as OpenAI's API tells it: `{"error":{"message","type","param","code"}}`.
public struct APIError: Error, Sendable, Equatable {
  /// HTTP status, 400 to 599.
  public var status: Int
  /// For people.
  public var message: String
  /// The class of error, such as `invalid_request_error`.
  public var type: String
  /// The member of the request that is at fault.
  public var param: String?
  /// A word for programs.
  public var code: String?
  /// The field by which AIBrix's clients tell it; nil where AIBrix has none.
  public var mark: ErrorMark?

  public init(status: Int, message: String, type: String, param: String? = nil, code: String? = nil) {
    self.status = status
    self.message = message
    self.type = type
    self.param = param
    self.code = code
  }

  /// The same, told by a field as well.
  public func marked(_ field: StaticString, _ value: String = "true") -> APIError {
    var error = self
    error.mark = ErrorMark(field, value)
    return error
  }

  /// The body that tells it, UTF-8 JSON. `param` and `code` are null where there is none.
  public var body: [UInt8] { body { Self.append(code, to: &$0) } }

  /// The same as the semantic router's external processor writes it: `code` is the status, as a number.
  public var numericBody: [UInt8] { body { $0.append(contentsOf: String(status).utf8) } }

  /// The data of the event that ends a stream of Anthropic's API, whose event is named `error`: UTF-8 JSON. Servers' errors
  /// have other types there.
  public var messagesBody: [UInt8] {
    let type =
      switch status {
      case 503: "overloaded_error"
      case 504: "timeout_error"
      case 500...: "api_error"
      default: type
      }
    var bytes = Array("{\"type\":\"error\",\"error\":{\"type\":".utf8)
    JSONString.append(type, to: &bytes)
    bytes.append(contentsOf: ",\"message\":".utf8)
    JSONString.append(message, to: &bytes)
    bytes.append(contentsOf: "}}".utf8)
    return bytes
  }

  private func body(code appendCode: (inout [UInt8]) -> Void) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(message.utf8.count + 96)
    bytes.append(contentsOf: "{\"error\":{\"message\":".utf8)
    JSONString.append(message, to: &bytes)
    bytes.append(contentsOf: ",\"type\":".utf8)
    JSONString.append(type, to: &bytes)
    bytes.append(contentsOf: ",\"param\":".utf8)
    Self.append(param, to: &bytes)
    bytes.append(contentsOf: ",\"code\":".utf8)
    appendCode(&bytes)
    bytes.append(contentsOf: "}}".utf8)
    return bytes
  }

  private static func append(_ value: String?, to bytes: inout [UInt8]) {
    if let value {
      JSONString.append(value, to: &bytes)
    } else {
      bytes.append(contentsOf: "null".utf8)
    }
  }
}

/// The usual errors, with their usual statuses.
extension APIError {
  /// 400: the request cannot be understood.
  public static func invalidRequest(_ message: String, param: String? = nil, code: String? = nil)
    -> APIError
  {
    APIError(status: 400, message: message, type: "invalid_request_error", param: param, code: code)
  }

  /// 401: the key is missing or wrong.
  public static func authentication(_ message: String, code: String? = "invalid_api_key")
    -> APIError
  {
    APIError(status: 401, message: message, type: "authentication_error", code: code)
  }

  /// 403: the key may not do that.
  public static func permission(_ message: String, code: String? = nil) -> APIError {
    APIError(status: 403, message: message, type: "permission_error", code: code)
  }

  /// 404: there is no such endpoint or model.
  public static func notFound(_ message: String, param: String? = nil, code: String? = nil)
    -> APIError
  {
    APIError(status: 404, message: message, type: "not_found_error", param: param, code: code)
  }

  /// 405: the endpoint is there, its method is another.
  public static func methodNotAllowed(_ message: String) -> APIError {
    APIError(
      status: 405, message: message, type: "invalid_request_error", code: "method_not_allowed")
  }

  /// 413: the body is longer than the limit.
  public static func requestTooLarge(_ message: String) -> APIError {
    APIError(status: 413, message: message, type: "request_too_large", code: "request_too_large")
  }

  /// 429: too many requests or tokens.
  public static func rateLimit(_ message: String, code: String? = "rate_limit_exceeded") -> APIError {
    APIError(status: 429, message: message, type: "rate_limit_error", code: code)
  }

  /// 5xx: not the client's fault. 500 an internal fault, 502 an engine's answer that makes no sense, 503 no replica,
  /// 504 an engine that does not answer in time.
  public static func server(_ message: String, status: Int = 500, code: String? = nil) -> APIError {
    precondition((500...599).contains(status), "status \(status) is not a server error")
    return APIError(status: status, message: message, type: "server_error", code: code)
  }
}
