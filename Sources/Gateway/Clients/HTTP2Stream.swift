import ChatProtocols
import HTTPWire
import NIOCore
import NIOHPACK
import NIOHTTP2

/// One request of an ``HTTP2Connection`` and its answer. Used from the connection's loop.
///
/// Lives as long as the protocol's stream: until both sides have ended it, or one has reset it.
final class HTTP2Stream: ClientStream {
  let id: HTTP2StreamID
  private let connection: HTTP2Connection
  private var exchange: Exchange?

  // The request.
  private var intake: Exchange.Intake = .whole
  /// The client has sent its whole request.
  private var clientHasEnded = false
  /// The exchange knows that it has the whole request.
  private var isComplete = false
  private var declaredLength: Int?
  private var receivedBytes = 0
  /// What came of a body that is passed on, and the engine has not taken. At most the initial window.
  private var pending = CircularBuffer<ByteBuffer>(initialCapacity: 0)
  /// Bytes that were passed on since the window was last opened.
  private var passedOn = 0
  private var isPassingOn = false
  /// When the request began, or last went on where that counts.
  private var arrivingSince = NIODeadline.now()

  // The answer.
  /// The fields that end the answer.
  private var trailers: [UInt8] = []
  /// The answer's end has been queued.
  private var hasEnded = false
  private var endedAt = NIODeadline.now()
  /// Bytes of the answer that wait for the client's windows, or for the connection.
  private var waiting: HTTP2Queue

  init(id: HTTP2StreamID, connection: HTTP2Connection) {
    self.id = id
    self.connection = connection
    waiting = HTTP2Queue(limit: connection.settings.clientBufferBytes, now: .now())
  }

  // MARK: The request

  /// Begins the request of a head that was understood.
  func begin(_ exchange: Exchange, framing: MessageHead.Framing, endsStream: Bool) {
    self.exchange = exchange
    clientHasEnded = endsStream
    if case .length(let length) = framing { declaredLength = length }
    intake = exchange.begin()
    guard self.exchange != nil else { return }
    if endsStream { return end() }
    if exchange.head.expectsContinue {
      connection.write(id, .headers(HTTP2Frame.FramePayload.Headers(headers: [":status": "100"])))
    }
    guard intake == .whole else { return }
    connection.open(connection.credit.opened(Int(id), length: declaredLength))
  }

  /// Answers a request whose head cannot be understood.
  func refuse(_ exchange: Exchange, _ error: HTTPSyntaxError, endsStream: Bool) {
    self.exchange = exchange
    clientHasEnded = endsStream
    exchange.refuse(APIError(status: error.status, message: "\(error)", type: "invalid_request_error"))
  }

  /// Takes a piece of the body.
  ///
  /// - Parameter padding: bytes that only count in windows.
  func receive(_ bytes: ByteBuffer, padding: Int, endsStream: Bool) {
    receivedBytes += bytes.readableBytes
    clientHasEnded = clientHasEnded || endsStream
    guard let exchange else {
      // The answer is whole already. What is still sent is taken for a while, since a client that is cut off while it
      // sends may not look at its answer.
      openWindow(bytes.readableBytes + padding)
      return
    }
    openWindow(padding)
    let bytes = bytes.withoutItsNeighbours
    switch intake {
    case .whole:
      guard bytes.readableBytes == 0 || exchange.receive(bytes) else { return }
      if !endsStream { connection.open(connection.credit.received(bytes.readableBytes, on: Int(id))) }
    case .streamed:
      if bytes.readableBytes > 0 {
        guard exchange.holdPending(bytes.readableBytes) else { return }
        pending.append(bytes)
      }
      passOn()
      if exchange.isPassedOn { arrivingSince = .now() }
    }
    if endsStream { end() }
  }

  /// The client ended its side with trailers.
  func receive(trailers headers: HPACKHeaders) {
    clientHasEnded = true
    guard let exchange else { return }
    let lines: [UInt8]
    do throws(HTTP2RequestHead.Malformed) {
      lines = try HTTP2RequestHead.trailers(headers)
    } catch {
      return connection.reset(self, .protocolError)
    }
    guard lines.count <= connection.settings.httpLimits.trailerBytes else {
      let error = HTTPSyntaxError.trailersTooLarge
      return exchange.refuse(APIError(status: error.status, message: "\(error)", type: "invalid_request_error"))
    }
    exchange.receive(trailers: lines)
    end()
  }

  private func end() {
    guard !isComplete, pending.isEmpty, let exchange else { return }
    // The protocol's handler sees to it as well; a short body must not reach an engine.
    if let declaredLength, declaredLength != receivedBytes { return connection.reset(self, .protocolError) }
    isComplete = true
    connection.open(connection.credit.completed(Int(id)))
    exchange.receivedAll()
  }

  /// Hands pieces over as long as they are wanted.
  private func passOn() {
    guard !isPassingOn else { return }
    isPassingOn = true
    defer { isPassingOn = false }
    while let exchange, exchange.takesUpload, let next = pending.popFirst() {
      passedOn += next.readableBytes
      exchange.releasePending(next.readableBytes)
      guard exchange.receive(next) else { break }
    }
    if exchange == nil { pending.removeAll() }
    if passedOn >= connection.limits.initialWindow / 4 {
      openWindow(passedOn)
      passedOn = 0
    }
  }

  func resumeUpload() {
    guard intake == .streamed, exchange != nil, !pending.isEmpty else { return }
    arrivingSince = .now()
    passOn()
    if clientHasEnded, pending.isEmpty { end() }
    connection.flush()
  }

  private func openWindow(_ bytes: Int) {
    guard bytes > 0, !clientHasEnded else { return }
    connection.open([HTTP2UploadCredit.Grant(stream: Int(id), bytes: bytes)])
  }

  // MARK: ClientStream

  var allocator: ByteBufferAllocator { connection.allocator }
  var peer: ClientPeer { connection.peer }
  var takesBytes: Bool { !waiting.isFull && (!connection.isFull || waiting.bytes == 0) }
  var takesChunkFraming: Bool { false }

  func writeHead(_ head: inout ByteBuffer, status: Int, framing: AnswerFraming, body: ByteBuffer?) {
    // From here on nothing is sent to another engine, so the body is held no longer.
    connection.open(connection.credit.released(Int(id)))
    guard !hasEnded else { return }
    let isWhole = framing == .none || body?.readableBytes == 0
    if isWhole { markEnded() }
    connection.write(
      id,
      .headers(
        HTTP2Frame.FramePayload.Headers(headers: HTTP2AnswerHead.fields(head, status: status), endStream: isWhole))
    )
    if let body, !isWhole {
      markEnded()
      queue(body, endsStream: true)
    }
  }

  func writeBody(_ bytes: ByteBuffer) {
    guard !hasEnded, bytes.readableBytes > 0 else { return }
    queue(bytes, endsStream: false)
  }

  func writeTrailers(_ lines: [UInt8]) { trailers = lines }

  func finish() {
    exchange = nil
    pending.removeAll()
    if !hasEnded {
      markEnded()
      if trailers.isEmpty {
        queue(ByteBuffer(), endsStream: true)
      } else {
        // Behind the body that waits: the protocol's handler keeps their order.
        connection.write(
          id,
          .headers(HTTP2Frame.FramePayload.Headers(headers: HTTP2AnswerHead.trailers(trailers), endStream: true)))
        trailers = []
      }
    }
    // See receive(_:padding:endsStream:).
    openWindow(connection.limits.initialWindow)
    connection.flush()
  }

  func abort() {
    exchange = nil
    connection.reset(self, .internalError)
  }

  func flush() { connection.flush() }

  private func markEnded() {
    hasEnded = true
    endedAt = .now()
  }

  private func queue(_ bytes: ByteBuffer, endsStream: Bool) {
    let count = bytes.readableBytes
    let now = NIODeadline.now()
    waiting.add(count, now: now)
    connection.queued(count, now: now)
    connection.write(id, .data(HTTP2Frame.FramePayload.Data(data: .byteBuffer(bytes), endStream: endsStream)))
  }

  // MARK: From the connection

  /// Bytes of the answer went to the connection.
  ///
  /// - Returns: whether the stream may take bytes again that it did not take before.
  func wrote(_ count: Int, now: NIODeadline) -> Bool {
    waiting.remove(count, now: now) || waiting.bytes == 0 && connection.isFull
  }

  func gatewayStops() { exchange?.gatewayStops() }

  var queuedBytes: Int { waiting.bytes }

  func clientTakesBytes() { exchange?.clientTakesBytes() }

  /// The stream is over before its answer is, by the client or because the client broke the protocol.
  func clientLeft() {
    let exchange = exchange
    self.exchange = nil
    pending.removeAll()
    if !hasEnded { exchange?.clientLeft() }
  }

  /// Called several times a second.
  func expire(_ now: NIODeadline) {
    let settings = connection.settings
    if waiting.isStalled(now, after: settings.clientStallTimeout) { return connection.reset(self, .cancel) }
    if hasEnded {
      if !clientHasEnded, waiting.bytes == 0, now - endedAt > settings.lingerTimeout {
        connection.reset(self, .noError)
      }
      return
    }
    guard let exchange else { return }
    if !clientHasEnded {
      if connection.credit.isWaiting(Int(id)) || !pending.isEmpty || !connection.isWritable {
        arrivingSince = now
      } else {
        // Until it is passed on, the time is of all that has come, and from then on of the pause. What is looked through for
        // its model comes by a window a round trip: of 64 KiB, a client a quarter of a second away cannot send more than
        // 256 KiB a second.
        let forBytes: TimeAmount =
          if exchange.isPassedOn {
            .zero
          } else if intake == .streamed {
            .milliseconds(Int64(receivedBytes >> 8))
          } else {
            .seconds(Int64(receivedBytes >> 20))
          }
        if now - arrivingSince > settings.requestReadTimeout + forBytes {
          exchange.refuse(
            APIError(status: 408, message: "the request did not arrive in time", type: "invalid_request_error"))
          return
        }
      }
    }
    exchange.expire(now)
  }
}
