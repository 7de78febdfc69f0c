import NIOCore

/// What a peer sends over HTTP/2, on its way to the protocol's handler, which is told when to go on and spared what is of no use.
///
/// At an error SwiftNIO's handler stops in the midst of a read until more comes, and keeps whatever comes then.
package final class HTTP2Intake: ChannelInboundHandler {
  package typealias InboundIn = ByteBuffer
  package typealias InboundOut = ByteBuffer

  private static let turnLimit = 1_000

  private var context: ChannelHandlerContext?
  private var isDiscarding = false
  /// How often the handler was had go on in what was read last.
  private var turns = 0

  package init() {}

  package func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  package func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  /// From now on what comes is thrown away: the peer has broken the protocol, or nothing that it may send matters.
  package func discard() { isDiscarding = true }

  /// Has the protocol's handler go on in what it has read, once it is done with the error that it is in the midst of.
  ///
  /// - Parameter giveUp: called instead when it has stopped too often in one read.
  package func goOnSoon(orElse giveUp: @escaping () -> Void) {
    context?.eventLoop.assumeIsolated().execute { [self] in
      guard let context, !isDiscarding else { return }
      turns += 1
      guard turns <= Self.turnLimit else { return giveUp() }
      context.fireChannelRead(wrapInboundOut(ByteBuffer()))
      context.fireChannelReadComplete()
    }
  }

  package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isDiscarding else { return }
    turns = 0
    context.fireChannelRead(data)
  }
}
