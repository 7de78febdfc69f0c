import NIOCore

/// What a client sends, on its way to the protocol's handler, which is told when to go on and spared what is of no use.
///
/// At an error SwiftNIO's handler stops in the midst of a read until more comes, and keeps whatever comes then.
final class HTTP2Intake: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private static let turnLimit = 1_000

  private var context: ChannelHandlerContext?
  private var isDiscarding = false
  /// How often the handler was had go on in what was read last.
  private var turns = 0

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  /// From now on what comes is thrown away: the client has broken the protocol.
  func discard() { isDiscarding = true }

  /// Has the protocol's handler go on in what it has read.
  ///
  /// - Returns: false when it has stopped too often in one read.
  func goOn() -> Bool {
    guard let context, !isDiscarding else { return true }
    turns += 1
    guard turns <= Self.turnLimit else { return false }
    context.fireChannelRead(wrapInboundOut(ByteBuffer()))
    context.fireChannelReadComplete()
    return true
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isDiscarding else { return }
    turns = 0
    context.fireChannelRead(data)
  }
}
