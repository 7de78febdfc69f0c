/// Why users cannot be kept or changed.
public enum UserStoreError: Error, Sendable, Equatable, CustomStringConvertible {
  /// SQLite refused, in its words.
  case database(path: String, doing: String, reason: String)
  /// Another process counts in the file.
  case inUse(path: String)
  /// The file is there, but this process may only read it.
  case readOnly(path: String)
  /// The file is no SQLite file, or part of it is lost.
  case damaged(path: String, reason: String)
  /// The file is of another program.
  case foreign(path: String)
  /// The file is of a later release.
  case unknownVersion(path: String, version: Int)
  /// A row means nothing.
  case invalidRow(path: String, name: String, reason: String)
  /// As many users as there may be.
  case full(limit: Int)
  /// There is a user of that name already.
  case exists(name: String)
  /// There is no user of that name.
  case missing(name: String)

  public var description: String {
    switch self {
    case .database(let path, let doing, let reason):
      """
      \(path): cannot \(doing): \(reason); see that its folder exists, can be written and has room, and that no other \
      program writes the file (global.gateway.users.file)
      """
    case .inUse(let path):
      """
      \(path): another process keeps its users there; stop it, or name another file for this one \
      (global.gateway.users.file)
      """
    case .readOnly(let path):
      """
      \(path): the users can be read but not written; give the user of this process the right to write the file \
      (global.gateway.users.file)
      """
    case .damaged(let path, let reason):
      """
      \(path): the users cannot be read: \(reason); put back a copy of the file, or move it and its -wal away and make the \
      users anew (global.gateway.users.file)
      """
    case .foreign(let path):
      "\(path): the file is of another program; name another one (global.gateway.users.file)"
    case .unknownVersion(let path, let version):
      """
      \(path): its schema has version \(version), which this release does not know; use the release that wrote it, or \
      name another file (global.gateway.users.file)
      """
    case .invalidRow(let path, let name, let reason):
      "\(path): the row of user \"\(name)\" cannot be taken: \(reason); mend or delete it (table users)"
    case .full(let limit): "there are \(limit) users, as many as there may be; delete some first"
    case .exists(let name): "user \"\(name)\" exists; use UpdateUser to change it"
    case .missing(let name): "user \"\(name)\" does not exist; use CreateUser to make it"
    }
  }
}
