import NIOCore

/// Has our settings in force as soon as the peer has sent its own: acknowledges them in its stead, and takes its own
/// acknowledgement out when it comes.
///
/// Until then SwiftNIO takes 100 streams and ends the connection at the next, though HTTP/2 has no limit before a peer knows
/// one (RFC 9113 §6.5.2); and Envoy sends all requests that waited for a connection at once, to the gateway as to the
/// processor. Nothing is refused by having the settings of ``HTTP2Limits`` and of the processor in force early: each of them
/// allows no less than holds before.
///
/// Stands before the protocol's handler. Holds less than the head of a frame; what is no HTTP/2 goes on as it is, to be
/// refused there.
package final class EarlyAcknowledgement: ChannelInboundHandler {
  package typealias InboundIn = ByteBuffer
  package typealias InboundOut = ByteBuffer

  private static let prefaceBytes = 24
  private static let headBytes = 9
  private static let settings: UInt8 = 4
  private static let acknowledges: UInt8 = 1
  private static let acknowledgement: [UInt8] = [0, 0, 0, settings, acknowledges, 0, 0, 0, 0]

  /// Bytes of a frame's head that is not whole.
  private var held = ByteBuffer()
  /// Bytes that go on before the next frame's head.
  private var passing = prefaceBytes
  private var frames = 0
  /// What comes goes on unseen.
  private var isOver = false

  package init() {}

  package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isOver else { return context.fireChannelRead(data) }
    var bytes = unwrapInboundIn(data)
    held.writeBuffer(&bytes)
    var passed = context.channel.allocator.buffer(capacity: held.readableBytes + Self.acknowledgement.count)
    while !isOver {
      if passing > 0 {
        guard let part = held.readSlice(length: min(passing, held.readableBytes)), part.readableBytes > 0 else { break }
        passed.writeImmutableBuffer(part)
        passing -= part.readableBytes
        if passing == 0, frames == 1 { passed.writeBytes(Self.acknowledgement) }
      } else {
        guard let head = held.getBytes(at: held.readerIndex, length: Self.headBytes) else { break }
        take(head)
      }
    }
    if isOver { passed.writeBuffer(&held) }
    // What is left is short; the room for what came is not kept.
    held = held.readableBytes == 0 ? ByteBuffer() : ByteBuffer(bytes: held.readableBytesView)
    if passed.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(passed)) }
  }

  private func take(_ head: [UInt8]) {
    frames += 1
    passing = Self.headBytes + (Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2]))
    if frames == 1 {
      // Any other frame is refused in its place.
      isOver = head[3] != Self.settings || head[4] & Self.acknowledges != 0
    } else if passing == Self.headBytes, head[3] == Self.settings, head[4] & Self.acknowledges != 0,
      head[5...].allSatisfy({ $0 == 0 })
    {
      // Flags that mean nothing to a receiver are none (RFC 9113 §4.1).
      held.moveReaderIndex(forwardBy: Self.headBytes)
      passing = 0
      isOver = true
    }
  }
}
