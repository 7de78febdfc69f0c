import NIOCore
import NIOHTTP2

extension ChannelHandlerContext {
  /// Sends a last GOAWAY and then closes our side, so that the peer can close its own: with bytes of its unread, closing
  /// at once would reset the connection, and what it had not taken would be lost. That this frame has gone out says that
  /// everything before it has.
  package func closeOutput(afterGoAway code: HTTP2ErrorCode, lastStream: HTTP2StreamID) {
    let channel = channel
    let promise = eventLoop.makePromise(of: Void.self)
    promise.futureResult.whenComplete { _ in channel.close(mode: .output, promise: nil) }
    let last = HTTP2Frame(
      streamID: .rootStream, payload: .goAway(lastStreamID: lastStream, errorCode: code, opaqueData: nil))
    writeAndFlush(NIOAny(last), promise: promise)
  }
}
