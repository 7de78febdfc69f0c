import NIOCore

/// Writes the framing of chunked bodies (RFC 9112 §7.1).
enum ChunkFraming {
  /// The last chunk, the trailer section and the empty line behind it.
  ///
  /// - Parameter trailers: field lines, each with its CRLF.
  static func end(trailers: [UInt8]) -> ByteBuffer {
    guard !trailers.isEmpty else { return ByteBuffer(staticString: "0\r\n\r\n") }
    var bytes = ByteBuffer(staticString: "0\r\n")
    bytes.writeBytes(trailers)
    bytes.writeStaticString("\r\n")
    return bytes
  }
}
