import JSONText

/// What an engine answers to `POST /tokenize`: `{"count":3,"max_model_len":4096,"tokens":[1,2,3]}`.
enum TokenizeAnswer {
  /// nil when there are no tokens in it, or it is no JSON.
  static func tokens(_ bytes: UnsafeRawBufferPointer) -> [UInt32]? {
    var cursor = JSONCursor(bytes)
    do throws(JSONError) {
      guard try cursor.kind() == .object else { return nil }
      try cursor.enterObject()
      while let member = try cursor.nextMember() {
        if JSONString.equals(member.key, "tokens", in: bytes) { return try cursor.numbers(in: bytes) }
      }
      return nil
    } catch {
      return nil
    }
  }
}
