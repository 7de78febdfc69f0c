import NIOCore
import NIOEmbedded
import NIOHTTP1

/// What NIOHTTP1's decoder makes of a message, and where it may refuse what we take.
enum Oracle {
  struct Reading: Equatable, CustomStringConvertible {
    var method = ""
    var target = ""
    var status = 0
    var fields = 0
    var bodyCount = 0
    var heads = 0
    var ends = 0
    var error: String?

    var description: String {
      "\(method) \(target) \(status), \(fields) fields, \(bodyCount) bytes, \(heads) heads, \(ends) ends"
        + (error.map { ", \($0)" } ?? "")
    }
  }

  /// - Parameter isAtEnd: the connection is closed behind the bytes.
  static func read(_ bytes: ArraySlice<UInt8>, as kind: MessageKind, isAtEnd: Bool) -> Reading {
    var reading = Reading()
    let channel = EmbeddedChannel()
    do {
      switch kind {
      case .request: try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
      case .response, .responseToHEAD:
        try channel.pipeline.syncOperations.addHandler(
          ByteToMessageHandler(HTTPResponseDecoder(informationalResponseStrategy: .forward)))
        // A response must have been asked for.
        let head = HTTPRequestHead(version: .http1_1, method: kind == .responseToHEAD ? .HEAD : .GET, uri: "/")
        try channel.writeOutbound(HTTPClientRequestPart.head(head))
      }
      try channel.writeInbound(ByteBuffer(bytes: bytes))
      if isAtEnd { _ = try channel.finish(acceptAlreadyClosed: true) }
    } catch {
      reading.error = "\(error)"
    }
    do {
      if kind == .request {
        while let part = try channel.readInbound(as: HTTPServerRequestPart.self) {
          switch part {
          case .head(let head):
            reading.heads += 1
            reading.method = head.method.rawValue
            reading.target = head.uri
            reading.fields = head.headers.count
          case .body(let body): reading.bodyCount += body.readableBytes
          case .end: reading.ends += 1
          }
        }
      } else {
        while let part = try channel.readInbound(as: HTTPClientResponsePart.self) {
          switch part {
          case .head(let head):
            reading.heads += 1
            reading.status = Int(head.status.code)
            reading.fields = head.headers.count
          case .body(let body): reading.bodyCount += body.readableBytes
          case .end: reading.ends += 1
          }
        }
      }
    } catch {
      reading.error = "\(error)"
    }
    if !isAtEnd { _ = try? channel.finish(acceptAlreadyClosed: true) }
    return reading
  }

  /// Where we take what NIO refuses or reads otherwise, because its parser wants more than RFC 9112 does or because
  /// nothing depends on it. Nil where there is no excuse.
  static func excuse(for message: Message, as kind: MessageKind) -> String? {
    if kind == .request {
      if !methods.contains(message.method) { return "a method that its parser does not know" }
      if message.method == "CONNECT" { return "CONNECT, behind which its parser speaks no HTTP any more" }
      if message.target.lowercased().hasPrefix("http") {
        return "a whole URL, whose authority we compare with the Host"
      }
    } else if message.status == 101 {
      return "101, behind which its parser speaks no HTTP any more"
    }
    if message.fieldNames.contains("upgrade") { return "an upgrade, behind which its parser speaks no HTTP any more" }
    if message.fieldNames.filter({ $0 == "content-length" }).count > 1 { return "the same Content-Length twice" }
    if message.hasTabbedFraming { return "a tab around the Content-Length or Transfer-Encoding" }
    let framing = String(decoding: message.chunkFraming, as: UTF8.self).lowercased()
    if framing.contains("content-length:") || framing.contains("transfer-encoding:") {
      return "a framing field among the trailers, where it means nothing"
    }
    if framing.contains(";") { return "chunk extensions, which we skip unread" }
    return nil
  }

  private static let methods: Set<String> = [
    "DELETE", "GET", "HEAD", "POST", "PUT", "CONNECT", "OPTIONS", "TRACE", "COPY", "LOCK", "MKCOL", "MOVE", "PROPFIND",
    "PROPPATCH", "SEARCH", "UNLOCK", "BIND", "REBIND", "UNBIND", "ACL", "REPORT", "MKACTIVITY", "CHECKOUT", "MERGE",
    "M-SEARCH", "NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE", "PATCH", "PURGE", "MKCALENDAR", "LINK", "UNLINK", "SOURCE",
  ]
}
