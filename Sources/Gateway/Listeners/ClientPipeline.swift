import NIOCore

/// Puts the handlers of one client's connection into its pipeline.
enum ClientPipeline {
  /// HTTP/1.
  static func addHTTP1(_ channel: any Channel, loop: GatewayLoop, listener: ListenerContext) throws {
    try channel.pipeline.syncOperations.addHandler(HTTP1Connection(loop: loop, listener: listener))
  }

  /// HTTP/2, whose preface comes next.
  ///
  /// - Precondition: the channel is active.
  static func addHTTP2(_ channel: any Channel, loop: GatewayLoop, listener: ListenerContext) throws {
    let intake = HTTP2Intake()
    let connection = HTTP2Connection(loop: loop, listener: listener, behind: intake)
    let codec = connection.limits.handler(httpLimits: loop.context.settings.httpLimits, delegate: connection)
    try channel.pipeline.syncOperations.addHandlers([EarlyAcknowledgement(), intake, codec, connection])
  }

  /// TLS, and what the handshake settles on behind it.
  static func addTLS(
    _ channel: any Channel, _ tls: ListenerTLSContext, loop: GatewayLoop, listener: ListenerContext
  ) throws {
    try channel.pipeline.syncOperations.addHandlers([tls.handler(), TLSHandshake(loop: loop, listener: listener)])
  }
}
