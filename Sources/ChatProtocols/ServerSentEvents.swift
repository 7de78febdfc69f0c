/// Splits a `text/event-stream` into its events, however the bytes are cut into chunks.
///
/// Follows the event stream format of the HTML standard: lines end with LF, CRLF or CR, an empty line ends an event,
/// lines that start with a colon are comments, one space after a field's colon is dropped, a byte order mark at the
/// start is dropped; `id`, `retry` and unknown fields are passed over. An event of no data is not handed on.
///
/// Holds at most one event: one whose line or data grow over the limit is dropped and counted, and splitting goes on
/// behind it. A value of one stream; not for use by several threads at once.
public struct ServerSentEvents: Sendable {
  /// 1 MiB.
  public static let defaultEventLimit = 1 << 20

  /// The most bytes of an event's data, and of one of its lines.
  public let eventLimit: Int
  /// Events that were dropped because they are over the limit.
  public private(set) var droppedEvents = 0

  private var line: [UInt8] = []
  private var event = ServerSentEvent()
  private var hasData = false
  private var isOverLimit = false
  /// The current line has bytes, kept or not.
  private var lineHasBytes = false
  private var lastWasCarriageReturn = false
  private var isFirstLine = true

  public init(eventLimit: Int = ServerSentEvents.defaultEventLimit) {
    precondition(eventLimit > 0, "an event limit must be positive")
    self.eventLimit = eventLimit
  }

  /// Takes the next bytes of the stream.
  ///
  /// - Parameter onEvent: called with each event that they complete, in order.
  public mutating func append<Failure: Error>(
    _ chunk: UnsafeRawBufferPointer, _ onEvent: (ServerSentEvent) throws(Failure) -> Void
  ) throws(Failure) {
    var start = 0
    if lastWasCarriageReturn, !chunk.isEmpty {
      lastWasCarriageReturn = false
      if chunk[0] == 0x0A { start = 1 }
    }
    var index = start
    while index < chunk.count {
      let byte = chunk[index]
      guard byte == 0x0A || byte == 0x0D else {
        index += 1
        continue
      }
      keep(UnsafeRawBufferPointer(rebasing: chunk[start..<index]))
      index += 1
      if byte == 0x0D {
        if index == chunk.count {
          lastWasCarriageReturn = true
        } else if chunk[index] == 0x0A {
          index += 1
        }
      }
      start = index
      try endLine(onEvent)
    }
    keep(UnsafeRawBufferPointer(rebasing: chunk[start..<chunk.count]))
  }

  /// Takes the next bytes of the stream.
  ///
  /// - Parameter onEvent: called with each event that they complete, in order.
  public mutating func append<Failure: Error>(
    _ chunk: [UInt8], _ onEvent: (ServerSentEvent) throws(Failure) -> Void
  ) throws(Failure) {
    try chunk.withUnsafeBufferPointer { (buffer) throws(Failure) in
      try append(UnsafeRawBufferPointer(buffer), onEvent)
    }
  }

  /// Takes the end of the stream. An event whose empty line is missing is handed on, as engines' clients do.
  public mutating func finish<Failure: Error>(
    _ onEvent: (ServerSentEvent) throws(Failure) -> Void
  ) throws(Failure) {
    if lineHasBytes { try endLine(onEvent) }
    try endLine(onEvent)
  }

  /// Adds bytes to the current line, if they fit.
  private mutating func keep(_ bytes: UnsafeRawBufferPointer) {
    guard !bytes.isEmpty else { return }
    lineHasBytes = true
    guard !isOverLimit else { return }
    // The field's name, its colon and a space do not count as data.
    guard line.count + bytes.count <= eventLimit + 16 else {
      dropEvent()
      return
    }
    line.append(contentsOf: bytes)
  }

  private mutating func dropEvent() {
    isOverLimit = true
    line = []
    event = ServerSentEvent()
    hasData = false
  }

  private mutating func endLine<Failure: Error>(
    _ onEvent: (ServerSentEvent) throws(Failure) -> Void
  ) throws(Failure) {
    if isFirstLine {
      isFirstLine = false
      if line.starts(with: [0xEF, 0xBB, 0xBF]) {
        line.removeFirst(3)
        lineHasBytes = !line.isEmpty
      }
    }
    guard lineHasBytes else {
      try endEvent(onEvent)
      return
    }
    lineHasBytes = false
    if !isOverLimit { field() }
    line.removeAll(keepingCapacity: true)
  }

  private mutating func endEvent<Failure: Error>(
    _ onEvent: (ServerSentEvent) throws(Failure) -> Void
  ) throws(Failure) {
    if isOverLimit {
      droppedEvents += 1
      isOverLimit = false
    }
    defer {
      event.name.removeAll(keepingCapacity: true)
      event.data.removeAll(keepingCapacity: true)
      hasData = false
    }
    if hasData { try onEvent(event) }
  }

  /// Takes in the field that the current line holds.
  private mutating func field() {
    let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
    let name = line[..<colon]
    var value = line[min(colon + 1, line.endIndex)...]
    if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
    if name.elementsEqual("data".utf8) {
      guard event.data.count + (hasData ? 1 : 0) + value.count <= eventLimit else {
        dropEvent()
        return
      }
      if hasData { event.data.append(0x0A) }
      event.data.append(contentsOf: value)
      hasData = true
    } else if name.elementsEqual("event".utf8) {
      event.name = Array(value.prefix(eventLimit))
    }
  }
}
