import NIOCore
import NIOTLS

/// Waits for a client's TLS handshake and puts the protocol that it settled on in its place: HTTP/2 for `h2`, else
/// HTTP/1, also for clients that name no protocol. A handshake that takes too long ends the connection.
final class TLSHandshake: ChannelInboundHandler, RemovableChannelHandler, ClientConnection {
  typealias InboundIn = ByteBuffer

  /// How long a handshake may take.
  static let timeout = TimeAmount.seconds(10)

  private unowned let loop: GatewayLoop
  private let listener: ListenerContext
  private var context: ChannelHandlerContext?
  private let beganAt = NIODeadline.now()

  init(loop: GatewayLoop, listener: ListenerContext) {
    self.loop = loop
    self.listener = listener
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    if !loop.add(self) { context.close(promise: nil) }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    loop.remove(self)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard case .handshakeCompleted(let name)? = event as? TLSUserEvent else {
      return context.fireUserInboundEventTriggered(event)
    }
    // Out of the count before its successor is in it.
    loop.remove(self)
    do {
      if name == "h2" {
        try ClientPipeline.addHTTP2(context.channel, loop: loop, listener: listener)
      } else {
        try ClientPipeline.addHTTP1(context.channel, loop: loop, listener: listener)
      }
      context.pipeline.syncOperations.removeHandler(self, promise: nil)
    } catch {
      context.close(promise: nil)
    }
  }

  /// A failed handshake: the client has been told by an alert.
  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  func channelInactive(context: ChannelHandlerContext) {
    loop.remove(self)
    context.fireChannelInactive()
  }

  // MARK: ClientConnection

  func close() { context?.close(promise: nil) }
  func stop() { close() }
  func drain() { close() }

  func expire(_ now: NIODeadline) {
    if now - beganAt > Self.timeout { close() }
  }
}
