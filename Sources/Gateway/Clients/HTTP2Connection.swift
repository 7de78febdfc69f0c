import HTTPWire
import NIOCore
import NIOHPACK
import NIOHTTP2

/// A client's HTTP/2 connection: makes an ``Exchange`` of each stream and writes the answers, many at a time.
///
/// Stands behind the `NIOHTTP2Handler` that ``HTTP2Limits`` makes, which reads and writes frames, keeps the protocol's
/// rules and holds DATA back until the client's windows and the socket take it. That handler reports each frame that it
/// lets go, which is how the bytes that wait are known without a promise a frame. There are no child channels: a stream
/// is an object in a dictionary.
final class HTTP2Connection: ChannelInboundHandler, ClientConnection, NIOHTTP2FrameDelegate {
  typealias InboundIn = HTTP2Frame
  typealias OutboundOut = HTTP2Frame

  private enum State {
    case open
    /// GOAWAY was sent or received: what runs ends, nothing new begins.
    case draining
    /// The last bytes are on their way, and the client may see them.
    case closing
  }

  let limits: HTTP2Limits
  private let loop: GatewayLoop
  private let listener: ListenerContext
  private let intake: HTTP2Intake
  private var context: ChannelHandlerContext?
  private var state: State = .open
  private var streams: [HTTP2StreamID: HTTP2Stream] = [:]
  private var lastStream = HTTP2StreamID.rootStream
  private var head = MessageHead()
  private(set) var peer = ClientPeer(address: nil, isEncrypted: false, speaksHTTP2: true)
  var credit: HTTP2UploadCredit

  private(set) var isWritable = true
  private var stall = WriteStall()
  /// When the last stream began or ended.
  private var lastActivity = NIODeadline.now()
  /// Frames of a read are being worked on; what is written goes out at its end.
  private var isReading = false
  private var needsFlush = false
  /// The GOAWAY that told the client how it broke the protocol beyond repair.
  private var failure: (code: HTTP2ErrorCode, lastStream: HTTP2StreamID)?

  /// Bytes of answers that wait, over all streams.
  private var queue: HTTP2Queue
  /// Streams that take bytes again.
  private var drained: [HTTP2Stream] = []
  private var isSettling = false

  /// - Parameter intake: what stands before the protocol's handler.
  init(
    loop: GatewayLoop, listener: ListenerContext, behind intake: HTTP2Intake,
    limits: HTTP2Limits = HTTP2Limits()
  ) {
    self.loop = loop
    self.listener = listener
    self.intake = intake
    self.limits = limits
    queue = HTTP2Queue(limit: loop.context.settings.clientBufferBytes * limits.queuedAnswers, now: .now())
    let bodyLimit = loop.context.settings.bodyLimit
    credit = HTTP2UploadCredit(
      initialWindow: limits.initialWindow, step: limits.windowStep, budget: bodyLimit * limits.bodyBudget,
      bodyLimit: bodyLimit)
  }

  var settings: GatewaySettings { loop.context.settings }
  var allocator: ByteBufferAllocator { context?.channel.allocator ?? ByteBufferAllocator() }

  // MARK: Channel

  /// - Precondition: the channel is active, and the protocol's handler stands in front.
  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    peer = ClientPeer(
      address: context.remoteAddress, isEncrypted: listener.isEncrypted, speaksHTTP2: true)
    isWritable = context.channel.isWritable
    guard loop.add(self) else { return context.close(promise: nil) }
    open(.rootStream, bytes: limits.connectionWindow - 65_535)
    if loop.isDraining { drain() }
    flush()
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    loop.remove(self)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    // Only before the first frame of a read: nothing that is in the midst of one is to be ended.
    if isReading { loop.refreshTime() } else { loop.eventBegins() }
    isReading = true
    let frame = unwrapInboundIn(data)
    switch frame.payload {
    case .headers(let payload):
      if let stream = streams[frame.streamID] {
        if payload.endStream { stream.receive(trailers: payload.headers) }
      } else {
        begin(frame.streamID, payload.headers, endsStream: payload.endStream)
      }
    case .data(let payload):
      guard let stream = streams[frame.streamID], case .byteBuffer(let bytes) = payload.data else { return }
      stream.receive(bytes, padding: payload.paddingBytes.map { $0 + 1 } ?? 0, endsStream: payload.endStream)
    case .goAway:
      if case .open = state { state = .draining }
      closeIfDone()
    default: break
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    isReading = false
    if needsFlush { context.flush() }
    needsFlush = false
    settle()
    context.fireChannelReadComplete()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    case ChannelEvent.inputClosed as ChannelEvent:
      leaveAll()
      return context.close(promise: nil)
    case let event as StreamClosedEvent: closed(event.streamID)
    case let event as NIOHTTP2WindowUpdatedEvent:
      // Frames of streams that are gone count in the connection's window too, so it is opened by what it has become.
      guard event.streamID == .rootStream, let window = event.inboundWindowSize,
        window < limits.connectionWindow / 2
      else { break }
      open(.rootStream, bytes: limits.connectionWindow - window)
    default: break
    }
    context.fireUserInboundEventTriggered(event)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    isWritable = context.channel.isWritable
    stall.writabilityChanged(isWritable, now: .now())
    settle()
    context.fireChannelWritabilityChanged()
  }

  func channelInactive(context: ChannelHandlerContext) {
    loop.refreshTime()
    loop.remove(self)
    state = .closing
    leaveAll()
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if let error = error as? NIOHTTP2Errors.StreamError {
      // An answer that cannot be written.
      if let stream = streams[error.streamID] { reset(stream, .internalError) }
    } else if failure != nil {
      intake.discard()
      leaveAll()
      closeAfterFlush()
    } else if error is any NIOHTTP2Error {
      // Of one stream, which has been reset; or, once we have said that nothing new is served, of one that crossed it on
      // its way. What came behind is read all the same, until no stream is left that it could be of.
      switch state {
      case .open: break
      case .draining: intake.goOnSoon { [self] in close() }
      case .closing: intake.discard()
      }
    } else {
      leaveAll()
      context.close(promise: nil)
    }
  }

  // MARK: ClientConnection

  func close() {
    leaveAll()
    context?.close(promise: nil)
  }

  func stop() {
    for stream in Array(streams.values) { stream.gatewayStops() }
    flush()
    close()
  }

  func drain() {
    guard case .open = state else { return }
    state = .draining
    if !streams.isEmpty { goAway() }
    closeIfDone()
  }

  func expire(_ now: NIODeadline) {
    switch state {
    case .open, .draining:
      if streams.isEmpty, isWritable, now - lastActivity > settings.clientIdleTimeout {
        return drain()
      }
      for stream in Array(streams.values) { stream.expire(now) }
      flush()
    case .closing:
      let isBroken = failure != nil && now - lastActivity > settings.lingerTimeout
      if isBroken || stall.hasLingered(settings.lingerTimeout, now: now) { close() }
    }
    if stall.isOver(settings.clientStallTimeout, waiting: context?.bufferedBytes ?? 0, now: now) { close() }
  }

  /// Says that no stream after the last one seen is served.
  private func goAway() {
    write(.rootStream, .goAway(lastStreamID: lastStream, errorCode: .noError, opaqueData: nil))
    flush()
  }

  private func closeIfDone() {
    guard case .draining = state, streams.isEmpty else { return }
    closeAfterFlush()
  }

  /// Closes our side once everything written has gone out, and lets the client close its own.
  private func closeAfterFlush() {
    if case .closing = state { return }
    state = .closing
    lastActivity = .now()
    stall.ends(now: lastActivity)
    context?.closeOutput(afterGoAway: failure?.code ?? .noError, lastStream: failure?.lastStream ?? lastStream) {
      [self] in
      stall.ended(now: .now())
    }
  }

  private func leaveAll() {
    let all = streams
    streams = [:]
    drained = []
    for stream in all.values { stream.clientLeft() }
  }

  // MARK: Streams

  private func begin(_ id: HTTP2StreamID, _ headers: HPACKHeaders, endsStream: Bool) {
    lastStream = id
    lastActivity = .now()
    if case .closing = state { return }
    let text: ByteBuffer
    do throws(HTTP2RequestHead.Malformed) {
      text = try HTTP2RequestHead.text(headers, endsStream: endsStream, allocator: allocator)
    } catch {
      write(id, .rstStream(.protocolError))
      flush()
      return
    }
    let stream = HTTP2Stream(id: id, connection: self)
    streams[id] = stream
    do throws(HTTPSyntaxError) {
      try text.withUnsafeReadableBytes { (bytes) throws(HTTPSyntaxError) in
        try head.parseRequest(bytes, limits: settings.httpLimits)
      }
    } catch {
      head.resetForRefusal()
      let exchange = Exchange(loop: loop, listener: listener, client: stream, head: head, headBytes: ByteBuffer())
      return stream.refuse(exchange, error, endsStream: endsStream)
    }
    let exchange = Exchange(loop: loop, listener: listener, client: stream, head: head, headBytes: text)
    stream.begin(exchange, framing: head.framing, endsStream: endsStream)
  }

  /// Ends a stream at once; its request is given up.
  func reset(_ stream: HTTP2Stream, _ reason: HTTP2ErrorCode) {
    guard streams[stream.id] === stream else { return }
    forget(stream)
    write(stream.id, .rstStream(reason))
    stream.clientLeft()
    flush()
    closeIfDone()
  }

  private func closed(_ id: HTTP2StreamID) {
    guard let stream = streams[id] else { return }
    forget(stream)
    stream.clientLeft()
    closeIfDone()
  }

  private func forget(_ stream: HTTP2Stream) {
    streams[stream.id] = nil
    lastActivity = .now()
    open(credit.released(Int(stream.id)))
    dequeued(stream.queuedBytes, now: lastActivity)
  }

  // MARK: Writing

  func write(_ id: HTTP2StreamID, _ payload: HTTP2Frame.FramePayload) {
    guard let context else { return }
    needsFlush = true
    context.write(wrapOutboundOut(HTTP2Frame(streamID: id, payload: payload)), promise: nil)
  }

  /// Sends what was written; within a read, at its end.
  func flush() {
    guard needsFlush, !isReading, let context else { return }
    needsFlush = false
    context.flush()
    settle()
  }

  /// Opens windows of streams.
  func open(_ grants: [HTTP2UploadCredit.Grant]) {
    for grant in grants { open(HTTP2StreamID(grant.stream), bytes: grant.bytes) }
  }

  private func open(_ id: HTTP2StreamID, bytes: Int) {
    write(id, .windowUpdate(windowSizeIncrement: bytes))
  }

  // MARK: Bytes that wait

  /// Too many bytes wait over all streams.
  var isFull: Bool { queue.isFull }

  func queued(_ count: Int, now: NIODeadline) { queue.add(count, now: now) }

  private func dequeued(_ count: Int, now: NIODeadline) {
    if queue.remove(count, now: now) { drained.append(contentsOf: streams.values) }
  }

  /// The protocol's handler let a frame go.
  func wroteFrame(_ frame: HTTP2Frame) {
    switch frame.payload {
    case .data(let payload):
      let count = payload.data.readableBytes
      guard count > 0, let stream = streams[frame.streamID] else { return }
      let now = NIODeadline.now()
      if stream.wrote(count, now: now) { drained.append(stream) }
      dequeued(count, now: now)
    case .goAway(let lastStream, let code, _):
      if code != .noError { failure = (code, lastStream) }
    default: break
    }
  }

  /// Lets engines go on whose clients took what waited. Not from within ``wroteFrame(_:)``, which is in the midst of
  /// writing.
  private func settle() {
    guard !isSettling else { return }
    isSettling = true
    defer { isSettling = false }
    while !drained.isEmpty {
      let streams = drained
      drained = []
      for stream in streams { stream.clientTakesBytes() }
    }
  }
}
