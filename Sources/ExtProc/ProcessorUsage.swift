import ChatProtocols
import Reliability

/// Finds the tokens that an engine says an answer took, however Envoy cuts it: of an event stream the last that it says.
///
/// Holds of an event stream one event of ``eventLimit``. Of any other answer that comes in several pieces it holds at most
/// ``wholeLimit`` bytes, counted with the gateway's load; where there is no room for them its tokens are not counted. Once
/// it held bytes the caller must call ``finish(load:)`` or ``letGo(load:)``.
struct ProcessorUsage {
  /// An event with usage is short.
  static let eventLimit = 64 << 10
  /// Answers above it are not read.
  static let wholeLimit = 1 << 20

  private var events: ServerSentEvents?
  private var whole: [UInt8] = []
  /// Too long, or there was no room for it.
  private var isUnread = false
  private var found: TokenUsage?

  init(isEventStream: Bool) {
    if isEventStream { events = ServerSentEvents(eventLimit: Self.eventLimit) }
  }

  /// Takes the next bytes.
  ///
  /// - Parameter isLast: they end the answer; then they are read where they stand if there were none before.
  mutating func append(_ bytes: UnsafeRawBufferPointer, isLast: Bool, load: GatewayLoad) {
    guard events == nil else {
      var last = found
      events?.append(bytes) { event in last = Self.usage(of: event) ?? last }
      found = last
      return
    }
    guard !isUnread, whole.count + bytes.count <= Self.wholeLimit else { return giveUp(load) }
    if isLast, whole.isEmpty {
      found = TokenUsage(answer: Array(bytes))
    } else if load.hold(bytes: bytes.count) {
      whole.append(contentsOf: bytes)
    } else {
      giveUp(load)
    }
  }

  private mutating func giveUp(_ load: GatewayLoad) {
    isUnread = true
    letGo(load: load)
  }

  /// Lets go of what is held. Harmless when nothing is.
  mutating func letGo(load: GatewayLoad) {
    events = nil
    guard !whole.isEmpty else { return }
    load.release(bytes: whole.count)
    whole = []
  }

  /// Takes the end, and lets go of what is held.
  ///
  /// - Returns: what was found.
  mutating func finish(load: GatewayLoad) -> TokenUsage? {
    defer { letGo(load: load) }
    guard events == nil else {
      var last = found
      events?.finish { event in last = Self.usage(of: event) ?? last }
      return last
    }
    return whole.isEmpty ? found : TokenUsage(answer: whole)
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
