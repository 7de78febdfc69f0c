import EnvoyWire
import Gateway
import NIOCore
import NIOHPACK
import NIOHTTP2

/// One gRPC call on a connection of Envoy's.
final class ProcessorStream {
  /// The path of the service's only method.
  static let processPath = "/envoy.service.ext_proc.v3.ExternalProcessor/Process"
  static let serviceName = "envoy.service.ext_proc.v3.ExternalProcessor"
  /// Messages above it are counted among the bytes that the router holds.
  static let smallMessage = 64 << 10

  private enum Call {
    case process(ProcessorSession)
    case healthCheck
    case healthWatch
    /// Answered; what still comes is thrown away.
    case over
  }

  let id: HTTP2StreamID
  private unowned let connection: ProcessorConnection
  private var call: Call
  private var frames: GRPCFrames
  private var hasSentHeaders = false
  private var hasEnded = false
  private var peerHasEnded = false
  /// Bytes that the peer may not send again before the window is opened by them.
  private var windowUsed = 0
  private var heldBytes = 0
  /// Bytes of replies that wait for the peer's windows or for the socket.
  private var queue: HTTP2Queue

  init(id: HTTP2StreamID, connection: ProcessorConnection) {
    self.id = id
    self.connection = connection
    frames = GRPCFrames(messageLimit: connection.scope.messageLimit)
    call = .over
    queue = HTTP2Queue(limit: connection.scope.settings.queuedReplyBytes, now: connection.now)
  }

  // MARK: From the peer

  /// Takes the call's head; what is no call is answered at once.
  func begin(_ head: CallHead, isLast: Bool) {
    peerHasEnded = isLast
    guard head.method == "POST", head.contentType.hasPrefix("application/grpc") else { return refuseHTTP() }
    switch head.path {
    case Self.processPath:
      let session = ProcessorSession(scope: connection.scope)
      // The session drops both when it is closed, which the stream sees to before it goes.
      session.onLateOutput = { [unowned self] in sendLateOutput() }
      session.onAbort = { [unowned self] reason in abort(reason) }
      call = .process(session)
    case "/grpc.health.v1.Health/Check":
      call = .healthCheck
      frames = GRPCFrames(messageLimit: 4096)
    case "/grpc.health.v1.Health/Watch":
      call = .healthWatch
      frames = GRPCFrames(messageLimit: 4096)
    default: end(.unimplemented, "there is no such method")
    }
  }

  /// - Parameters:
  ///   - windowBytes: what the frame takes of the windows, its padding included.
  ///   - isLast: ``receiveEnd()`` follows.
  func receive(_ bytes: ByteBuffer, windowBytes: Int, isLast: Bool) {
    peerHasEnded = isLast
    windowUsed += windowBytes
    do throws(GRPCFrames.Fault) {
      try bytes.withUnsafeReadableBytes { (bytes) throws(GRPCFrames.Fault) in
        try frames.append(bytes) { receive(message: $0) }
      }
      holdPending()
    } catch {
      fail(error)
    }
    sendOutput()
    openWindow()
  }

  /// Lets the peer send on, where half of its window is used and few enough replies wait for it.
  func openWindow() {
    guard windowUsed >= connection.scope.settings.streamWindow / 2, !hasEnded, !peerHasEnded, !connection.isFull,
      !queue.isFull
    else { return }
    connection.write(id, .windowUpdate(windowSizeIncrement: windowUsed))
    windowUsed = 0
  }

  private func receive(message bytes: UnsafeRawBufferPointer) {
    switch call {
    case .process(let session): session.receive(bytes)
    case .healthCheck:
      guard let service = try? HealthCheck.service(bytes) else {
        return end(.invalidArgument, "no health check request")
      }
      guard isKnown(service) else { return end(.notFound, "unknown service") }
      send(HealthCheck.response(connection.isDraining ? .notServing : .serving))
      end(.ok, "")
    case .healthWatch:
      guard let service = try? HealthCheck.service(bytes) else {
        return end(.invalidArgument, "no health check request")
      }
      send(
        HealthCheck.response(!isKnown(service) ? .serviceUnknown : connection.isDraining ? .notServing : .serving))
    case .over: break
    }
  }

  private func isKnown(_ service: String) -> Bool { service.isEmpty || service == Self.serviceName }

  /// A large message is counted as a whole as soon as its length is known.
  private func holdPending() {
    let pending = frames.pendingBytes > Self.smallMessage ? frames.pendingBytes : 0
    guard pending != heldBytes else { return }
    release()
    guard pending > 0, case .process(let session) = call else { return }
    guard connection.scope.context.load.hold(bytes: pending) else {
      session.receiveWithoutRoom()
      sendOutput()
      return end(.resourceExhausted, "the router holds as many bytes as it may")
    }
    heldBytes = pending
  }

  private func release() {
    guard heldBytes > 0 else { return }
    connection.scope.context.load.release(bytes: heldBytes)
    heldBytes = 0
  }

  private func fail(_ fault: GRPCFrames.Fault) {
    if case .process(let session) = call, case .tooLong = fault { session.receiveTooLong() }
    sendOutput()
    switch fault {
    case .tooLong: end(.resourceExhausted, "\(fault)")
    case .compressed: end(.unimplemented, "\(fault)")
    }
  }

  /// The peer has sent everything.
  func receiveEnd() {
    peerHasEnded = true
    guard !hasEnded else { return }
    switch call {
    case .process(let session):
      session.close()
      sendOutput()
      if frames.isBetweenMessages { end(.ok, "") } else { end(.invalidArgument, "the stream ends inside a message") }
    case .healthCheck: end(.invalidArgument, "no health check request")
    case .healthWatch, .over: end(.ok, "")
    }
  }

  /// The stream is over.
  func close() {
    hasEnded = true
    if case .process(let session) = call { session.close() }
    call = .over
    release()
  }

  /// The server stops soon: a watch hears of it and ends, so that it does not hold the stop up.
  func serverDrains() {
    guard case .healthWatch = call else { return }
    send(HealthCheck.response(.notServing))
    end(.ok, "")
  }

  // MARK: To the peer

  private func sendOutput() {
    guard case .process(let session) = call else { return }
    let output = session.takeOutput()
    if !output.isEmpty { send(output) }
  }

  /// Replies that came after a wait for the encoder.
  private func sendLateOutput() {
    guard !hasEnded else { return }
    sendOutput()
    connection.flush()
  }

  /// Has Envoy give the request up, which it does when the call ends with an error.
  private func abort(_ reason: String) {
    guard !hasEnded else { return }
    sendOutput()
    end(.unavailable, reason)
    connection.flush()
  }

  private func send(_ bytes: [UInt8]) {
    guard !hasEnded else { return }
    if !hasSentHeaders {
      hasSentHeaders = true
      connection.write(id, .headers(.init(headers: Self.responseHeaders)))
    }
    var buffer = connection.allocator.buffer(capacity: bytes.count)
    buffer.writeBytes(bytes)
    queue.add(bytes.count, now: connection.now)
    connection.queued(bytes.count)
    connection.write(id, .data(.init(data: .byteBuffer(buffer))))
  }

  /// The protocol's handler let bytes go.
  ///
  /// - Returns: true when so few wait that the peer may be granted window again.
  func wrote(_ count: Int, now: NIODeadline) -> Bool { queue.remove(count, now: now) }

  var queuedBytes: Int { queue.bytes }

  /// Whether the peer has taken nothing of what waits for it for so long.
  func isStalled(_ now: NIODeadline, after limit: TimeAmount) -> Bool {
    queue.isStalled(now, after: limit)
  }

  /// Time has passed.
  func tick() {
    guard case .process(let session) = call else { return }
    session.presumePrefillOver()
  }

  private static let responseHeaders = HPACKHeaders([(":status", "200"), ("content-type", "application/grpc")])

  /// Codes of gRPC.
  private enum Status: Int {
    case ok = 0
    case invalidArgument = 3
    case notFound = 5
    case resourceExhausted = 8
    case unimplemented = 12
    case unavailable = 14
  }

  private func end(_ status: Status, _ message: String) {
    guard !hasEnded else { return }
    hasEnded = true
    release()
    if case .process(let session) = call { session.close() }
    call = .over
    var trailers = HPACKHeaders()
    if !hasSentHeaders {
      trailers.add(name: ":status", value: "200")
      trailers.add(name: "content-type", value: "application/grpc")
    }
    trailers.add(name: "grpc-status", value: String(status.rawValue))
    if !message.isEmpty { trailers.add(name: "grpc-message", value: message) }
    finish(with: trailers)
  }

  /// What is no gRPC.
  private func refuseHTTP() {
    hasEnded = true
    finish(with: [":status": "415"])
  }

  /// Ends our side; a peer that still sends is told to stop (RFC 9113 §8.1).
  private func finish(with headers: HPACKHeaders) {
    connection.end(id, headers, resets: !peerHasEnded)
  }
}
