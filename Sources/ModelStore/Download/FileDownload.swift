import Foundation
import NIOCore
import NIOHTTP1

/// Brings a file from the web into a partial file, and goes on where an earlier try broke off.
///
/// A file whose hash is known goes on by range and is judged when it is whole. One whose hash is not known goes on only
/// if the server says that it is still the same (`if-range`), by the validator kept beside the partial file. When a
/// connection breaks that has brought bytes, another is made at once; as long as none brings more, after 1 and 2 s, and
/// 4 in a row end it. At most 50 in all.
struct FileDownload: Sendable {
  static let tries = 50
  static let idleTries = 4

  let address: WebAddress
  /// Where what has come lies.
  let partial: String
  /// What the file must be, if that is known.
  let known: PublishedModel.KnownFile?
  /// Bytes that the file may have.
  let limit: Int
  let client: WebClient
  let report: @Sendable (FetchEvent) -> Void

  private var validatorFile: String { "\(partial).validator" }

  /// - Returns: whether the file is there: false if the server has none.
  /// - Throws: `ModelStoreError`. What has come is kept for the next time unless it is wrong.
  func run() async throws -> Bool {
    var idle = 0
    let before = StoredFile.size(partial) ?? 0
    var furthest = before
    var tries = 0
    while true {
      tries += 1
      do {
        try await fetch()
        break
      } catch DownloadFailure.notFound {
        return false
      } catch DownloadFailure.refused(let reason) {
        throw ModelStoreError("\(address)", reason)
      } catch DownloadFailure.broken(let reason) {
        let have = StoredFile.size(partial) ?? 0
        idle = have > furthest ? 0 : idle + 1
        furthest = max(furthest, have)
        // Who has sent nothing is not asked again: without a network an answer at once is better.
        guard furthest > before, idle < Self.idleTries, tries < Self.tries else {
          throw ModelStoreError("\(address)", have > 0 ? "\(reason); fetch again to go on from \(have) bytes" : reason)
        }
        report(.retrying(address: address, reason: reason, have: have))
        if idle > 1 { try await Task.sleep(for: .seconds(1 << (idle - 2))) }
      }
    }
    guard let known else { return true }
    report(.checking(file: known.name))
    let found = try StoredFile.sha256(partial)
    if found == known.sha256 { return true }
    discard()
    if before > 0 {
      report(.restarting(address: address))
      return try await run()
    }
    throw ModelStoreError(
      "\(address)", "is not \(known.name) as it was published: its SHA-256 is \(found), not \(known.sha256)")
  }

  /// Removes what has come.
  func discard() {
    unlink(partial)
    unlink(validatorFile)
  }

  /// One request.
  private func fetch() async throws {
    var have = StoredFile.size(partial) ?? 0
    if let known, have == known.bytes { return }
    let validator = FileManager.default.contents(atPath: validatorFile).map { String(decoding: $0, as: UTF8.self) }
    if have > (known?.bytes ?? limit) || known == nil && validator == nil { have = 0 }
    var headers = [("accept", "*/*")]
    if have > 0 {
      headers.append(("range", "bytes=\(have)-"))
      if known == nil, let validator { headers.append(("if-range", validator)) }
    }
    let asked = have
    try await client.get(address, headers: headers) { _, head, parts in
      var start = 0
      switch head.status.code {
      case 200: break
      case 206:
        guard asked > 0, let range = head.headers.first(name: "content-range"), range.hasPrefix("bytes \(asked)-")
        else {
          throw DownloadFailure.refused("answers another range than bytes \(asked) and on")
        }
        start = asked
      case 416:
        discard()
        throw DownloadFailure.broken("the server has no bytes from \(asked) on")
      default: throw DownloadFailure.refused("the server answers \(head.status)")
      }
      let total = head.headers.first(name: "content-length").flatMap { Int($0) }.map { start + $0 }
      if let total { try check(total: total) }
      if start == 0 {
        discard()
        try keepValidator(head.headers)
      }
      var sink = try FileSink(partial, appending: start > 0)
      var done = start
      report(.receiving(file: name, done: done, total: total ?? known?.bytes))
      while let part = try await parts.next() {
        guard case .body(let buffer) = part else { break }
        done += buffer.readableBytes
        guard done <= (known?.bytes ?? limit) else {
          discard()
          throw DownloadFailure.refused("is longer than \(known?.bytes ?? limit) bytes")
        }
        try buffer.withUnsafeReadableBytes { bytes throws(ModelStoreError) in try sink.write(bytes) }
        report(.receiving(file: name, done: done, total: total ?? known?.bytes))
      }
      try sink.close(synchronizing: false)
      if let total, done < total { throw DownloadFailure.broken("the connection closed before all had come") }
    }
  }

  private var name: String { known?.name ?? address.fileName }

  private func check(total: Int) throws(DownloadFailure) {
    if let known, total != known.bytes {
      throw .refused("is not \(known.name) as it was published: it has \(total) bytes, not \(known.bytes)")
    }
    guard total <= limit else { throw .refused("has \(total) bytes; \(limit) are taken at most") }
  }

  /// Keeps what tells whether the file is still the same: a strong entity tag, else the time of its last change.
  private func keepValidator(_ headers: HTTPHeaders) throws(ModelStoreError) {
    let tag = headers.first(name: "etag").flatMap { $0.hasPrefix("\"") ? $0 : nil }
    guard known == nil, let validator = tag ?? headers.first(name: "last-modified"), validator.utf8.count <= 1_024
    else {
      return
    }
    try StoredFile.write(Data(validator.utf8), to: validatorFile)
  }
}
