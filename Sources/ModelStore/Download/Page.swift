import NIOCore
import NIOHTTP1

/// A small document from the web: 4 MiB at most.
struct Page: Sendable {
  static let limit = 4 << 20

  /// Where it came from, redirects followed.
  let address: WebAddress
  let type: String
  let body: [UInt8]

  static func get(_ address: WebAddress, accept: String, client: WebClient) async throws -> Page {
    try await client.get(address, headers: [("accept", accept)]) { address, head, parts in
      guard head.status == .ok else { throw DownloadFailure.refused("the server answers \(head.status)") }
      var body: [UInt8] = []
      while let part = try await parts.next() {
        guard case .body(let buffer) = part else { break }
        guard body.count + buffer.readableBytes <= limit else {
          throw DownloadFailure.refused("is longer than \(limit) bytes")
        }
        body.append(contentsOf: buffer.readableBytesView)
      }
      return Page(address: address, type: head.headers.first(name: "content-type")?.lowercased() ?? "", body: body)
    }
  }
}
