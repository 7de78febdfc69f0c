import HTTPWire
import NIOCore

/// Tells the engine whom the gateway asks for: `x-forwarded-for`, `-proto`, `-host`, and the same as `forwarded`
/// (RFC 7239). What the client says of others before it is kept where the listener believes it. And that the gateway stands
/// between, as `via` (RFC 9110 §7.6.3), behind the fields of that name that were copied.
enum Forwarding {
  static func write(_ exchange: Exchange, to buffer: TextWriter) {
    let peer = exchange.client.peer
    let isBelieved = exchange.listener.trustsForwarded
    buffer.writeStaticString("x-forwarded-for: ")
    if isBelieved { writeOwn(.forwardedFor, exchange, to: buffer) }
    buffer.writeString(peer.address)
    buffer.writeStaticString("\r\n")
    if !isBelieved || exchange.head.first(.forwardedProto) == nil {
      buffer.writeStaticString("x-forwarded-proto: ")
      buffer.writeStaticString(peer.scheme)
      buffer.writeStaticString("\r\n")
    }
    let host = exchange.head.first(.host)
    if let host, !isBelieved || exchange.head.first(.forwardedHost) == nil {
      buffer.writeStaticString("x-forwarded-host: ")
      writeValue(host, exchange, to: buffer)
      buffer.writeStaticString("\r\n")
    }
    switch (peer.speaksHTTP2, exchange.head.minorVersion) {
    case (true, _): buffer.writeStaticString("via: 2 switchyard\r\n")
    case (false, 0): buffer.writeStaticString("via: 1.0 switchyard\r\n")
    default: buffer.writeStaticString("via: 1.1 switchyard\r\n")
    }
    buffer.writeStaticString("forwarded: ")
    if isBelieved { writeOwn(.forwarded, exchange, to: buffer) }
    buffer.writeString(peer.forwardedElement)
    if let host, !containsQuote(host, exchange) {
      buffer.writeStaticString(";host=\"")
      writeValue(host, exchange, to: buffer)
      buffer.writeStaticString("\"")
    }
    buffer.writeStaticString("\r\n")
  }

  /// The values of all the client's fields of a name, each with a comma behind it.
  private static func writeOwn(_ name: FieldName, _ exchange: Exchange, to buffer: TextWriter) {
    for field in exchange.head.fields where field.name == name && field.valueCount > 0 {
      writeValue(field, exchange, to: buffer)
      buffer.writeStaticString(", ")
    }
  }

  private static func writeValue(_ field: MessageHead.Field, _ exchange: Exchange, to buffer: TextWriter) {
    exchange.headBytes.withUnsafeReadableBytes { bytes in
      buffer.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[field.valueRange]))
    }
  }

  private static func containsQuote(_ field: MessageHead.Field, _ exchange: Exchange) -> Bool {
    exchange.headBytes.withUnsafeReadableBytes { bytes in
      bytes[field.valueRange].contains { $0 == 0x22 || $0 == 0x5C }
    }
  }
}
