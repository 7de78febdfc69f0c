import NIOCore

/// Ends a connection on which nothing came for a while; stands behind an `IdleStateHandler`.
final class SilenceLimit: ChannelInboundHandler {
  typealias InboundIn = NIOAny

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard event is IdleStateHandler.IdleStateEvent else {
      context.fireUserInboundEventTriggered(event)
      return
    }
    context.fireErrorCaught(DownloadFailure.broken("nothing came for a while"))
    context.close(promise: nil)
  }
}
