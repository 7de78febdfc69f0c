import NIOCore

/// Puts the many small writes between two flushes into one: `NIOHTTP2Handler` writes the head and the payload of each
/// frame apart, eight or more writes a request, each of which the channel books, keeps alive and hands to the kernel by
/// itself.
///
/// Stands between the socket (or TLS) and the protocol's handler. Holds at most ``limit`` bytes; what is longer than
/// ``longest`` is not copied, and never overtakes what came before it. A promise of a write is that of the joined write.
final class WriteCoalescer: ChannelOutboundHandler {
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// Bytes that are held before they are written on, not to be flushed yet: so the channel sees what waits for it.
  static let limit = 32 << 10
  /// The longest write that is copied.
  static let longest = 4 << 10
  /// The least room that is made for a joined write.
  private static let room = 512

  private var held = ByteBuffer()
  private var promise: EventLoopPromise<Void>?

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    let bytes = unwrapOutboundIn(data)
    let count = bytes.readableBytes
    if held.readableBytes + count > Self.limit || count > Self.longest { writeHeld(context) }
    guard count <= Self.longest else { return context.write(data, promise: promise) }
    // Once the socket has taken the last joined write, its room is this one's; until then a new one is as large as it needs.
    if held.readableBytes == 0 { held.clear(minimumCapacity: max(count, Self.room)) }
    held.writeImmutableBuffer(bytes)
    self.promise.setOrCascade(to: promise)
  }

  func flush(context: ChannelHandlerContext) {
    writeHeld(context)
    context.flush()
  }

  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    writeHeld(context)
    context.close(mode: mode, promise: promise)
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    promise?.fail(ChannelError.ioOnClosedChannel)
    promise = nil
  }

  private func writeHeld(_ context: ChannelHandlerContext) {
    guard held.readableBytes > 0 || promise != nil else { return }
    let promise = promise
    self.promise = nil
    let bytes = held
    held.moveReaderIndex(to: held.writerIndex)
    context.write(wrapOutboundOut(bytes), promise: promise)
  }
}
