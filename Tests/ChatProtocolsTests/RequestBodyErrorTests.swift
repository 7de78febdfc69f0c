import ChatProtocols
import JSONText
import Testing

private func fault(_ body: String) -> RequestBodyError? {
  do {
    _ = try chat(body)
    return nil
  } catch {
    return error
  }
}

struct RequestBodyErrorTests {
  @Test("each fault has its message, param and code")
  func faults() {
    let cases: [(String, String, String?, String)] = [
      ("", "malformed JSON body: unexpected end of the text at byte 0", nil, "invalid_json"),
      (
        #"{"model":"m","messages":[}"#, "malformed JSON body: expected a value at byte 25", nil,
        "invalid_json"
      ),
      ("[]", "invalid request body: it must be a JSON object", nil, "invalid_type"),
      (#"{"model":"m"}"#, "messages field is required", "messages", "missing_required_parameter"),
      (
        #"{"model":"m","messages":null}"#, "messages field is required", "messages",
        "missing_required_parameter"
      ),
      (
        #"{"model":"m","messages":{}}"#, "messages field must be an array", "messages",
        "invalid_type"
      ),
      (
        #"{"model":"m","messages":[{},1,{}]}"#, "messages[1] must be an object", "messages[1]",
        "invalid_type"
      ),
      (
        #"{"messages":[]}"#, "invalid request body: missing required field: model", "model",
        "missing_required_parameter"
      ),
      (
        #"{"messages":[],"model":null}"#, "invalid request body: missing required field: model",
        "model",
        "missing_required_parameter"
      ),
      (
        #"{"messages":[],"model":1}"#, "invalid request body: model must be a string", "model",
        "invalid_type"
      ),
      (
        #"{"messages":[],"model":""}"#, "invalid request body: missing required field: model", "model",
        "invalid_value"
      ),
      (#"{"messages":[],"model":"m","stream":"true"}"#, "stream incorrectly set", "stream", "invalid_type"),
      (#"{"messages":[],"model":"m","stream":1}"#, "stream incorrectly set", "stream", "invalid_type"),
    ]
    for (body, message, param, code) in cases {
      let fault = fault(body)
      #expect(fault?.description == message)
      #expect(fault?.param == param)
      #expect(fault?.code == code)
      let mark: StaticString =
        switch param {
        case "model": "x-error-no-model-in-request"
        case "stream": "x-error-stream"
        default: "x-error-request-body-processing"
        }
      #expect(
        fault?.apiError
          == APIError(
            status: 400, message: message, type: "invalid_request_error", param: param, code: code
          ).marked(mark))
    }
  }

  @Test("a chat without a message is a fault that is asked for, after the model is known")
  func noMessages() throws {
    let empty = try chat(#"{"model":"m","messages":[]}"#)
    #expect(throws: RequestBodyError.noMessages) { try empty.checkMessages() }
    #expect(RequestBodyError.noMessages.apiError.message == "no messages in the request body")
    #expect(RequestBodyError.noMessages.apiError.param == "messages")
    try chat(#"{"model":"m","messages":[{"role":"user","content":""}]}"#).checkMessages()
    try RequestFacts.scan(body: Array(#"{"model":"m","prompt":""}"#.utf8), endpoint: .completions).checkMessages()
  }

  @Test("malformed JSON comes before every other fault, wherever it is")
  func malformedFirst() {
    #expect(fault("[1,") == .malformedJSON(JSONError(offset: 3, reason: .unexpectedEnd)))
    #expect(
      fault(#"{"messages":1,"a":tru}"#)
        == .malformedJSON(JSONError(offset: 21, reason: .invalidLiteral)))
    #expect(
      fault(#"{"messages":[],"model":"m"} x"#)
        == .malformedJSON(JSONError(offset: 28, reason: .trailingBytes)))
  }

  @Test("metadata is an object of bounded strings")
  func metadataLimits() throws {
    func body(_ metadata: String) -> String {
      #"{"model":"m","messages":[],"metadata":\#(metadata)}"#
    }
    func object(_ count: Int) -> String {
      "{" + (0..<count).map { "\"k\($0)\":\"v\"" }.joined(separator: ",") + "}"
    }
    let long = String(repeating: "x", count: 1025)
    #expect(fault(body(object(32))) == nil)
    #expect(fault(body(object(33))) == .tooManyMetadataEntries(limit: 32))
    #expect(fault(body("{\"\(String(repeating: "k", count: 128))\":\"\"}")) == nil)
    #expect(
      fault(body("{\"\(String(repeating: "k", count: 129))\":\"\"}"))
        == .metadataKeyTooLong(limit: 128))
    #expect(fault(body("{\"a\":\"\(long.dropLast())\"}")) == nil)
    #expect(fault(body("{\"a\":\"\(long)\"}")) == .metadataValueTooLong(key: "a", limit: 1024))
    #expect(fault(body("{\"a\":\"x\",\"b\":1}")) == .metadataValueNotAString(key: "b"))
    #expect(fault(body("{\"a\":{}}")) == .metadataValueNotAString(key: "a"))
    #expect(fault(body("{\"a\":null}"))?.description == "metadata value of \"a\" must be a string")
    #expect(fault(body("7")) == .metadataNotAnObject)
    #expect(fault(body("null")) == nil)
    #expect(RequestBodyError.metadataValueTooLong(key: "a", limit: 1024).param == "metadata.a")
  }

  @Test("messages and members are counted up to their limits")
  func countLimits() {
    func messages(_ count: Int) -> [UInt8] {
      var body = Array(#"{"model":"m","messages":[{}"#.utf8)
      for _ in 1..<count { body.append(contentsOf: ",{}".utf8) }
      return body + Array("]}".utf8)
    }
    #expect(throws: Never.self) {
      try RequestFacts.scan(body: messages(100_000), endpoint: .chatCompletions)
    }
    #expect(throws: RequestBodyError.tooManyMessages(limit: 100_000)) {
      try RequestFacts.scan(body: messages(100_001), endpoint: .chatCompletions)
    }
    func members(_ count: Int) -> String {
      #"{"model":"m","messages":[]"# + (2..<count).map { ",\"a\($0)\":0" }.joined() + "}"
    }
    #expect(fault(members(1024)) == nil)
    #expect(fault(members(1025)) == .tooManyMembers(limit: 1024))
    #expect(
      fault(#"{"messages":[],"model":"\#(String(repeating: "m", count: 1025))"}"#)
        == .modelTooLong(limit: 1024))
  }
}
