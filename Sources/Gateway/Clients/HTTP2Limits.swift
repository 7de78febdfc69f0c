import HTTPWire
import NIOCore
import NIOHTTP2

/// What one HTTP/2 connection may cost, and its settings as the client gets them.
struct HTTP2Limits: Sendable {
  /// Streams that may be open at once (`SETTINGS_MAX_CONCURRENT_STREAMS`).
  var concurrentStreams = 1_000
  /// Bytes of a body that a stream may send before any is granted; the protocol's own initial value.
  var initialWindow = 65_535
  /// Bytes of a body that are granted at a time.
  var windowStep = 1 << 20
  /// Bytes that may be under way in all streams together; granted again as they come, since each stream is bounded.
  var connectionWindow = 16 << 20
  /// Bytes granted beyond the initial windows to all requests whose bodies are held, as a multiple of the limit of one
  /// body. One request may always go on, so memory for bodies is bounded by one limit more.
  var bodyBudget = 1
  /// Bytes of answers queued over all streams before their engines are no longer read, as a multiple of the limit of
  /// one stream.
  var queuedAnswers = 16
  /// Streams that a client may reset within ``resetWindow``. A client that gives up a connection full of generations
  /// twice in that time is served; one that opens and resets without end is cut off (CVE-2023-44487).
  var resets = 2_000
  var resetWindow: TimeAmount = .seconds(10)
  /// PING, SETTINGS and PRIORITY frames within 30 seconds.
  var controlFrames = 1_000
  /// Streams that broke the protocol, over the life of a connection.
  var streamErrors = 200
  /// Streams remembered after their reset, so that frames still under way are ignored.
  var rememberedResets = 1_000

  /// The handler that speaks the protocol, without child channels.
  func handler(httpLimits: HTTPLimits, delegate: any NIOHTTP2FrameDelegate) -> NIOHTTP2Handler {
    HTTP2Rules(
      concurrentStreams: concurrentStreams, headerListBytes: httpLimits.headBytes, initialWindow: initialWindow,
      resets: resets, resetWindow: resetWindow, controlFrames: controlFrames, streamErrors: streamErrors,
      rememberedResets: rememberedResets, checksFields: true
    ).handler(delegate: delegate)
  }
}
