import NIOCore

/// What the management API bounds, so that its memory has an end: at most ``connections`` bodies of ``bodyBytes`` at a
/// time.
struct AdminLimits: Sendable {
  /// Bytes of a request's body; longer ones get a 413.
  var bodyBytes = 10 << 20
  /// Open connections; further ones are closed at once.
  var connections = 64
  /// Of silence between requests, and for reading an answer.
  var idleTime = TimeAmount.seconds(60)
  /// From a request's head to the end of its body.
  var requestTime = TimeAmount.seconds(30)
}
