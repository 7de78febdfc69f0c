/// Why the model of a `multipart/form-data` body cannot be read.
public enum MultipartFault: Error, Sendable, Equatable, CustomStringConvertible {
  // Of the content-type.
  case notAForm
  case malformedContentType
  case missingBoundary
  case repeatedBoundary
  case boundaryTooLong(limit: Int)
  case invalidBoundary
  // Of the body.
  case unexpectedEnd
  case malformedDelimiter
  case malformedHeader
  case headersTooLong(limit: Int)
  case malformedDisposition
  case missingDisposition
  case repeatedDisposition
  case modelTooLong(limit: Int)
  case modelNotUTF8
  case modelIsEncoded
  case emptyModel

  /// What is wrong and what would be right, without the place.
  public var description: String {
    switch self {
    case .notAForm: "content-type must be multipart/form-data"
    case .malformedContentType: "content-type has malformed parameters: name=value or name=\"value\" is expected"
    case .missingBoundary: "content-type multipart/form-data must have a boundary parameter"
    case .repeatedBoundary: "content-type must have one boundary parameter"
    case .boundaryTooLong(let limit): "the boundary of content-type must be at most \(limit) characters"
    case .invalidBoundary: "the boundary of content-type has characters that RFC 2046 does not allow"
    case .unexpectedEnd: "the body ends before its closing delimiter"
    case .malformedDelimiter: "a delimiter must stand on a line of its own that ends with CRLF"
    case .malformedHeader: "a part's header must be one line, name: value, that ends with CRLF"
    case .headersTooLong(let limit): "the headers of a part must be at most \(limit) bytes"
    case .malformedDisposition: "a part's content-disposition must be form-data with a name"
    case .missingDisposition: "every part must have a content-disposition header"
    case .repeatedDisposition: "a part must have one content-disposition header"
    case .modelTooLong(let limit): "model must be at most \(limit) bytes"
    case .modelNotUTF8: "model must be UTF-8"
    case .modelIsEncoded: "model must be sent without a content-transfer-encoding"
    case .emptyModel: "model must not be empty"
    }
  }

  /// The field of the form that is at fault; nil if it is the form as a whole.
  public var param: String? {
    switch self {
    case .modelTooLong, .modelNotUTF8, .modelIsEncoded, .emptyModel: "model"
    default: nil
    }
  }

  /// The answer to the client, where the place is not known or is no byte of the body.
  public var apiError: APIError {
    .invalidRequest("invalid form: \(self)", param: param, code: "invalid_form").marked("x-error-multipart-parsing")
  }

  /// The answer to the client, with the place in the body.
  func apiError(atByte offset: Int) -> APIError {
    var error = apiError
    error.message += " (at byte \(offset))"
    return error
  }

  /// The answer to a client of a path: for audio that is sent as something else, such as JSON, in the words of AIBrix's gateway.
  public func apiError(at path: PassThroughPath) -> APIError {
    guard self == .notAForm, path.pattern.description.hasPrefix("/v1/audio/") else { return apiError }
    return .invalidRequest("audio requests must use multipart/form-data content-type", code: "invalid_form")
      .marked("x-error-request-body-processing")
  }
}
