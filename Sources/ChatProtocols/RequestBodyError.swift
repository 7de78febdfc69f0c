import JSONText

/// Why a request body is refused before anything is routed. All are the client's fault: status 400.
public enum RequestBodyError: Error, Sendable, Equatable, CustomStringConvertible {
  case malformedJSON(JSONError)
  case notAnObject
  case tooManyMembers(limit: Int)
  case missingMessages
  case messagesNotAnArray
  case messageNotAnObject(index: Int)
  case tooManyMessages(limit: Int)
  /// Of a model that is there: the list is empty.
  case noMessages
  case streamNotABoolean
  case missingModel
  case modelNotAString
  case emptyModel
  case modelTooLong(limit: Int)
  case metadataNotAnObject
  case tooManyMetadataEntries(limit: Int)
  case metadataValueNotAString(key: String)
  case metadataKeyTooLong(limit: Int)
  case metadataValueTooLong(key: String, limit: Int)

  /// What a client is told.
  public var description: String {
    switch self {
    case .malformedJSON(let error): "malformed JSON body: \(error)"
    case .notAnObject: "invalid request body: it must be a JSON object"
    case .tooManyMembers(let limit): "invalid request body: it has more than \(limit) members"
    case .missingMessages: "messages field is required"
    case .messagesNotAnArray: "messages field must be an array"
    case .messageNotAnObject(let index): "messages[\(index)] must be an object"
    case .tooManyMessages(let limit): "messages field must have at most \(limit) messages"
    // The words of AIBrix's gateway.
    case .noMessages: "no messages in the request body"
    case .streamNotABoolean: "stream incorrectly set"
    case .missingModel: "invalid request body: missing required field: model"
    case .modelNotAString: "invalid request body: model must be a string"
    case .emptyModel: "invalid request body: missing required field: model"
    case .modelTooLong(let limit): "invalid request body: model must be at most \(limit) bytes"
    case .metadataNotAnObject: "metadata must be an object"
    case .metadataValueNotAString(let key): "metadata value of \"\(key)\" must be a string"
    case .tooManyMetadataEntries(let limit): "metadata must have at most \(limit) entries"
    case .metadataKeyTooLong(let limit): "metadata keys must be at most \(limit) bytes"
    case .metadataValueTooLong(let key, let limit):
      "metadata value of \"\(key)\" must be at most \(limit) bytes"
    }
  }

  /// The member of the body that is at fault; nil if it is the body as a whole.
  public var param: String? {
    switch self {
    case .malformedJSON, .notAnObject, .tooManyMembers: nil
    case .missingMessages, .messagesNotAnArray, .tooManyMessages, .noMessages: "messages"
    case .streamNotABoolean: "stream"
    case .messageNotAnObject(let index): "messages[\(index)]"
    case .missingModel, .modelNotAString, .emptyModel, .modelTooLong: "model"
    case .metadataNotAnObject, .tooManyMetadataEntries, .metadataKeyTooLong: "metadata"
    case .metadataValueTooLong(let key, _), .metadataValueNotAString(let key): "metadata.\(key)"
    }
  }

  /// A word for programs, as the OpenAI API spells them.
  public var code: String {
    switch self {
    case .malformedJSON: "invalid_json"
    case .missingMessages, .missingModel: "missing_required_parameter"
    case .notAnObject, .messagesNotAnArray, .messageNotAnObject, .modelNotAString, .metadataNotAnObject,
      .metadataValueNotAString, .streamNotABoolean:
      "invalid_type"
    case .emptyModel, .noMessages: "invalid_value"
    case .tooManyMembers, .tooManyMetadataEntries: "object_above_max_properties"
    case .tooManyMessages: "array_above_max_length"
    case .modelTooLong, .metadataKeyTooLong, .metadataValueTooLong: "string_above_max_length"
    }
  }

  /// The answer to the client.
  public var apiError: APIError {
    .invalidRequest(description, param: param, code: code).marked(mark)
  }

  /// The answer to the client, with the place in the body.
  func apiError(atByte offset: Int) -> APIError {
    var error = apiError
    error.message += " (at byte \(offset))"
    return error
  }

  private var mark: StaticString {
    switch self {
    case .missingModel, .emptyModel, .modelNotAString: "x-error-no-model-in-request"
    case .streamNotABoolean: "x-error-stream"
    default: "x-error-request-body-processing"
    }
  }
}
