/// Why a text was not read.
public enum EncoderPoolError: Error, Sendable, Equatable, CustomStringConvertible {
  case deadlineExceeded
  case queueFull(capacity: Int)
  case textTooLong(limit: Int)
  case closed

  public var description: String {
    switch self {
    case .deadlineExceeded: "the reading deadline passed"
    case .queueFull(let capacity): "\(capacity) texts wait for the encoder already; try again later or add workers"
    case .textTooLong(let limit): "the text is longer than the encoder's limit of \(limit) bytes"
    case .closed: "the encoder was shut down"
    }
  }
}
