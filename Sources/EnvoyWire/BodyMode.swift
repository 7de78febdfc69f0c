/// How Envoy hands a body to an external processor: `envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode`,
/// with the numbers of Envoy's API (`processing_mode.proto`).
public enum BodyMode: Int, Sendable {
  /// Not at all.
  case none = 0
  /// Piece by piece; each piece waits for its reply.
  case streamed = 1
  /// Whole, in one message.
  case buffered = 2
  /// What fits Envoy's buffer, in one message.
  case bufferedPartial = 3
  /// Piece by piece; replies may come whenever and be cut otherwise.
  case fullDuplexStreamed = 4
  /// gRPC messages of the proxied call.
  case grpc = 5
}
