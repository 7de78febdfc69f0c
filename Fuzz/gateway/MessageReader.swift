import Foundation
import FuzzCommand

/// Reads HTTP/1 messages that the gateway sent. Written for these checks alone, it shares nothing with the codec that
/// wrote them, and takes only what the gateway may send: no bare line ends, no folding, one framing.
struct MessageReader {
  enum Outcome {
    /// A message that ends before this offset.
    case whole(end: Int)
    /// More bytes are missing.
    case cut
    /// It goes on to the end of the connection.
    case untilClose
  }

  /// What there is to know of the message before it is read.
  enum Kind {
    case request
    /// - Parameter isBodiless: the request was a HEAD.
    case answer(isBodiless: Bool)
  }

  let bytes: [UInt8]

  /// Reads one message.
  ///
  /// - Returns: its first line, and where it ends.
  func message(at start: Int, _ kind: Kind) throws -> (line: String, outcome: Outcome) {
    guard let headEnd = try end(ofHeadAt: start) else { return ("", .cut) }
    let lines = String(decoding: bytes[start..<headEnd - 4], as: Unicode.ASCII.self).components(separatedBy: "\r\n")
    var length: Int?
    var isChunked = false
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":"), colon > line.startIndex, line[..<colon].allSatisfy(Self.isToken)
      else { throw Broken("the line \(line.debugDescription) is no field") }
      let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      switch line[..<colon].lowercased() {
      case "content-length":
        guard length == nil, let number = Int(value), number >= 0, value.utf8.allSatisfy({ $0 != 0x2B }) else {
          throw Broken("a length of \(value.debugDescription)")
        }
        length = number
      case "transfer-encoding":
        guard !isChunked, value == "chunked" else { throw Broken("the coding \(value.debugDescription)") }
        isChunked = true
      default: break
      }
    }
    guard length == nil || !isChunked else { throw Broken("a length and chunks") }
    let line = lines[0]
    switch kind {
    case .request:
      let parts = line.components(separatedBy: " ")
      guard parts.count == 3, parts[0].allSatisfy(Self.isToken), parts[1].hasPrefix("/"), parts[2] == "HTTP/1.1" else {
        throw Broken("the request line \(line.debugDescription)")
      }
    case .answer(let isBodiless):
      guard let status = Self.status(line) else { throw Broken("the status line \(line.debugDescription)") }
      if isBodiless || status < 200 || status == 204 || status == 304 { return (line, .whole(end: headEnd)) }
      if length == nil, !isChunked { return (line, .untilClose) }
    }
    if isChunked { return (line, try chunksEnd(from: headEnd).map { .whole(end: $0) } ?? .cut) }
    let end = headEnd + (length ?? 0)
    return (line, end <= bytes.count ? .whole(end: end) : .cut)
  }

  static func status(_ line: String) -> Int? {
    let text = Array(line.utf8)
    guard text.starts(with: "HTTP/1.1 ".utf8), text.count >= 12, text.count == 12 || text[12] == 0x20 else {
      return nil
    }
    return Int(String(decoding: text[9..<12], as: UTF8.self)).flatMap { $0 >= 100 ? $0 : nil }
  }

  private static func isToken(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber || "!#$%&'*+-.^_`|~".contains(character))
  }

  private func end(ofHeadAt start: Int) throws -> Int? {
    var index = start
    var lineStart = start
    while index < bytes.count {
      switch bytes[index] {
      case 0x0A: throw Broken("a bare line feed in a head")
      case 0x0D:
        guard index + 1 < bytes.count else { return nil }
        guard bytes[index + 1] == 0x0A else { throw Broken("a bare carriage return in a head") }
        if index == lineStart { return index + 2 }
        index += 2
        lineStart = index
        continue
      case 0..<0x09, 0x0B..<0x20, 0x7F: throw Broken("the control character \(bytes[index]) in a head")
      default: break
      }
      index += 1
    }
    return nil
  }

  private func chunksEnd(from start: Int) throws -> Int? {
    var index = start
    while true {
      var size = 0
      let sizeStart = index
      while index < bytes.count, let digit = Character(Unicode.Scalar(bytes[index])).hexDigitValue {
        guard index - sizeStart < 15 else { throw Broken("a chunk size without end") }
        size = size << 4 | digit
        index += 1
      }
      guard let lineEnd = try lineEnd(from: index) else { return nil }
      guard index > sizeStart, lineEnd == index || bytes[index] == UInt8(ascii: ";") else {
        throw Broken("no chunk size at byte \(sizeStart)")
      }
      index = lineEnd + 2
      guard size > 0 else { break }
      guard index + size + 2 <= bytes.count else {
        if index + size < bytes.count, bytes[index + size] != 0x0D { throw Broken("a chunk longer than its size") }
        return nil
      }
      guard bytes[index + size] == 0x0D, bytes[index + size + 1] == 0x0A else {
        throw Broken("a chunk longer than its size")
      }
      index += size + 2
    }
    while true {
      guard let lineEnd = try lineEnd(from: index) else { return nil }
      if lineEnd == index { return index + 2 }
      guard bytes[index..<lineEnd].contains(UInt8(ascii: ":")) else { throw Broken("a trailer without a colon") }
      index = lineEnd + 2
    }
  }

  /// Where the CR LF is that ends a line.
  private func lineEnd(from start: Int) throws -> Int? {
    var index = start
    while index < bytes.count {
      if bytes[index] == 0x0A { throw Broken("a bare line feed in chunks, at byte \(index)") }
      if bytes[index] == 0x0D {
        guard index + 1 < bytes.count else { return nil }
        guard bytes[index + 1] == 0x0A else { throw Broken("a bare carriage return in chunks, at byte \(index)") }
        return index
      }
      index += 1
    }
    return nil
  }
}
