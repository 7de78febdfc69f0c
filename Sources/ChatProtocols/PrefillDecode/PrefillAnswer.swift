import JSONText

/// What a prefill engine's answer hands over: the few members of it that the decode engine is to get.
public struct PrefillAnswer: Sendable, Equatable {
  /// Bytes of an answer at most: a million tokens by their numbers, and their blocks.
  public static let byteLimit = 16 << 20

  /// vLLM's `kv_transfer_params`, an object.
  public var transferParameters: JSONFragment?
  /// TensorRT-LLM's `disaggregated_params`, an object: of the first choice, else of the answer.
  public var disaggregatedParameters: JSONFragment?
  /// TensorRT-LLM's `prompt_token_ids`, an array.
  public var promptTokens: JSONFragment?

  /// Nothing was handed over.
  public init() {}

  /// Reads an answer's body. Linear; copies the members it keeps.
  ///
  /// - Throws: the first fault, if the body is not one JSON value.
  public init(reading body: UnsafeRawBufferPointer) throws(JSONError) {
    var cursor = JSONCursor(body)
    var ofChoice: JSONFragment?
    let isObject = try cursor.kind() == .object
    if isObject { try cursor.enterObject() } else { try cursor.skipValue() }
    while isObject, let member = try cursor.nextMember() {
      if JSONString.equals(member.key, "kv_transfer_params", in: body) {
        transferParameters = try Self.fragment(.object, &cursor, body)
      } else if JSONString.equals(member.key, "disaggregated_params", in: body) {
        disaggregatedParameters = try Self.fragment(.object, &cursor, body)
      } else if JSONString.equals(member.key, "prompt_token_ids", in: body) {
        promptTokens = try Self.fragment(.array, &cursor, body)
      } else if JSONString.equals(member.key, "choices", in: body), member.kind == .array {
        ofChoice = try Self.parametersOfFirst(&cursor, body)
      }
    }
    try cursor.finish()
    if let ofChoice { disaggregatedParameters = ofChoice }
  }

  /// The value that the cursor stands before, if it is of that kind.
  private static func fragment(
    _ kind: JSONKind, _ cursor: inout JSONCursor, _ body: UnsafeRawBufferPointer
  ) throws(JSONError) -> JSONFragment? {
    let extent = try cursor.skipValue()
    return extent.kind == kind ? try JSONFragment(validating: Array(body[extent.range])) : nil
  }

  /// `disaggregated_params` of the first choice; leaves the array.
  private static func parametersOfFirst(
    _ cursor: inout JSONCursor, _ body: UnsafeRawBufferPointer
  ) throws(JSONError) -> JSONFragment? {
    var found: JSONFragment?
    var isFirst = true
    try cursor.enterArray()
    while let kind = try cursor.nextElement() {
      defer { isFirst = false }
      guard isFirst, kind == .object else { continue }
      try cursor.enterObject()
      while let member = try cursor.nextMember() {
        if JSONString.equals(member.key, "disaggregated_params", in: body) {
          found = try fragment(.object, &cursor, body)
        }
      }
    }
    return found
  }
}
