import JSONText

/// The tokens that an engine says a request took.
public struct TokenUsage: Sendable, Equatable {
  /// More than this is taken as this, so that sums of counts never overflow, whatever an engine says.
  public static let greatestCount = 1_000_000_000_000

  public var promptTokens: Int
  public var completionTokens: Int
  /// Prompt tokens that the engine did not compute because their keys and values were cached
  /// (`prompt_tokens_details.cached_tokens`); nil if it does not say.
  public var cachedTokens: Int?

  public init(promptTokens: Int, completionTokens: Int, cachedTokens: Int? = nil) {
    self.promptTokens = promptTokens
    self.completionTokens = completionTokens
    self.cachedTokens = cachedTokens
  }

  /// The `usage` of an OpenAI answer, or of one event of its stream.
  ///
  /// Returns nil if the bytes are not a JSON object with a `usage` object that counts the prompt's tokens. Counts that
  /// are no whole numbers from 0 up are taken as 0, greater ones than ``greatestCount`` as that.
  public init?(answer: UnsafeRawBufferPointer) {
    guard let usage = try? Self.find(in: answer) else { return nil }
    self = usage
  }

  /// The `usage` of an OpenAI answer, or of one event of its stream; nil as in ``init(answer:)``.
  public init?(answer: [UInt8]) {
    guard let usage = answer.withUnsafeBytes({ TokenUsage(answer: $0) }) else { return nil }
    self = usage
  }

  private static func find(in bytes: UnsafeRawBufferPointer) throws(JSONError) -> TokenUsage? {
    var cursor = JSONCursor(bytes)
    guard try cursor.kind() == .object else { return nil }
    var usage: TokenUsage?
    try cursor.enterObject()
    while let member = try cursor.nextMember() {
      guard JSONString.equals(member.key, "usage", in: bytes) else { continue }
      usage = member.kind == .object ? try counts(&cursor, in: bytes) : nil
    }
    try cursor.finish()
    return usage
  }

  /// The value of a member `usage`, an object; nil as in ``init(answer:)``. The Messages and Responses APIs count in
  /// `input_tokens` and `output_tokens`, that of Messages without the cached ones (`cache_read_input_tokens`) and those that
  /// came into the cache (`cache_creation_input_tokens`), which are the prompt's too.
  ///
  /// - Parameter earlier: what the same answer told before. Counts that the object leaves out stay: a stream of the
  ///   Messages API tells the prompt's at its beginning and the answer's at its end.
  init?(object: UnsafeRawBufferPointer, after earlier: TokenUsage? = nil) {
    do throws(JSONError) {
      var cursor = JSONCursor(object)
      guard try cursor.kind() == .object, let usage = try Self.counts(&cursor, in: object, after: earlier) else {
        return nil
      }
      self = usage
    } catch {
      return nil
    }
  }

  /// The same of an object that bytes begin with, and its length; nil when they begin with no whole object.
  static func read(
    prefix: UnsafeRawBufferPointer, after earlier: TokenUsage?
  ) -> (usage: TokenUsage?, length: Int)? {
    do throws(JSONError) {
      var cursor = JSONCursor(prefix)
      guard try cursor.kind() == .object else { return nil }
      let usage = try counts(&cursor, in: prefix, after: earlier)
      return (usage, cursor.position)
    } catch {
      return nil
    }
  }

  private static func counts(
    _ cursor: inout JSONCursor, in bytes: UnsafeRawBufferPointer, after earlier: TokenUsage? = nil
  ) throws(JSONError) -> TokenUsage? {
    var promptTokens: Int?
    var besides: Int?
    var usage = earlier ?? TokenUsage(promptTokens: 0, completionTokens: 0)
    func isNamed(_ member: JSONMember, _ name: StaticString, or other: StaticString) -> Bool {
      JSONString.equals(member.key, name, in: bytes) || JSONString.equals(member.key, other, in: bytes)
    }
    try cursor.enterObject()
    while let member = try cursor.nextMember() {
      if isNamed(member, "prompt_tokens", or: "input_tokens") {
        promptTokens = count(try cursor.skipValue(), in: bytes)
      } else if isNamed(member, "completion_tokens", or: "output_tokens") {
        usage.completionTokens = count(try cursor.skipValue(), in: bytes)
      } else if JSONString.equals(member.key, "cache_read_input_tokens", in: bytes), member.kind == .number {
        let read = count(try cursor.skipValue(), in: bytes)
        usage.cachedTokens = read
        besides = (besides ?? 0) + read
      } else if JSONString.equals(member.key, "cache_creation_input_tokens", in: bytes) {
        besides = (besides ?? 0) + count(try cursor.skipValue(), in: bytes)
      } else if member.kind == .object, isNamed(member, "prompt_tokens_details", or: "input_tokens_details") {
        try cursor.enterObject()
        while let detail = try cursor.nextMember() {
          if JSONString.equals(detail.key, "cached_tokens", in: bytes) {
            usage.cachedTokens = count(try cursor.skipValue(), in: bytes)
          }
        }
      }
    }
    guard promptTokens != nil || earlier != nil else { return nil }
    if let promptTokens { usage.promptTokens = min(promptTokens + (besides ?? 0), greatestCount) }
    return usage
  }

  private static func count(_ value: JSONExtent, in bytes: UnsafeRawBufferPointer) -> Int {
    min(max(0, JSONNumber.integer(value, in: bytes) ?? 0), greatestCount)
  }
}
