import ChatProtocols
import Testing

struct APIErrorTests {
  @Test("an error is written as OpenAI's")
  func body() {
    let error = APIError.invalidRequest("bad \"x\"", param: "model", code: "invalid_value")
    #expect(
      String(decoding: error.body, as: UTF8.self)
        == #"{"error":{"message":"bad \"x\"","type":"invalid_request_error","param":"model","code":"invalid_value"}}"#
    )
    #expect(
      String(decoding: APIError.server("no replica", status: 503).body, as: UTF8.self)
        == #"{"error":{"message":"no replica","type":"server_error","param":null,"code":null}}"#)
  }

  @Test("the event that ends a stream of Anthropic's API")
  func messages() {
    #expect(
      String(decoding: APIError.server("it \"broke\"", status: 502).messagesBody, as: UTF8.self)
        == #"{"type":"error","error":{"type":"api_error","message":"it \"broke\""}}"#)
    for (status, type) in [(500, "api_error"), (503, "overloaded_error"), (504, "timeout_error")] {
      let body = String(decoding: APIError.server("", status: status).messagesBody, as: UTF8.self)
      #expect(body.contains("\"type\":\"\(type)\""))
    }
  }

  @Test("each type has its status")
  func statuses() {
    #expect(APIError.invalidRequest("").status == 400)
    #expect(
      APIError.authentication("")
        == APIError(status: 401, message: "", type: "authentication_error", code: "invalid_api_key")
    )
    #expect(APIError.permission("") == APIError(status: 403, message: "", type: "permission_error"))
    #expect(APIError.notFound("") == APIError(status: 404, message: "", type: "not_found_error"))
    #expect(APIError.methodNotAllowed("").status == 405)
    #expect(
      APIError.requestTooLarge("")
        == APIError(status: 413, message: "", type: "request_too_large", code: "request_too_large"))
    #expect(
      APIError.rateLimit("")
        == APIError(status: 429, message: "", type: "rate_limit_error", code: "rate_limit_exceeded")
    )
    #expect(APIError.server("", status: 504).type == "server_error")
  }
}
