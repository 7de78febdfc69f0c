import NIOCore
import NIOHPACK

/// Turns the head of an answer, HTTP/1 text, into the header fields of HTTP/2.
enum HTTP2AnswerHead {
  /// - Parameters:
  ///   - head: status line and header lines as they went through ``MessageHead`` or were written here, each with its
  ///     CRLF; an empty line at the end may be there.
  ///   - status: what the status line says.
  /// - Returns: `:status` and the fields, their names in lower case, without those of an HTTP/1 connection.
  static func fields(_ head: ByteBuffer, status: Int) -> HPACKHeaders {
    var headers = HPACKHeaders()
    headers.reserveCapacity(16)
    headers.add(name: ":status", value: String(status))
    head.withUnsafeReadableBytes { bytes in
      var index = 0
      while index < bytes.count, bytes[index] != 0x0A { index += 1 }
      add(bytes, from: index + 1, to: &headers)
    }
    return headers
  }

  /// The fields behind an answer.
  ///
  /// - Parameter lines: header lines, each with its CRLF.
  static func trailers(_ lines: [UInt8]) -> HPACKHeaders {
    var headers = HPACKHeaders()
    lines.withUnsafeBytes { add($0, from: 0, to: &headers) }
    return headers
  }

  private static func add(_ bytes: UnsafeRawBufferPointer, from start: Int, to headers: inout HPACKHeaders) {
    var index = start
    while index < bytes.count {
      let start = index
      while index < bytes.count, bytes[index] != 0x0A { index += 1 }
      let end = index > start && bytes[index - 1] == 0x0D ? index - 1 : index
      index += 1
      guard let colon = bytes[start..<end].firstIndex(of: UInt8(ascii: ":")), colon > start else { continue }
      var first = colon + 1
      var last = end
      while first < last, bytes[first] == 0x20 || bytes[first] == 0x09 { first += 1 }
      while last > first, bytes[last - 1] == 0x20 || bytes[last - 1] == 0x09 { last -= 1 }
      let name = String(decoding: bytes[start..<colon], as: UTF8.self).lowercased()
      guard !isConnectionSpecific(name) else { continue }
      headers.add(
        name: name, value: String(decoding: bytes[first..<last], as: UTF8.self),
        indexing: isNew(name) ? .nonIndexable : .indexable)
    }
  }

  /// RFC 9113 §8.2.2.
  static func isConnectionSpecific(_ name: String) -> Bool {
    switch name {
    case "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade": true
    default: false
    }
  }

  /// Fields that differ from answer to answer, so that to remember them would only push others out of the table.
  private static func isNew(_ name: String) -> Bool {
    switch name {
    case "request-id", "x-request-id", "content-length", "date", "set-cookie": true
    default: false
    }
  }
}
