import HTTPWire
import NIOCore

/// An engine's answer with a status of 400 or more, held until its body is whole, so that it can be told as OpenAI's API
/// tells errors. Used from one loop.
package struct HeldError {
  /// Bytes of a body that are held; a longer one is passed on as it comes.
  package static let limit = 64 << 10

  let head: MessageHead
  let headBytes: ByteBuffer
  private(set) var body = ByteBuffer()

  /// - Returns: nil for an answer that is passed on as it comes: one that is no error, an event stream, one whose body is
  ///   coded or longer than ``limit``.
  init?(_ head: MessageHead, _ bytes: ByteBuffer, isEventStream: Bool) {
    guard (400..<600).contains(head.status), !isEventStream, head.first(.contentEncoding) == nil else { return nil }
    if case .length(let length) = head.framing, length > Self.limit { return nil }
    self.head = head
    headBytes = bytes
  }

  /// Takes a piece of the body.
  ///
  /// - Returns: false when more has come than is held.
  mutating func append(_ bytes: ByteBuffer) -> Bool {
    body.writeImmutableBuffer(bytes)
    return body.readableBytes <= Self.limit
  }
}
