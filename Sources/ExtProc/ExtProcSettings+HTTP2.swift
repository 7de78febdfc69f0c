import NIOCore
import NIOHTTP2

extension ExtProcSettings {
  /// The handler that speaks HTTP/2, without child channels.
  ///
  /// Envoy ends every stream of a finished request by RST_STREAM unless
  /// `envoy.reloadable_features.ext_proc_graceful_grpc_close` is on, so resets are no sign of an attack here: at 30 000
  /// requests a second a million come in 30 s. What a stream costs is bounded by the other limits.
  func handler(delegate: any NIOHTTP2FrameDelegate) -> NIOHTTP2Handler {
    var connection = NIOHTTP2Handler.ConnectionConfiguration()
    connection.initialSettings = [
      HTTP2Setting(parameter: .maxConcurrentStreams, value: concurrentStreams),
      HTTP2Setting(parameter: .maxHeaderListSize, value: headerListBytes),
      HTTP2Setting(parameter: .initialWindowSize, value: streamWindow),
    ]
    connection.maximumSequentialEmptyDataFrames = 16
    connection.maximumBufferedControlFrames = 4_096
    connection.maximumRecentlyResetStreams = concurrentStreams
    connection.maximumConnectionGlitches = malformedStreams
    // ``CallHead`` checks what comes; what goes out is written here.
    connection.headerBlockValidation = .disabled
    connection.controlFrameRateLimit.maximumCount = 10_000
    var stream = NIOHTTP2Handler.StreamConfiguration()
    stream.streamResetFrameRateLimit.maximumCount = 10_000_000
    stream.streamErrorRateLimit.maximumCount = 10_000
    return NIOHTTP2Handler(
      mode: .server, frameDelegate: delegate, connectionConfiguration: connection, streamConfiguration: stream)
  }
}
