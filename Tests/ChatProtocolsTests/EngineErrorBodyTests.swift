import ChatProtocols
import Testing

@Suite("What engines say in errors") struct EngineErrorBodyTests {
  private func told(_ status: Int, _ body: String) -> String? {
    Array(body.utf8).withUnsafeBytes { bytes in
      EngineErrorBody.error(status: status, body: bytes).map { String(decoding: $0.body, as: UTF8.self) }
    }
  }

  @Test(
    "a body that is OpenAI's stays as it is",
    arguments: [
      #"{"error":{"message":"too long","type":"BadRequestError","param":null,"code":400}}"#,
      #" { "id":1, "error" : {"code":7, "message":""} } "#,
    ])
  func openAI(body: String) { #expect(told(400, body) == nil) }

  @Test(
    "every other body is told as OpenAI's, by what it says or by its status",
    arguments: [
      (500, "Internal Server Error", "Internal Server Error", "server_error", "null", "null"),
      (502, "", "the engine answered 502 and did not say why", "server_error", "null", "null"),
      (503, " \r\n", "the engine answered 503 and did not say why", "server_error", "null", "null"),
      (404, #"{"detail":"Not Found"}"#, "Not Found", "not_found_error", "null", "null"),
      (
        422, #"{"detail":[{"loc":["body"],"msg":"Field required"}]}"#,
        #"[{\"loc\":[\"body\"],\"msg\":\"Field required\"}]"#, "invalid_request_error", "null", "null"
      ),
      (
        400, #"{"object":"error","message":"too long","type":"BadRequestError","param":"messages","code":400}"#,
        "too long", "BadRequestError", #""messages""#, #""400""#
      ),
      (
        429, #"{"error":"Model is overloaded","error_type":"overloaded"}"#, "Model is overloaded", "rate_limit_error",
        "null", "null"
      ),
      (401, #"{"error":{"text":"no"}}"#, #"{\"error\":{\"text\":\"no\"}}"#, "authentication_error", "null", "null"),
      (403, #"["no"]"#, #"[\"no\"]"#, "permission_error", "null", "null"),
      (413, #"{"message":"#, #"{\"message\":"#, "request_too_large", "null", "null"),
      (
        400, #"{"message":null,"code":""}"#, #"{\"message\":null,\"code\":\"\"}"#, "invalid_request_error", "null",
        "null"
      ),
    ])
  func others(status: Int, body: String, message: String, type: String, param: String, code: String) {
    #expect(
      told(status, body) == #"{"error":{"message":"\#(message)","type":"\#(type)","param":\#(param),"code":\#(code)}}"#)
  }

  @Test("a message is cut after a whole character")
  func long() {
    let limit = EngineErrorBody.messageLimit
    let body = Array((String(repeating: "a", count: limit - 1) + "é and more").utf8)
    let error = body.withUnsafeBytes { EngineErrorBody.error(status: 500, body: $0) }
    #expect(error?.message == String(repeating: "a", count: limit - 1))
    let whole = Array(String(repeating: "b", count: limit).utf8)
    #expect(whole.withUnsafeBytes { EngineErrorBody.error(status: 500, body: $0) }?.message.utf8.count == limit)
  }

  @Test("bytes that are no UTF-8 do no harm")
  func noText() {
    let bytes: [UInt8] = [0x61, 0xFF, 0x62]
    let error = bytes.withUnsafeBytes { EngineErrorBody.error(status: 500, body: $0) }
    #expect(error?.message == "a\u{FFFD}b")
  }
}
