import Gateway
import NIOCore
import NIOHPACK
import NIOHTTP2

/// A connection of Envoy's: a minimal gRPC server over HTTP/2 frames.
///
/// Stands behind the `NIOHTTP2Handler` that ``ExtProcSettings/handlers(of:)`` makes, which keeps the protocol's rules
/// and answers a peer that breaks them by GOAWAY. There are no child channels: a stream is an object in a dictionary, and
/// what the frames of one read call forth is written at once.
///
/// Replies that Envoy does not take are bounded: while the socket takes nothing, nothing is read; a stream with
/// ``ExtProcSettings/queuedReplyBytes`` waiting, and all while ``ExtProcSettings/queuedConnectionBytes`` wait together, are
/// granted no window; a stream or a connection that takes nothing for the gateway's `clientStallTimeout` is ended.
final class ProcessorConnection: ChannelDuplexHandler, NIOHTTP2FrameDelegate {
  typealias InboundIn = HTTP2Frame
  typealias OutboundIn = Never
  typealias OutboundOut = HTTP2Frame

  private enum State {
    case open
    /// GOAWAY was sent or received: what runs ends, nothing new begins.
    case draining
    /// The last bytes are on their way.
    case closing
  }

  /// Stands before the protocol's handler.
  let intake = HTTP2Intake()
  private let loop: ProcessorLoop
  private var context: ChannelHandlerContext?
  private var state: State = .open
  private var streams: [HTTP2StreamID: ProcessorStream] = [:]
  /// The stream that was looked up last: what is written is mostly for the one whose frame was just read.
  private var recent: ProcessorStream?
  private var lastStream = HTTP2StreamID.rootStream
  private var heads = CallHeadReader()
  /// Streams that were reset because their fields broke the rules.
  private var malformedStreams = 0
  /// The peer has spoken HTTP/2.
  private var hasBegun = false
  private let openedAt = NIODeadline.now()
  private var closingSince: NIODeadline?
  private var isWritable = true
  private var stall = WriteStall()
  /// The channel wanted to read while nothing could be written.
  private var wantsRead = false
  /// Bytes of replies that wait for Envoy's windows or for the socket, over all streams.
  private var queue: HTTP2Queue
  /// What the peer may still send on the connection, as last looked at.
  private var window = Int.max
  /// Told changes of windows that were not looked at.
  private var windowEvents = 0
  /// Of so many one is looked at: each stands for at most a frame, so at most an eighth of the window goes unseen.
  private let windowEventInterval: Int
  /// Streams that may be granted window again.
  private var drained: [ProcessorStream] = []
  private var isReading = false
  private var needsFlush = false
  /// The GOAWAY that told the peer how it broke the protocol.
  private var failure: (code: HTTP2ErrorCode, lastStream: HTTP2StreamID)?

  init(loop: ProcessorLoop) {
    self.loop = loop
    queue = HTTP2Queue(limit: loop.scope.settings.queuedConnectionBytes, now: .uptimeNanoseconds(loop.scope.now))
    windowEventInterval = min(64, max(1, loop.scope.settings.connectionWindow / (8 * Self.frameBytes)))
  }

  /// The most bytes of a frame that the peer may send: HTTP/2's default (RFC 9113 §6.5.2), and no other is asked for.
  private static let frameBytes = 16_384

  var scope: ProcessorScope { loop.scope }
  /// The moment of the loop's last event, at most a second old.
  var now: NIODeadline { .uptimeNanoseconds(scope.now) }
  var isDraining: Bool { loop.isDraining }
  private(set) var allocator = ByteBufferAllocator()

  // MARK: Channel

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    allocator = context.channel.allocator
    guard loop.add(self) else { return context.close(promise: nil) }
    if context.channel.isActive { opened() }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    loop.remove(self)
    leaveAll()
  }

  func channelActive(context: ChannelHandlerContext) {
    opened()
    context.fireChannelActive()
  }

  private func opened() {
    write(.rootStream, .windowUpdate(windowSizeIncrement: max(1, scope.settings.connectionWindow - 65_535)))
    if loop.isDraining { drain() }
    flush()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if !isReading { loop.refreshTime() }
    isReading = true
    hasBegun = true
    let frame = unwrapInboundIn(data)
    switch frame.payload {
    case .headers(let payload):
      do throws(CallHead.Malformed) {
        if let stream = stream(frame.streamID) {
          try CallHead.checkTrailers(payload.headers)
          if payload.endStream { stream.receiveEnd() }
        } else {
          try begin(frame.streamID, payload.headers, endsStream: payload.endStream)
        }
      } catch {
        resetMalformed(frame.streamID)
      }
    case .data(let payload):
      guard let stream = stream(frame.streamID), case .byteBuffer(let bytes) = payload.data else { return }
      let taken = bytes.readableBytes + (payload.paddingBytes.map { $0 + 1 } ?? 0)
      stream.receive(bytes, windowBytes: taken, isLast: payload.endStream)
      if payload.endStream { stream.receiveEnd() }
    case .goAway:
      if case .open = state { state = .draining }
      closeIfDone()
    default: break
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    isReading = false
    settle()
    flush()
    context.fireChannelReadComplete()
  }

  func read(context: ChannelHandlerContext) {
    guard isWritable else {
      wantsRead = true
      return
    }
    context.read()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    isWritable = context.channel.isWritable
    stall.writabilityChanged(isWritable, now: .now())
    // Within a read what is granted goes out at its end: the protocol's handler must not hold back a frame that was not
    // flushed while it lets data go.
    if !isReading {
      settle()
      flush()
    }
    if isWritable, wantsRead {
      wantsRead = false
      context.read()
    }
    context.fireChannelWritabilityChanged()
  }

  /// Some twenty events of the protocol's handler come for a request. They are told apart by their types first: a cast that
  /// fails is some 600 instructions, and one that does not is 250.
  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    let type = type(of: event)
    if type == NIOHTTP2WindowUpdatedEvent.self {
      windowEvents += 1
      guard windowEvents >= windowEventInterval, let event = event as? NIOHTTP2WindowUpdatedEvent,
        event.streamID == .rootStream, let window = event.inboundWindowSize
      else { return }
      windowEvents = 0
      self.window = window
      openWindow()
    } else if type == StreamClosedEvent.self {
      if let event = event as? StreamClosedEvent { closed(event.streamID) }
    } else if type == ChannelEvent.self, case .some(.inputClosed) = event as? ChannelEvent {
      context.close(promise: nil)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    loop.refreshTime()
    loop.remove(self)
    state = .closing
    leaveAll()
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if failure != nil {
      intake.discard()
      leaveAll()
      closeAfterFlush()
    } else if error is NIOHTTP2Errors.StreamError || error is any NIOHTTP2Error {
      // Of one stream, which has been reset; or, once we have said that nothing new is served, of one that crossed it on
      // its way. What came behind is read all the same, until no stream is left that it could be of.
      switch state {
      case .open: break
      case .draining: intake.goOnSoon { [self] in close() }
      case .closing: intake.discard()
      }
    } else {
      context.close(promise: nil)
    }
  }

  /// The protocol's handler let a frame go.
  func wroteFrame(_ frame: HTTP2Frame) {
    switch frame.payload {
    case .data(let payload):
      let count = payload.data.readableBytes
      guard count > 0, let stream = stream(frame.streamID) else { return }
      if stream.wrote(count, now: now) { drained.append(stream) }
      dequeued(count)
    case .goAway(let lastStream, let code, _):
      if code != .noError { failure = (code, lastStream) }
    default: break
    }
  }

  // MARK: Ends

  func close() { context?.close(promise: nil) }

  /// Takes no new stream; those that run go on.
  func drain() {
    guard case .open = state else { return }
    state = .draining
    write(.rootStream, .goAway(lastStreamID: .maxID, errorCode: .noError, opaqueData: nil))
    for stream in Array(streams.values) { stream.serverDrains() }
    flush()
    closeIfDone()
  }

  /// Called every second.
  func expire(_ now: NIODeadline) {
    let gateway = scope.context.settings
    if !hasBegun, now - openedAt > scope.settings.handshakeTimeout { return close() }
    if stall.isOver(gateway.clientStallTimeout, waiting: context?.bufferedBytes ?? 0, now: now) { return close() }
    if stall.hasLingered(gateway.lingerTimeout, now: now) { return close() }
    if let closingSince, failure != nil, now - closingSince > gateway.lingerTimeout { return close() }
    for stream in streams.values { stream.tick() }
    guard queue.bytes > 0 else { return }
    for stream in Array(streams.values) where stream.isStalled(now, after: gateway.clientStallTimeout) {
      write(stream.id, .rstStream(.cancel))
      closed(stream.id)
    }
    flush()
  }

  private func closeIfDone() {
    guard case .draining = state, streams.isEmpty else { return }
    closeAfterFlush()
  }

  /// Closes our side once everything written has gone out.
  private func closeAfterFlush() {
    if case .closing = state { return }
    state = .closing
    let now = NIODeadline.now()
    closingSince = now
    stall.ends(now: now)
    context?.closeOutput(afterGoAway: failure?.code ?? .noError, lastStream: failure?.lastStream ?? lastStream) {
      [self] in
      stall.ended(now: .now())
    }
  }

  private func leaveAll() {
    let all = streams
    streams = [:]
    recent = nil
    for stream in all.values { stream.close() }
  }

  // MARK: Streams

  private func stream(_ id: HTTP2StreamID) -> ProcessorStream? {
    if let recent, recent.id == id { return recent }
    recent = streams[id]
    return recent
  }

  private func begin(
    _ id: HTTP2StreamID, _ headers: HPACKHeaders, endsStream: Bool
  ) throws(CallHead.Malformed) {
    lastStream = id
    let head = try heads.read(headers)
    guard case .open = state else {
      // One that was on its way when we said GOAWAY; the peer may send it again elsewhere.
      return write(id, .rstStream(.refusedStream))
    }
    let stream = ProcessorStream(id: id, connection: self)
    streams[id] = stream
    recent = stream
    stream.begin(head, isLast: endsStream)
    if endsStream { stream.receiveEnd() }
  }

  /// Resets a stream whose fields break the rules, and ends a connection that has too many of them.
  private func resetMalformed(_ id: HTTP2StreamID) {
    malformedStreams += 1
    guard malformedStreams < scope.settings.malformedStreams else {
      failure = (.enhanceYourCalm, lastStream)
      intake.discard()
      leaveAll()
      return closeAfterFlush()
    }
    write(id, .rstStream(.protocolError))
  }

  private func closed(_ id: HTTP2StreamID) {
    guard let stream = streams.removeValue(forKey: id) else { return }
    recent = nil
    if !isReading { loop.refreshTime() }
    dequeued(stream.queuedBytes)
    stream.close()
    closeIfDone()
  }

  // MARK: Writing

  func write(_ id: HTTP2StreamID, _ payload: HTTP2Frame.FramePayload) {
    guard let context else { return }
    needsFlush = true
    context.write(wrapOutboundOut(HTTP2Frame(streamID: id, payload: payload)), promise: nil)
  }

  /// Ends a stream by these fields.
  ///
  /// - Parameter resets: the peer still sends; it is told to stop, but not before it was sent everything, since a reset
  ///   overtakes what waits.
  func end(_ id: HTTP2StreamID, _ headers: HPACKHeaders, resets: Bool) {
    guard let context, resets else { return write(id, .headers(.init(headers: headers, endStream: true))) }
    needsFlush = true
    let promise = context.eventLoop.makePromise(of: Void.self)
    promise.futureResult.assumeIsolated().whenSuccess { [weak self] in
      // The peer may have ended the stream meanwhile, or broken its rules and been told so.
      guard let self, stream(id) != nil else { return }
      write(id, .rstStream(.noError))
      flush()
    }
    let last = HTTP2Frame(streamID: id, payload: .headers(.init(headers: headers, endStream: true)))
    context.write(wrapOutboundOut(last), promise: promise)
  }

  /// Sends what was written; within a read, at its end.
  func flush() {
    guard !isReading, let context else { return }
    while needsFlush {
      needsFlush = false
      context.flush()
      settle()
    }
  }

  // MARK: Bytes that wait

  var queuedBytes: Int { queue.bytes }
  /// Too many bytes wait over all streams.
  var isFull: Bool { queue.isFull }

  /// Bytes of a reply were written.
  func queued(_ count: Int) { queue.add(count, now: now) }

  private func dequeued(_ count: Int) {
    if queue.remove(count, now: now) { drained.append(contentsOf: streams.values) }
  }

  /// Grants window where replies have gone. Not from within ``wroteFrame(_:)``, which is in the midst of writing.
  private func settle() {
    guard !drained.isEmpty else { return }
    let streams = drained
    drained = []
    for stream in streams { stream.openWindow() }
    openWindow()
  }

  /// Lets the peer send on. Frames of streams that are gone count in the connection's window too, so it is opened by what
  /// it has become.
  private func openWindow() {
    let whole = scope.settings.connectionWindow
    guard !isFull, window < whole / 2 else { return }
    write(.rootStream, .windowUpdate(windowSizeIncrement: whole - window))
    window = whole
  }
}
