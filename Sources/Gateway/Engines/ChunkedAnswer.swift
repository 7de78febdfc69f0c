import HTTPWire
import NIOCore

/// The body of an engine's answer that comes in chunks, on its way to the client: walked to find its end, and passed on
/// as it came, or without the framing for a client that has its own.
///
/// Trailers are held until they are whole, since not all may pass. An event stream is passed on by whole chunks, so that
/// one that breaks off can be given an end that says so; chunks of more than ``heldLimit`` are not waited for.
struct ChunkedAnswer {
  /// What can be passed on of what has come.
  struct Passed {
    /// Goes to the client, and then ``others`` in their order.
    var first: ByteBuffer?
    var others: [ByteBuffer] = []
    /// Field lines for a client that gets no framing.
    var trailers: [UInt8] = []
    var isOver = false
    /// The beginning of a chunk waits for the rest of it.
    var isHeld = false

    fileprivate mutating func append(_ bytes: ByteBuffer) {
      if first == nil { first = bytes } else { others.append(bytes) }
    }
  }

  static let heldLimit = 64 << 10

  private var decoder: ChunkedDecoder
  /// Fields that the head's connection field declares to end here.
  private let named: Set<String>
  /// Of the bytes that wait, how many the decoder has walked already: the beginning of a chunk that is not whole.
  private var walked = 0
  /// Where in what waits the trailer section begins, once the last chunk's line is over; 0 when that line went to the
  /// client.
  private var trailerStart: Int?
  /// What was passed on ends with a whole chunk.
  private(set) var isBetweenChunks = true

  /// - Parameter named: the fields that end here by the head's connection field, in small letters.
  init(limits: HTTPLimits = HTTPLimits(), named: Set<String> = []) {
    decoder = ChunkedDecoder(limits: limits)
    self.named = named
  }

  /// Takes from what waits whatever can be passed on.
  mutating func pass(
    _ waiting: inout ByteBuffer, withFraming: Bool, isEventStream: Bool
  ) throws(HTTPSyntaxError) -> Passed {
    let start = walked
    var consumed = start
    var boundary = 0
    var end: Int?
    var payload: [Range<Int>] = []
    try waiting.withUnsafeReadableBytes { (bytes) throws(HTTPSyntaxError) in
      walk: while true {
        switch try decoder.next(bytes, offset: &consumed) {
        case .data(let range): if !withFraming { payload.append(range) }
        case .chunkEnd: boundary = consumed
        case .lastChunk(let offset): trailerStart = offset
        case .needMore: break walk
        case .end(let offset):
          end = offset
          break walk
        }
      }
    }
    walked = 0
    var passed = Passed(isOver: end != nil)
    guard withFraming else {
      let base = waiting.readerIndex
      for range in payload {
        if let slice = waiting.getSlice(at: base + range.lowerBound, length: range.count) { passed.append(slice) }
      }
      waiting.moveReaderIndex(forwardBy: consumed)
      if end != nil, !decoder.trailers.isEmpty {
        passed.trailers = TrailerFields.passed(decoder.trailers, except: named)
      }
      return passed
    }
    var length = consumed
    if end != nil || boundary == consumed {
      isBetweenChunks = true
    } else if isEventStream, isBetweenChunks, consumed - boundary <= Self.heldLimit {
      length = boundary
      walked = consumed - boundary
    } else {
      isBetweenChunks = false
    }
    passed.isHeld = walked > 0
    passFramed(&waiting, length, into: &passed)
    return passed
  }

  /// Passes bytes on as they came, but for the trailer section, of which what may pass is written at its end.
  private mutating func passFramed(_ waiting: inout ByteBuffer, _ length: Int, into passed: inout Passed) {
    // The usual end: no trailers, and their empty line along with the last chunk.
    let isPlain = passed.isOver && decoder.trailers.isEmpty && trailerStart != 0
    let count = isPlain ? length : min(length, trailerStart ?? length)
    if count > 0, let slice = waiting.readSlice(length: count) { passed.append(slice) }
    waiting.moveReaderIndex(forwardBy: length - count)
    trailerStart = trailerStart.map { max(0, $0 - length) }
    guard passed.isOver, !isPlain else { return }
    var section = ByteBuffer(bytes: TrailerFields.passed(decoder.trailers, except: named))
    section.writeStaticString("\r\n")
    passed.append(section)
  }
}
