/// Why no model can be read from a body that is passed through.
public enum ModelFault: Error, Sendable, Equatable, CustomStringConvertible {
  /// A JSON body is malformed, no object, or its model is no name.
  case body(RequestBodyError)
  /// A form is malformed, or its model is no name.
  case form(MultipartFault)

  /// What is wrong, in words.
  public var description: String {
    switch self {
    case .body(let error): error.description
    case .form(let fault): fault.description
    }
  }
}
