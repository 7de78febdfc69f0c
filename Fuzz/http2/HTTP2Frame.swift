/// One HTTP/2 frame as bytes (RFC 9113 §4.1), sound or not.
package enum HTTP2Frame {
  package static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
  // Types (§6).
  package static let data: UInt8 = 0
  package static let headers: UInt8 = 1
  package static let priority: UInt8 = 2
  package static let reset: UInt8 = 3
  package static let settings: UInt8 = 4
  package static let push: UInt8 = 5
  package static let ping: UInt8 = 6
  package static let goAway: UInt8 = 7
  package static let windowUpdate: UInt8 = 8
  package static let continuation: UInt8 = 9
  /// Of DATA and HEADERS; of SETTINGS and PING the same bit says that they acknowledge.
  package static let endsStream: UInt8 = 1
  package static let endsHeaders: UInt8 = 4
  package static let isPadded: UInt8 = 8

  package static func bytes(_ type: UInt8, _ flags: UInt8 = 0, stream: UInt32, _ payload: [UInt8] = []) -> [UInt8] {
    let count = payload.count
    var frame: [UInt8] = [UInt8(count >> 16 & 0xFF), UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF), type, flags]
    frame += number(stream)
    frame += payload
    return frame
  }

  package static func number(_ value: UInt32) -> [UInt8] {
    [UInt8(value >> 24), UInt8(value >> 16 & 0xFF), UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF)]
  }

  package static func setting(_ identifier: UInt8, _ value: UInt32) -> [UInt8] { [0, identifier] + number(value) }

  /// A header block of literals that enter no table (RFC 7541 §6.2.2). Names and values of up to 126 bytes.
  package static func block(_ fields: [(String, String)]) -> [UInt8] {
    var block: [UInt8] = []
    for (name, value) in fields {
      block.append(0)
      for text in [name, value] {
        block.append(UInt8(text.utf8.count))
        block.append(contentsOf: text.utf8)
      }
    }
    return block
  }

  /// The fields of a POST.
  package static func request(_ path: String, _ more: [(String, String)] = []) -> [(String, String)] {
    [(":method", "POST"), (":scheme", "http"), (":authority", "a"), (":path", path)] + more
  }
}
