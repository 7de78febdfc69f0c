import NIOCore
import NIOHTTP2

/// What a peer may do on an HTTP/2 connection to a listener before it is cut off, and the settings that it gets.
package struct HTTP2Rules: Sendable {
  /// Streams that may be open at once (`SETTINGS_MAX_CONCURRENT_STREAMS`).
  package var concurrentStreams: Int
  /// Bytes of a header list (`SETTINGS_MAX_HEADER_LIST_SIZE`).
  package var headerListBytes: Int
  /// Bytes that a stream may send before any are granted (`SETTINGS_INITIAL_WINDOW_SIZE`).
  package var initialWindow: Int
  /// Streams that the peer may reset within ``resetWindow``.
  package var resets: Int
  package var resetWindow: TimeAmount
  /// PING, SETTINGS and PRIORITY frames within 30 seconds.
  package var controlFrames: Int
  /// Streams that broke the protocol: within 30 seconds, and over the life of a connection.
  package var streamErrors: Int
  /// Streams remembered after their reset, so that frames still under way are ignored.
  package var rememberedResets: Int
  /// Whether fields are checked against the protocol's rules here; else whoever takes the frames does it.
  package var checksFields: Bool

  package init(
    concurrentStreams: Int, headerListBytes: Int, initialWindow: Int, resets: Int, resetWindow: TimeAmount,
    controlFrames: Int, streamErrors: Int, rememberedResets: Int, checksFields: Bool
  ) {
    self.concurrentStreams = concurrentStreams
    self.headerListBytes = headerListBytes
    self.initialWindow = initialWindow
    self.resets = resets
    self.resetWindow = resetWindow
    self.controlFrames = controlFrames
    self.streamErrors = streamErrors
    self.rememberedResets = rememberedResets
    self.checksFields = checksFields
  }

  /// Frames without content in a row. Browsers and some libraries send them on purpose; each costs its nine bytes.
  private static let emptyFrames = 16
  /// Frames of ours that wait for a peer that reads nothing.
  private static let bufferedControlFrames = 4_096

  /// The handler that speaks the protocol, without child channels.
  package func handler(delegate: any NIOHTTP2FrameDelegate) -> NIOHTTP2Handler {
    var connection = NIOHTTP2Handler.ConnectionConfiguration()
    connection.initialSettings = [
      HTTP2Setting(parameter: .maxConcurrentStreams, value: concurrentStreams),
      HTTP2Setting(parameter: .maxHeaderListSize, value: headerListBytes),
      HTTP2Setting(parameter: .initialWindowSize, value: initialWindow),
    ]
    connection.headerBlockValidation = checksFields ? .enabled : .disabled
    connection.maximumSequentialEmptyDataFrames = Self.emptyFrames
    connection.maximumBufferedControlFrames = Self.bufferedControlFrames
    connection.maximumRecentlyResetStreams = rememberedResets
    connection.maximumConnectionGlitches = streamErrors
    connection.controlFrameRateLimit.maximumCount = controlFrames
    var stream = NIOHTTP2Handler.StreamConfiguration()
    stream.streamResetFrameRateLimit.maximumCount = resets
    stream.streamResetFrameRateLimit.windowLength = resetWindow
    stream.streamErrorRateLimit.maximumCount = streamErrors
    return NIOHTTP2Handler(
      mode: .server, frameDelegate: delegate, connectionConfiguration: connection, streamConfiguration: stream)
  }
}
