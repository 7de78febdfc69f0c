import NIOCore

/// Where the answer of an ``Exchange`` goes: an HTTP/1 connection or one stream of an HTTP/2 connection.
///
/// Every method is called on the stream's event loop. Heads come as HTTP/1 text, a status line and header lines; what the
/// protocol needs for framing, the stream adds.
protocol ClientStream: AnyObject {
  var allocator: ByteBufferAllocator { get }
  var peer: ClientPeer { get }
  /// Whether the client takes more bytes at the moment.
  var takesBytes: Bool { get }
  /// Whether an engine's chunk framing may pass as it is.
  var takesChunkFraming: Bool { get }

  /// Begins the answer.
  ///
  /// - Parameters:
  ///   - head: status line and header lines, each with its CRLF; no empty line at the end.
  ///   - body: the whole body, for answers of our own; nil when it follows piece by piece.
  func writeHead(_ head: inout ByteBuffer, status: Int, framing: AnswerFraming, body: ByteBuffer?)
  /// A piece of the body, framed as ``writeHead(_:status:framing:body:)`` was told.
  func writeBody(_ bytes: ByteBuffer)
  /// Fields that end an answer of ``AnswerFraming/unknownLength``, as header lines; told before ``finish()``. Lost where
  /// the client's protocol has no place for them.
  func writeTrailers(_ lines: [UInt8])
  /// The answer is whole, and the exchange over.
  func finish()
  /// The answer ends too early, and the client must see that; the exchange is over.
  func abort()
  func flush()
  /// The engine takes more of a request that is passed on as it comes.
  func resumeUpload()
}

/// How the body of an answer is delimited.
enum AnswerFraming: Equatable {
  case none
  case length
  /// The pieces are chunks already, the last one and trailers included.
  case chunksAsTheyAre
  /// Bare pieces, of which nobody knows how many come.
  case unknownLength
}
