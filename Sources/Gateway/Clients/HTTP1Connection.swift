import ChatProtocols
import HTTPWire
import NIOCore

/// A client's HTTP/1 connection: takes requests one after the other and writes their answers.
///
/// Pipelined requests wait in the buffer while one is being answered. A client that closes its connection ends its
/// running request.
final class HTTP1Connection: ChannelDuplexHandler, RemovableChannelHandler, ClientConnection, ClientStream,
  DeferredFlush
{
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private enum State {
    case head
    case lengthBody(Int)
    case chunkedBody(ChunkedDecoder)
    case responding
    case closing
  }

  private let loop: GatewayLoop
  private let listener: ListenerContext
  private var context: ChannelHandlerContext?
  private var state: State = .head
  private var inbound = ByteBuffer()
  private var scanner = HeadScanner()
  private var head = MessageHead()
  private var exchange: Exchange?
  private var intake: Exchange.Intake = .whole
  private var isFirstRequest = true
  /// Bytes of the head that was read last.
  private var headLength = 0
  private var isReadHeld = false
  private var isWritable = true
  private var isProcessing = false
  private var lastActivity = NIODeadline.now()
  /// When the first byte of the request that is arriving came.
  private var requestBeganAt: NIODeadline?
  private var stall = WriteStall()
  private var reencodesChunks = false
  private var closesAfterAnswer = false
  /// The client may still be sending what nobody will read.
  private var lingers = false
  /// The client sends no more, but may still read.
  private var isInputClosed = false
  /// When the request that is being answered was complete.
  private var receivedAt = NIODeadline.now()
  private(set) var peer = ClientPeer(address: nil, isEncrypted: false, speaksHTTP2: false)

  init(loop: GatewayLoop, listener: ListenerContext) {
    self.loop = loop
    self.listener = listener
  }

  // MARK: Channel

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    peer = ClientPeer(
      address: context.remoteAddress, isEncrypted: listener.isEncrypted, speaksHTTP2: false)
    if !loop.add(self) { context.close(promise: nil) }
  }

  /// Also told of a connection that was closed before it was active, for which no other event comes.
  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    loop.remove(self)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var buffer = unwrapInboundIn(data)
    let now = loop.eventBegins()
    // After the last answer nothing that comes matters; it is taken so that the answer is not lost to a reset.
    if case .closing = state { return }
    if inbound.readableBytes == 0 {
      inbound = buffer
    } else {
      if inbound.readerIndex > inbound.readableBytes { inbound.discardReadBytes() }
      inbound.writeBuffer(&buffer)
    }
    lastActivity = now
    if requestBeganAt == nil { requestBeganAt = now }
    process()
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    if hasWritten { flush() }
    context.fireChannelReadComplete()
  }

  func read(context: ChannelHandlerContext) {
    if mayRead { context.read() } else { isReadHeld = true }
  }

  /// While an answer runs, a client has no more to say than what already waits; one that takes no answers is asked for
  /// no more requests.
  private var mayRead: Bool {
    switch state {
    case .responding: inbound.readableBytes == 0
    case .closing: true
    case .head: isWritable
    case .lengthBody, .chunkedBody: intake == .whole ? isWritable : exchange?.takesUpload ?? true
    }
  }

  private func resumeReading() {
    guard isReadHeld, mayRead else { return }
    isReadHeld = false
    context?.read()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    isWritable = context.channel.isWritable
    lastActivity = loop.refreshTime()
    stall.writabilityChanged(isWritable, now: lastActivity)
    if isWritable {
      exchange?.clientTakesBytes()
      process()
      resumeReading()
    }
    context.fireChannelWritabilityChanged()
  }

  func channelInactive(context: ChannelHandlerContext) {
    loop.refreshTime()
    loop.remove(self)
    state = .closing
    exchange?.clientLeft()
    exchange = nil
    context.fireChannelInactive()
  }

  /// The client has closed its side. One that does so along with its request still waits for the answer; one that does
  /// so later has left, since TCP cannot say which it is: a program that is gone sends the same.
  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard case .some(.inputClosed) = event as? ChannelEvent else { return context.fireUserInboundEventTriggered(event) }
    isInputClosed = true
    switch state {
    case .responding:
      let isAlong = loop.refreshTime() - receivedAt < Self.halfCloseSpan
      if !isAlong || exchange?.phase == .answering { close() }
    case .closing: break
    // What was asked before is answered first.
    case .head: inputEnded()
    case .lengthBody, .chunkedBody: if !waitsForEngine { close() }
    }
  }

  /// Bytes of an upload are there that the engine does not take yet.
  private var waitsForEngine: Bool { intake == .streamed && exchange != nil && inbound.readableBytes > 0 }

  /// How soon behind its request a client must close its side to be taken for one that still reads.
  private static let halfCloseSpan = TimeAmount.milliseconds(5)

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    leave()
    context.close(promise: nil)
  }

  /// The client has left. Before the channel closes, which over TLS takes a round trip.
  private func leave() {
    guard let exchange else { return }
    self.exchange = nil
    state = .closing
    exchange.clientLeft()
  }

  // MARK: ClientConnection

  func close() {
    // An answer may wait for the end of the loop's turn.
    if isFlushWaiting { flushDeferred() }
    leave()
    context?.close(promise: nil)
  }

  func stop() {
    exchange?.gatewayStops()
    close()
  }

  func drain() {
    if case .head = state, inbound.readableBytes == 0 { closeAfterFlush() }
  }

  func expire(_ now: NIODeadline) {
    let settings = loop.context.settings
    switch state {
    case .head where inbound.readableBytes == 0:
      if isWritable, now - lastActivity > settings.clientIdleTimeout { closeAfterFlush() }
    case .head, .lengthBody, .chunkedBody:
      // An upload that is passed on takes the time that the engine takes; what counts is that it goes on.
      let since = exchange?.isPassedOn ?? false ? lastActivity : requestBeganAt
      let waiting = inbound.readableBytes + (exchange?.body.readableBytes ?? 0)
      let allowed = settings.requestReadTimeout + .seconds(Int64(waiting >> 20))
      if isWritable, !isReadHeld, let since, now - since > allowed {
        refuse(APIError(status: 408, message: "the request did not arrive in time", type: "invalid_request_error"))
      }
    case .responding: break
    case .closing:
      if stall.hasLingered(settings.lingerTimeout, now: now) { close() }
    }
    exchange?.expire(now)
    if stall.isOver(settings.clientStallTimeout, waiting: context?.bufferedBytes ?? 0, now: now) { close() }
  }

  /// Closes once everything written has gone out, and lets the client notice: with bytes of its unread, closing at once
  /// would reset the connection, and what it had not taken would be lost.
  private func closeAfterFlush() {
    state = .closing
    lastActivity = loop.time
    guard let context else { return }
    let mode: CloseMode = !isInputClosed && (inbound.readableBytes > 0 || lingers) ? .output : .all
    let channel = context.channel
    stall.ends(now: lastActivity)
    context.writeAndFlush(wrapOutboundOut(ByteBuffer())).assumeIsolated().whenComplete { [self] _ in
      stall.ended(now: .now())
      channel.close(mode: mode, promise: nil)
    }
    inbound = ByteBuffer()
    resumeReading()
  }

  // MARK: Reading a request

  private func process() {
    guard !isProcessing else { return }
    isProcessing = true
    defer { isProcessing = false }
    do throws(HTTPSyntaxError) {
      while try step() {}
    } catch {
      if error == .unsupportedVersion, handsOverToHTTP2() { return }
      refuse(APIError(status: error.status, message: "\(error)", type: "invalid_request_error"))
    }
    if isInputClosed { inputEnded() }
  }

  /// What is there of a request is all there will ever be.
  private func inputEnded() {
    switch state {
    case .lengthBody, .chunkedBody: if !waitsForEngine { closeAfterFlush() }
    case .head: if isWritable { closeAfterFlush() }
    case .responding, .closing: break
    }
  }

  /// Gives a connection in clear text whose first request is the preface of HTTP/2 to that protocol (RFC 9113 §3.3).
  private func handsOverToHTTP2() -> Bool {
    let preface = "PRI * HTTP/2.0\r\n\r\n"
    guard isFirstRequest, !listener.isEncrypted, headLength == preface.utf8.count,
      inbound.readerIndex >= preface.utf8.count, let context
    else { return false }
    var bytes = inbound
    bytes.moveReaderIndex(to: inbound.readerIndex - preface.utf8.count)
    guard bytes.getString(at: bytes.readerIndex, length: preface.utf8.count) == preface else { return false }
    inbound = ByteBuffer()
    state = .closing
    loop.remove(self)
    do {
      try ClientPipeline.addHTTP2(context.channel, loop: loop, listener: listener)
      context.fireChannelRead(wrapInboundOut(bytes))
      context.pipeline.syncOperations.removeHandler(self, promise: nil)
    } catch {
      context.close(promise: nil)
    }
    return true
  }

  /// One step; false when more bytes or the end of an answer must come first.
  private func step() throws(HTTPSyntaxError) -> Bool {
    switch state {
    case .head:
      // Answers that nobody takes must not pile up.
      guard isWritable else { return false }
      return try readHead()
    case .lengthBody(let left):
      if intake == .whole {
        guard inbound.readableBytes >= left else {
          exchange?.holdAhead(inbound.readableBytes)
          return false
        }
      } else if left > 0 {
        guard inbound.readableBytes > 0, exchange?.takesUpload ?? false else { return false }
      }
      let count = min(left, inbound.readableBytes)
      guard let slice = inbound.readSlice(length: count) else { return false }
      letInboundGo()
      state = .lengthBody(left - count)
      guard count == 0 || exchange?.receive(slice) ?? false else { return isAtNextRequest }
      guard count == left else { return true }
      return received()
    case .chunkedBody(var decoder):
      if intake == .streamed, !(exchange?.takesUpload ?? false) { return false }
      let isComplete = try readChunks(&decoder)
      if case .chunkedBody = state { state = .chunkedBody(decoder) } else { return isAtNextRequest }
      guard isComplete else { return false }
      return received()
    case .responding, .closing: return false
    }
  }

  /// What was read shares the buffer with those it was handed to: it is theirs to let go of.
  private func letInboundGo() {
    if inbound.readableBytes == 0 { inbound = ByteBuffer() }
  }

  /// The request was answered while it came, and the connection goes on with what is behind it.
  private var isAtNextRequest: Bool { if case .head = state { true } else { false } }

  private func received() -> Bool {
    // The exchange may have ended meanwhile, for an engine may answer before it has everything.
    guard let exchange else { return isAtNextRequest }
    state = .responding
    requestBeganAt = nil
    exchange.receivedAll()
    // Behind the routing, which takes its time for a long prompt.
    receivedAt = loop.refreshTime()
    return true
  }

  private func readHead() throws(HTTPSyntaxError) -> Bool {
    // A stray empty line between requests is tolerated (RFC 9112 §2.2).
    while inbound.readableBytes >= 2, inbound.getInteger(at: inbound.readerIndex, as: UInt16.self) == 0x0D0A {
      inbound.moveReaderIndex(forwardBy: 2)
    }
    guard inbound.readableBytes > 0 else {
      letInboundGo()
      requestBeganAt = nil
      return false
    }
    let limits = loop.context.settings.httpLimits
    let length = try inbound.withUnsafeReadableBytes { (bytes) throws(HTTPSyntaxError) in
      try scanner.headLength(in: bytes, limits: limits)
    }
    guard let length, let slice = inbound.readSlice(length: length) else { return false }
    headLength = length
    try slice.withUnsafeReadableBytes { (bytes) throws(HTTPSyntaxError) in
      try head.parseRequest(bytes, limits: limits)
    }
    isFirstRequest = false
    reencodesChunks = false
    let exchange = Exchange(loop: loop, listener: listener, client: self, head: head, headBytes: slice)
    self.exchange = exchange
    // The body's state comes first: a request that is refused at once must not have its body read as the next request.
    switch head.framing {
    case .none, .untilClose: state = .lengthBody(0)
    case .length(let length): state = .lengthBody(length)
    case .chunked: state = .chunkedBody(ChunkedDecoder(limits: limits))
    }
    intake = .whole
    intake = exchange.begin()
    guard self.exchange === exchange else { return true }
    if case .lengthBody(let length) = state, intake == .whole, length > inbound.readableBytes {
      inbound.reserveCapacity(minimumWritableBytes: min(length, 1 << 20))
    }
    if head.expectsContinue, inbound.readableBytes == 0, head.framing != .none {
      context?.writeAndFlush(wrapOutboundOut(ByteBuffer(staticString: "HTTP/1.1 100 Continue\r\n\r\n")), promise: nil)
    }
    return true
  }

  /// More chunks of one read than these are small: they go on as one.
  private static let looseChunks = 8

  /// Hands payload over; true when the body is complete.
  private func readChunks(_ decoder: inout ChunkedDecoder) throws(HTTPSyntaxError) -> Bool {
    guard let exchange else { return false }
    var offset = 0
    var payload: [Range<Int>] = []
    var isComplete = false
    try inbound.withUnsafeReadableBytes { (bytes) throws(HTTPSyntaxError) in
      walk: while true {
        switch try decoder.next(bytes, offset: &offset) {
        case .data(let range): payload.append(range)
        case .chunkEnd, .lastChunk: break
        case .needMore: break walk
        case .end:
          isComplete = true
          break walk
        }
      }
    }
    let start = inbound.readerIndex
    let bytes = inbound
    inbound.moveReaderIndex(forwardBy: offset)
    letInboundGo()
    if payload.count > Self.looseChunks {
      var joined = allocator.buffer(capacity: payload.reduce(0) { $0 + $1.count })
      for range in payload {
        joined.writeBytes(bytes.viewBytes(at: start + range.lowerBound, length: range.count) ?? ByteBufferView())
      }
      guard exchange.receive(joined) else { return false }
    } else {
      for range in payload {
        guard let slice = bytes.getSlice(at: start + range.lowerBound, length: range.count), exchange.receive(slice)
        else { return false }
      }
    }
    guard exchange.expect(decoder.announced) else { return false }
    if isComplete { exchange.receive(trailers: decoder.trailers) }
    return isComplete
  }

  /// Answers a request that cannot be read to its end, and closes.
  private func refuse(_ error: APIError) {
    if case .closing = state { return }
    closesAfterAnswer = true
    lingers = true
    state = .responding
    if let exchange {
      exchange.refuse(error)
    } else {
      head.resetForRefusal()
      let exchange = Exchange(loop: loop, listener: listener, client: self, head: head, headBytes: ByteBuffer())
      self.exchange = exchange
      exchange.refuse(error)
    }
  }

  // MARK: ClientStream

  var allocator: ByteBufferAllocator { context?.channel.allocator ?? ByteBufferAllocator() }
  var takesBytes: Bool { isWritable }
  var takesChunkFraming: Bool { head.minorVersion == 1 }

  private var keepsConnection: Bool {
    head.keepsAlive && !closesAfterAnswer && !loop.isDraining && (!isInputClosed || inbound.readableBytes > 0)
  }

  func writeHead(_ head: inout ByteBuffer, status: Int, framing: AnswerFraming, body: ByteBuffer?) {
    guard context != nil else { return }
    // The engine answers before it has the whole request: the rest is not waited for.
    switch state {
    case .lengthBody(let left) where left <= inbound.readableBytes:
      inbound.moveReaderIndex(forwardBy: left)
      letInboundGo()
    case .lengthBody, .chunkedBody:
      closesAfterAnswer = true
      lingers = true
    default: break
    }
    state = .responding
    switch framing {
    case .none, .length: break
    case .chunksAsTheyAre: head.writeStaticString("transfer-encoding: chunked\r\n")
    case .unknownLength where takesChunkFraming:
      head.writeStaticString("transfer-encoding: chunked\r\n")
      reencodesChunks = true
    case .unknownLength: closesAfterAnswer = true
    }
    if !keepsConnection {
      head.writeStaticString("connection: close\r\n")
    } else if self.head.minorVersion == 0 {
      head.writeStaticString("connection: keep-alive\r\n")
    }
    head.writeStaticString("\r\n")
    if let body { head.writeImmutableBuffer(body) }
    writeGathered()
    gathered = head
    hasWritten = true
  }

  /// The head of an answer, to which a small body that comes along is added: one buffer is written with less ado than
  /// two.
  private var gathered: ByteBuffer?
  private static let gatherLimit = 8 << 10

  private func writeGathered() {
    guard let bytes = gathered else { return }
    gathered = nil
    context?.write(wrapOutboundOut(bytes), promise: nil)
  }

  /// Something has been written and not been flushed.
  private var hasWritten = false

  func writeBody(_ bytes: ByteBuffer) {
    guard let context else { return }
    hasWritten = true
    if !reencodesChunks, var head = gathered, head.readableBytes + bytes.readableBytes <= Self.gatherLimit {
      gathered = nil
      head.writeImmutableBuffer(bytes)
      gathered = head
      return
    }
    writeGathered()
    guard reencodesChunks else { return context.write(wrapOutboundOut(bytes), promise: nil) }
    var size = context.channel.allocator.buffer(capacity: 20)
    size.writeString(String(bytes.readableBytes, radix: 16))
    size.writeStaticString("\r\n")
    context.write(wrapOutboundOut(size), promise: nil)
    context.write(wrapOutboundOut(bytes), promise: nil)
    context.write(wrapOutboundOut(ByteBuffer(staticString: "\r\n")), promise: nil)
  }

  /// Nothing: a client that takes chunks has an engine's trailers among them, and one of HTTP/1.0 can be told none.
  func writeTrailers(_ lines: [UInt8]) {}

  func flush() {
    guard !isFlushWaiting else { return }
    isFlushWaiting = true
    loop.flushLater(self)
  }

  /// Something written waits for the end of the loop's turn.
  private var isFlushWaiting = false

  func flushDeferred() {
    isFlushWaiting = false
    hasWritten = false
    writeGathered()
    context?.flush()
  }

  /// The answer is written whole: on to the next request, or the end.
  func finish() {
    writeGathered()
    if reencodesChunks { context?.write(wrapOutboundOut(ByteBuffer(staticString: "0\r\n\r\n")), promise: nil) }
    reencodesChunks = false
    exchange = nil
    lastActivity = loop.time
    guard context != nil else { return }
    if keepsConnection {
      state = .head
      requestBeganAt = inbound.readableBytes > 0 ? lastActivity : nil
      flush()
      process()
      resumeReading()
    } else {
      closeAfterFlush()
    }
  }

  func abort() {
    exchange = nil
    state = .closing
    flushDeferred()
    close()
  }

  func resumeUpload() {
    // While nothing was read the client had no chance to send.
    if isReadHeld { lastActivity = loop.refreshTime() }
    process()
    resumeReading()
  }
}
