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
    guard let plan = exchange.plan else { return [] }
    let allocator = exchange.client.allocator
    let body = exchange.body
    let splices = body.withUnsafeReadableBytes { plan.splices(for: placement, on: $0) }
    let length = splices.lengthAfter(body.readableBytes)
    var head = allocator.buffer(capacity: 768 + (length <= copyLimit ? length : 0))
    head.writeStaticString("POST ")
    if let chatPath = placement.chatPath, plan.facts.endpoint == .chatCompletions {
      head.writeString(chatPath)
    } else {
      head.writeString(placement.pathPrefix)
      head.writeString(exchange.target)
    }
    head.writeStaticString(" HTTP/1.1\r\nhost: ")
    head.writeString(placement.replica.authority)
    head.writeStaticString("\r\n")
    let own = placement.headerLines
    ForwardedFields.copy(exchange.head, from: exchange.headBytes, to: &head) { field, bytes in
      switch field.name {
      case .host, .contentLength, .expect, .selectedModel, .acceptEncoding, .requestID: false
      // For the router, not for engines: its own controls, and keys that an authentication layer put in.
      case .xVSR, .vsrDebug, .vsrSkipProcessing, .userKey: false
      case .authorization: !own.authenticates
      default: own.names.isEmpty || !own.names.contains(ForwardedFields.lowercased(bytes, field.nameRange))
      }
    }
    head.writeStaticString("accept-encoding: identity\r\n")
    ForwardedFields.write("x-selected-model", plan.publicModel, to: &head)
    head.writeStaticString("x-request-id: ")
    exchange.writeRequestID(to: &head)
    head.writeStaticString("\r\n")
    head.writeBytes(own.bytes)
    head.writeStaticString("content-length: ")
    head.writeString(String(length))
    head.writeStaticString("\r\n\r\n")

    if length <= copyLimit {
      body.withUnsafeReadableBytes { bytes in
        splices.forEachSegment(ofLength: bytes.count) { segment in
          switch segment {
          case .original(let range): head.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[range]))
          case .replacement(let new): head.writeBytes(new)
          }
        }
      }
      return [head]
    }
    var pieces = [head]
    splices.forEachSegment(ofLength: body.readableBytes) { segment in
      switch segment {
      case .original(let range):
        if let slice = body.getSlice(at: body.readerIndex + range.lowerBound, length: range.count) {
          pieces.append(slice)
        }
      case .replacement(let new): pieces.append(ByteBuffer(bytes: new))
      }
    }
    return pieces
  }
}
