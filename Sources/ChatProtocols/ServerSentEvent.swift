/// One event of a `text/event-stream`.
public struct ServerSentEvent: Sendable, Equatable {
  /// The value of the `event` field; empty if there was none.
  public var name: [UInt8]
  /// The values of the `data` fields, joined by line feeds.
  public var data: [UInt8]

  public init(name: [UInt8] = [], data: [UInt8] = []) {
    self.name = name
    self.data = data
  }

  /// The event that ends an OpenAI stream: `data: [DONE]`.
  public var isDone: Bool { data.elementsEqual("[DONE]".utf8) }
}
