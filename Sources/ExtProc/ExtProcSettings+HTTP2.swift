import Gateway
import NIOCore

extension ExtProcSettings {
  /// The handlers of a connection, from the socket or TLS to itself; HTTP/2 is spoken without child channels.
  ///
  /// Envoy ends every stream of a finished request by RST_STREAM unless
  /// `envoy.reloadable_features.ext_proc_graceful_grpc_close` is on, so resets are no sign of an attack here: at 30 000
  /// requests a second a million come in 30 s. What a stream costs is bounded by the other limits.
  func handlers(of connection: ProcessorConnection) -> [any ChannelHandler] {
    // ``CallHead`` checks the fields that come; what goes out is written here.
    let rules = HTTP2Rules(
      concurrentStreams: concurrentStreams, headerListBytes: headerListBytes, initialWindow: streamWindow,
      resets: 10_000_000, resetWindow: .seconds(30), controlFrames: 10_000, streamErrors: malformedStreams,
      rememberedResets: concurrentStreams, checksFields: false)
    return [
      WriteCoalescer(), EarlyAcknowledgement(), connection.intake, rules.handler(delegate: connection), connection,
    ]
  }
}
