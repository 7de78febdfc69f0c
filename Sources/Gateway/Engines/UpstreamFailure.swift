import EngineClient
import HTTPWire

/// Why an engine gave no whole answer.
enum UpstreamFailure: Error, CustomStringConvertible {
  case cannotConnect(any Error)
  case closed
  case badAnswer(HTTPSyntaxError)
  case firstByteTimedOut
  case streamTimedOut
  /// It answered that it cannot serve at the moment, and another replica can be asked.
  case refused(status: Int)

  var description: String {
    switch self {
    case .cannotConnect(let error): "cannot connect: \(ConnectionFailure.text(error))"
    case .refused(let status): "it answered \(status)"
    case .closed: "the connection closed before the answer was complete"
    case .badAnswer(let error): "its answer is not HTTP: \(error)"
    case .firstByteTimedOut: "it did not answer in time"
    case .streamTimedOut: "its answer stopped"
    }
  }

  /// A word for metrics.
  var reason: String {
    switch self {
    case .cannotConnect: "connect"
    case .refused: "refused"
    case .closed: "closed"
    case .badAnswer: "bad_answer"
    case .firstByteTimedOut: "first_byte_timeout"
    case .streamTimedOut: "stream_timeout"
    }
  }
}
