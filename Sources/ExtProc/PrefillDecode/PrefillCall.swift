import EngineClient
import Fleet
import NIOCore
import Reliability

/// The prefill leg of a request, as it is sent by the processor itself: Envoy is told of the decode replica only.
struct PrefillCall {
  /// How it ended.
  enum Result {
    case answered(status: Int, body: ByteBuffer)
    case failed(AttemptFailure, String)
  }

  /// Sends a leg, tells on this loop what becomes of it, later and not at once, and gives it up when what is returned is
  /// called.
  typealias Sender = (
    _ call: PrefillCall, _ onSent: @escaping () -> Void, _ onEnd: @escaping (Result) -> Void
  ) -> () -> Void

  var placement: Placement
  /// Path and query.
  var target: String
  /// The client's own, but for those that frame the body or are set anew.
  var fields: [(String, String)]
  var body: ByteBuffer
  var answer: EngineCall.AnswerBody
  /// Nanoseconds.
  var connectTimeout: UInt64
  var timeout: UInt64
}

extension PrefillCall.Result {
  init(_ result: Result<EngineCall.Answer, EngineCall.Failure>) {
    switch result {
    case .success(let answer): self = .answered(status: answer.status, body: answer.body)
    case .failure(let failure):
      let kind: AttemptFailure =
        switch failure {
        case .cannotConnect: .cannotConnect
        case .timedOut: .firstByteTimedOut
        case .closedEarly, .broken: .closedBeforeAnswer
        case .bodyTooLarge: .malformedHead
        case .exhausted, .noRoom: .overflow
        }
      self = .failed(kind, "\(failure)")
    }
  }
}
