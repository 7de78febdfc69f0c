import ChatProtocols
import HTTPWire
import NIOCore

/// Errors of engines: read to their end, then told as OpenAI's API tells errors.
extension Exchange {
  /// Whether an engine's chunk framing is to stay around its answer.
  var takesChunkFraming: Bool { heldError == nil && answerFraming != .unknownLength && client.takesChunkFraming }

  /// Begins to hold an answer, if it is one to be held.
  func holds(_ answer: MessageHead, _ bytes: ByteBuffer) -> Bool {
    guard head.method != .head else { return false }
    heldError = HeldError(answer, bytes, isEventStream: Self.isEventStream(answer, bytes))
    return heldError != nil
  }

  /// A piece of the error's body has come.
  func holdError(_ bytes: ByteBuffer) {
    guard heldError?.append(bytes) == false else { return }
    passHeldErrorOn()
  }

  /// The error's body is whole, or as whole as it will be.
  ///
  /// - Parameter isWhole: it has the length that its head says.
  func tellHeldError(isWhole: Bool = true) {
    guard let held = heldError else { return }
    let error = held.body.withUnsafeReadableBytes { EngineErrorBody.error(status: held.head.status, body: $0) }
    guard let error else { return passHeldErrorOn(isWhole: isWhole) }
    heldError = nil
    let body = ByteBuffer(bytes: error.body)
    responseBytes += body.readableBytes
    writeAnswerHead(held.head, held.headBytes, framing: .length, errorLength: body.readableBytes)
    client.writeBody(body)
  }

  /// The error goes to the client as the engine told it.
  private func passHeldErrorOn(isWhole: Bool = true) {
    guard let held = heldError else { return }
    heldError = nil
    responseBytes += held.body.readableBytes
    if isWhole {
      let framing: AnswerFraming = if case .length = held.head.framing { .length } else { .unknownLength }
      writeAnswerHead(held.head, held.headBytes, framing: framing)
    } else {
      writeAnswerHead(held.head, held.headBytes, framing: .length, errorLength: held.body.readableBytes)
    }
    client.writeBody(held.body)
  }

  /// The error's body broke off. The client gets what came of it: the status says what matters.
  func heldErrorBroke(_ attempt: Attempt) {
    // A status of 500 or more has been counted already.
    if status < 500 { note(.brokeMidway, "its answer broke off", on: attempt.placement.replica) }
    tellHeldError(isWhole: false)
    attempt.release()
    self.attempt = nil
    attempts.ended()
    countEngineError()
    conclude()
    account()
    client.finish()
  }
}
