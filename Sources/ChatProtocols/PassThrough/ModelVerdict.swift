/// What a ``ModelFinder`` can say of the bytes it has seen.
public enum ModelVerdict: Sendable, Equatable {
  /// Nothing is decided yet: hold the bytes and hand on the next ones.
  case needMore
  /// The model's name, decoded, and where it stands, in bytes from the start of the body: in JSON the string with its
  /// quotes, in a form the content of the part, in a query the value as it was sent.
  case found(value: String, range: Range<Int>)
  /// The request ended, or its object or form did, and names no model.
  case absent
  /// The request cannot be understood up to the model. `offset` is the first byte at fault, or the number of bytes when
  /// they end too early.
  case invalid(offset: Int, reason: ModelFault)
  /// The model does not stand, as a whole, within the first `limit` bytes.
  case tooFar(limit: Int)

  /// What a client is told whose model is too far from the start. It says the way out, and no figure.
  public static let tooFarMessage =
    "the model is too far from the start of the body: put the model field first, before files and other large fields"

  /// The answer to the client; nil if the verdict is no fault of the request. Status 400, or 413 for ``tooFar(limit:)``.
  public var apiError: APIError? {
    switch self {
    case .needMore, .found, .absent: nil
    case .invalid(let offset, .body(let error)):
      if case .malformedJSON = error {
        error.apiError
      } else {
        error.apiError(atByte: offset)
      }
    case .invalid(let offset, .form(let fault)):
      fault.apiError(atByte: offset)
    case .tooFar:
      APIError(
        status: 413, message: Self.tooFarMessage, type: "invalid_request_error", param: "model", code: "model_too_far")
    }
  }
}
