import EngineClient
import HTTPWire
import Reliability

/// Why an engine gave no whole answer.
enum UpstreamFailure: Error, CustomStringConvertible {
  case cannotConnect(any Error)
  /// The gateway itself has nothing left to connect with (``ConnectionFailure/isOurs(_:)``).
  case exhausted(any Error)
  /// As many requests wait for a connection as may.
  case overflow
  /// The request has waited for a connection for as long as for a first byte: all were taken.
  case noConnectionInTime
  case closed
  /// A connection that had carried an answer turned out to be closed before anything of this one came.
  case keptConnectionClosed
  case badAnswer(HTTPSyntaxError)
  case firstByteTimedOut
  case streamTimedOut
  /// The whole request took longer than it may.
  case timedOut

  var description: String {
    switch self {
    case .cannotConnect(let error): "cannot connect: \(ConnectionFailure.text(error))"
    case .exhausted(let error):
      "the gateway has no descriptor or port left for a connection: \(ConnectionFailure.text(error))"
    case .overflow: "too many requests wait for a connection to it"
    case .noConnectionInTime: "no connection to it became free in time"
    case .closed, .keptConnectionClosed: "the connection closed before the answer was complete"
    case .badAnswer(let error): "its answer is not HTTP: \(error)"
    case .firstByteTimedOut: "it did not answer in time"
    case .streamTimedOut: "its answer stopped"
    case .timedOut: "the request took longer than it may"
    }
  }

  /// A word for metrics.
  var reason: String {
    switch self {
    case .cannotConnect: "connect"
    case .exhausted: "exhausted"
    case .overflow: "overflow"
    case .noConnectionInTime: "wait_timeout"
    case .closed, .keptConnectionClosed: "closed"
    case .badAnswer: "bad_answer"
    case .firstByteTimedOut: "first_byte_timeout"
    case .streamTimedOut: "stream_timeout"
    case .timedOut: "request_timeout"
    }
  }

  /// What it is to the machine of attempts.
  ///
  /// - Parameter hasBegun: the client has the answer's head.
  func kind(hasBegun: Bool) -> AttemptFailure {
    guard !hasBegun else { return .brokeMidway }
    return switch self {
    case .cannotConnect: .cannotConnect
    case .exhausted, .overflow, .noConnectionInTime: .overflow
    case .closed: .closedBeforeAnswer
    case .keptConnectionClosed: .keptConnectionClosed
    case .badAnswer: .malformedHead
    case .firstByteTimedOut, .streamTimedOut, .timedOut: .firstByteTimedOut
    }
  }
}
