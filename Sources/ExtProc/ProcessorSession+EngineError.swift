import ChatProtocols
import EnvoyWire
import Gateway

/// Errors of engines, told as OpenAI's API tells errors, as the gateway does, where Envoy shows the body whole.
extension ProcessorSession {
  /// Whether an answer is an error that is told anew: none of an event stream, of coded bytes, or longer than the gateway
  /// reads.
  func isErrorToTell(_ answer: AnswerHead) -> Bool {
    (400..<600).contains(answer.status) && !answer.isEventStream && !answer.isCoded && head?.method != "HEAD"
      && answer.contentLength ?? 0 <= HeldError.limit
  }

  /// Looks at the body that is to come, if it can come whole.
  ///
  /// - Returns: the mode that Envoy is asked for: what its buffer holds, so that an error that is longer goes on as it came.
  ///   nil where it need not change, or cannot.
  func awaitErrorBody(_ headers: inout HeaderChanges) -> BodyMode? {
    awaitsErrorBody = responseMode != .fullDuplexStreamed && responseMode != .none
    guard responseMode == .streamed else { return nil }
    // Unless Envoy takes the other mode, the head goes on before it is known how long the body is.
    headers.remove("content-length")
    return .bufferedPartial
  }

  /// The engine's error has no body: the client gets one.
  func tellEmptyError(_ headers: HeaderChanges) {
    var headers = headers
    let told = toldError(UnsafeRawBufferPointer(start: nil, count: 0)) ?? []
    write(told, to: &headers)
    reply {
      ProcessingReply.append(to: &$0, .responseHeaders, headers: headers, body: .replace(told), endsMessage: true)
    }
  }

  /// - Returns: what the client is told instead of a whole body; nil where that stays.
  func toldError(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
    guard bytes.count <= HeldError.limit else { return nil }
    return EngineErrorBody.error(status: status, body: bytes)?.body
  }

  func write(_ told: [UInt8], to headers: inout HeaderChanges) {
    responseBytes = told.count
    headers.set("content-type", to: "application/json")
    headers.set("content-length", to: String(told.count))
  }
}
