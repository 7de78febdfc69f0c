import ChatProtocols

/// Finds the tokens that an engine says an answer took, however Envoy cuts it: of an event stream the last that it says.
/// Holds at most ``wholeLimit`` bytes, or of a stream one event of ``eventLimit``.
struct ProcessorUsage {
  /// An event with usage is short.
  static let eventLimit = 64 << 10
  /// Answers above it are not read.
  static let wholeLimit = 1 << 20

  private var events: ServerSentEvents?
  private var whole: [UInt8] = []
  private var isTooLong = false
  private var found: TokenUsage?

  init(isEventStream: Bool) {
    if isEventStream { events = ServerSentEvents(eventLimit: Self.eventLimit) }
  }

  /// Takes the next bytes.
  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard events == nil else {
      var last = found
      events?.append(bytes) { event in last = Self.usage(of: event) ?? last }
      found = last
      return
    }
    guard !isTooLong, whole.count + bytes.count <= Self.wholeLimit else {
      isTooLong = true
      whole = []
      return
    }
    whole.append(contentsOf: bytes)
  }

  /// Takes the end.
  ///
  /// - Returns: what was found.
  mutating func finish() -> TokenUsage? {
    guard events == nil else {
      var last = found
      events?.finish { event in last = Self.usage(of: event) ?? last }
      return last
    }
    return TokenUsage(answer: whole)
  }

  private static func usage(of event: ServerSentEvent) -> TokenUsage? {
    // Most events have none, and the search costs less than the parse.
    guard contains(event.data, "\"usage\"") else { return nil }
    return TokenUsage(answer: event.data)
  }

  private static func contains(_ data: [UInt8], _ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    return data.withUnsafeBytes { bytes in
      guard bytes.count >= count else { return false }
      let word = UnsafeRawBufferPointer(start: word.utf8Start, count: count)
      for index in 0...bytes.count - count where bytes[index] == word[0] && bytes[index + 1] == word[1] {
        if bytes[index..<index + count].elementsEqual(word) { return true }
      }
      return false
    }
  }
}
