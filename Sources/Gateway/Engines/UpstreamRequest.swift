import ChatProtocols
import Fleet
import HTTPWire
import JSONText
import NIOCore

/// Writes the request that an engine gets: the client's own, but for what routing changed.
enum UpstreamRequest {
  /// Pieces up to this size are copied behind the head, so that a usual request is one buffer and one write.
  static let copyLimit = 64 << 10

  static func pieces(_ exchange: Exchange, to placement: Placement) -> [ByteBuffer] {
    if exchange.upload != nil { return upload(exchange, to: placement) }
    guard let plan = exchange.plan else { return [] }
    let body = exchange.body
    let splices = body.withUnsafeReadableBytes {
      exchange.legs?.splices(for: placement, of: plan, on: $0) ?? plan.splices(for: placement, on: $0)
    }
    let length = splices.lengthAfter(body.readableBytes)
    // Trailers need a chunked body: it is one chunk then.
    let trailers = exchange.trailers(to: placement)
    let isChunked = !trailers.isEmpty && length > 0
    let head = exchange.loop.text
    head.clear()
    head.writeStaticString("POST ")
    head.writeString(placement.target(of: exchange.endpoint, exchange.target))
    writeFields(exchange, to: placement, head)
    if isChunked {
      head.writeString("transfer-encoding: chunked\r\n\r\n\(String(length, radix: 16))\r\n")
    } else {
      head.writeStaticString("content-length: ")
      head.writeDecimal(length)
      head.writeStaticString("\r\n\r\n")
    }

    let isOne = length <= copyLimit
    var first = exchange.client.allocator.buffer(capacity: head.count + (isOne ? length + trailers.count + 16 : 0))
    first.writeBytes(head.bytes)
    if isOne {
      body.withUnsafeReadableBytes { bytes in
        splices.forEachPiece(
          ofLength: bytes.count, original: { first.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[$0])) },
          replacement: { first.writeBytes($0) })
      }
      if isChunked { writeChunkEnd(trailers, to: &first) }
      return [first]
    }
    var pieces = [first]
    splices.forEachPiece(
      ofLength: body.readableBytes,
      original: { range in
        if let slice = body.getSlice(at: body.readerIndex + range.lowerBound, length: range.count) {
          pieces.append(slice)
        }
      }, replacement: { pieces.append(ByteBuffer(bytes: $0)) })
    if isChunked {
      var end = ByteBuffer()
      writeChunkEnd(trailers, to: &end)
      pieces.append(end)
    }
    return pieces
  }

  /// The line end of a chunk, and what ends the body behind it.
  private static func writeChunkEnd(_ trailers: [UInt8], to buffer: inout ByteBuffer) {
    buffer.writeStaticString("\r\n")
    buffer.writeImmutableBuffer(ChunkFraming.end(trailers: trailers))
  }

  /// The head of a request that is passed on as it comes, and what is held of its body.
  private static func upload(_ exchange: Exchange, to placement: Placement) -> [ByteBuffer] {
    let head = exchange.loop.text
    head.clear()
    head.writeString(exchange.text(exchange.head.methodRange))
    head.writeStaticString(" ")
    head.writeString(placement.target(of: exchange.endpoint, exchange.target))
    writeFields(exchange, to: placement, head)
    switch exchange.head.framing {
    case .none, .untilClose:
      if exchange.head.method == .post { head.writeStaticString("content-length: 0\r\n") }
    case .length(let length):
      let change = exchange.replacedName(at: placement).map { $0.count - (exchange.upload?.nameRange?.count ?? 0) } ?? 0
      head.writeString("content-length: \(length + change)\r\n")
    case .chunked: head.writeStaticString("transfer-encoding: chunked\r\n")
    }
    head.writeStaticString("\r\n")
    var pieces = [ByteBuffer(bytes: head.bytes)] + exchange.heldBody(at: placement)
    if exchange.upload?.isComplete ?? false, exchange.head.framing == .chunked {
      pieces.append(ChunkFraming.end(trailers: exchange.trailers(to: placement)))
    }
    return pieces
  }

  /// The end of the request line and the header fields, but for those that frame the body.
  private static func writeFields(_ exchange: Exchange, to placement: Placement, _ head: TextWriter) {
    head.writeStaticString(" HTTP/1.1\r\nhost: ")
    head.writeString(placement.replica.authority)
    head.writeStaticString("\r\n")
    let own = placement.headerLines
    let isBelieved = exchange.listener.trustsForwarded
    ForwardedFields.copy(exchange.head, from: exchange.headBytes, to: head) { field, bytes in
      switch field.name {
      case .host, .contentLength, .expect, .selectedModel, .acceptEncoding, .requestID: false
      // For the router, not for engines: its own controls, and keys that an authentication layer put in.
      case .xVSR, .vsrDebug, .vsrSkipProcessing, .userKey: false
      // Written anew, with what the client said before if it is believed.
      case .forwardedFor, .forwarded: false
      case .forwardedProto, .forwardedHost, .forwardedOther:
        isBelieved && !own.names.contains(ForwardedFields.lowercased(bytes, field.nameRange))
      case .authorization: !own.authenticates
      default: own.names.isEmpty || !own.names.contains(ForwardedFields.lowercased(bytes, field.nameRange))
      }
    }
    head.writeStaticString("accept-encoding: identity\r\n")
    head.writeField("x-selected-model", exchange.publicModel)
    head.writeStaticString("x-request-id: ")
    exchange.writeRequestID(to: head)
    head.writeStaticString("\r\n")
    Forwarding.write(exchange, to: head)
    head.writeBytes(own.bytes)
  }
}
