import NIOCore
import NIOHTTP2

extension ChannelHandlerContext {
  /// Sends a last GOAWAY and then closes our side, so that the peer can close its own: with bytes of its unread, closing
  /// at once would reset the connection, and what it had not taken would be lost. That this frame has gone out says that
  /// everything before it has.
  ///
  /// - Parameter whenWritten: called on this loop when it has, or cannot any more.
  package func closeOutput(
    afterGoAway code: HTTP2ErrorCode, lastStream: HTTP2StreamID, whenWritten: @escaping () -> Void
  ) {
    let channel = channel
    let promise = eventLoop.makePromise(of: Void.self)
    promise.futureResult.assumeIsolated().whenComplete { _ in
      whenWritten()
      channel.close(mode: .output, promise: nil)
    }
    let last = HTTP2Frame(
      streamID: .rootStream, payload: .goAway(lastStreamID: lastStream, errorCode: code, opaqueData: nil))
    writeAndFlush(NIOAny(last), promise: promise)
  }
}
