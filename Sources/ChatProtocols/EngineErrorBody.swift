import JSONText

/// What an engine says in the body of an error, told as OpenAI's API tells errors.
///
/// Clients read `error.message`; engines, and the servers they stand on, often say it elsewhere:
///
///     body                                                  message      type, param, code
///     {"error":{"message":"…",…}}                           stays as it is
///     {"object":"error","message":"…","type":"…",…}         message      the body's own
///     {"error":"…"}                                         error        by the status
///     {"detail":"…"}, {"detail":[…]}                        detail       by the status
///     any other text                                        the text     by the status
///     nothing                                               the status   by the status
public enum EngineErrorBody {
  /// The most bytes of a message that are taken over.
  public static let messageLimit = 4_096

  /// Linear in the body.
  ///
  /// - Parameters:
  ///   - status: the engine's, 400 to 599.
  ///   - body: without transfer coding; a part will do, which is told as a text then.
  /// - Returns: nil for a body that is OpenAI's already.
  public static func error(status: Int, body: UnsafeRawBufferPointer) -> APIError? {
    let said = (try? Members(reading: body)) ?? Members()
    guard !said.isOpenAI else { return nil }
    let message = said.message ?? text(body)
    return APIError(
      status: status, message: message.isEmpty ? "the engine answered \(status) and did not say why" : message,
      type: said.type ?? type(of: status), param: said.param, code: said.code)
  }

  private static func type(of status: Int) -> String {
    switch status {
    case 401: "authentication_error"
    case 403: "permission_error"
    case 404: "not_found_error"
    case 413: "request_too_large"
    case 429: "rate_limit_error"
    case 500...: "server_error"
    default: "invalid_request_error"
    }
  }

  /// The bytes as text without the white space around it, cut after a whole character.
  private static func text(_ bytes: some Collection<UInt8>) -> String {
    var kept = Array(bytes.drop { $0 <= 0x20 }.prefix(messageLimit + 1))
    if kept.count > messageLimit {
      while let last = kept.popLast(), last & 0xC0 == 0x80 {}
    }
    while let last = kept.last, last <= 0x20 { kept.removeLast() }
    return String(decoding: kept, as: UTF8.self)
  }

  /// The members of an object that tell of an error.
  private struct Members {
    var isOpenAI = false
    var message: String?
    var type: String?
    var param: String?
    var code: String?

    init() {}

    /// - Throws: the first fault, if the body is not one JSON value.
    init(reading body: UnsafeRawBufferPointer) throws(JSONError) {
      var cursor = JSONCursor(body)
      guard try cursor.kind() == .object else {
        try cursor.skipValue()
        try cursor.finish()
        return
      }
      try cursor.enterObject()
      while let member = try cursor.nextMember() {
        func isNamed(_ name: StaticString) -> Bool { JSONString.equals(member.key, name, in: body) }
        if isNamed("error"), member.kind == .object {
          isOpenAI = try Self.hasMessage(&cursor, body) || isOpenAI
        } else if isNamed("error") || isNamed("message") || isNamed("detail") {
          message = try Self.text(&cursor, body) ?? message
        } else if isNamed("type") {
          type = try Self.text(&cursor, body) ?? type
        } else if isNamed("param") {
          param = try Self.text(&cursor, body) ?? param
        } else if isNamed("code") {
          code = try Self.text(&cursor, body) ?? code
        }
      }
      try cursor.finish()
    }

    /// Whether the object that the cursor stands before has a message; leaves it.
    private static func hasMessage(
      _ cursor: inout JSONCursor, _ body: UnsafeRawBufferPointer
    ) throws(JSONError) -> Bool {
      var isFound = false
      try cursor.enterObject()
      while let member = try cursor.nextMember() {
        if member.kind == .string, JSONString.equals(member.key, "message", in: body) { isFound = true }
      }
      return isFound
    }

    /// A string's text, any other value's JSON; nil for null and what is empty.
    private static func text(
      _ cursor: inout JSONCursor, _ body: UnsafeRawBufferPointer
    ) throws(JSONError) -> String? {
      let extent = try cursor.skipValue()
      guard extent.kind != .null else { return nil }
      let text =
        extent.kind == .string
        ? EngineErrorBody.text(JSONString.text(extent, in: body).utf8) : EngineErrorBody.text(body[extent.range])
      return text.isEmpty ? nil : text
    }
  }
}
