import Users

/// The table of users and its statements, over one connection. Used by one thread at a time.
///
/// Schema 1: `users(name, rpm, tpm, request_window, requests, token_window, tokens)`, windows counted since 1970.
final class UserDatabase {
  private static let version = 1
  private let database: Database
  private let put: Statement
  private let remove: Statement
  private let count: Statement
  /// The last that is let go of.
  private let lock: FileLock

  init(path: String) throws(UserStoreError) {
    lock = try FileLock(guarding: path)
    database = try Database(path: path)
    // FULL: what a commit wrote outlives a crash of the machine, too, for one write to the disk more
    // (sqlite.org/pragma.html#pragma_synchronous).
    try database.run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL", doing: "use a write-ahead log")
    try Self.migrate(database)
    put = try database.prepare(
      "INSERT INTO users(name, rpm, tpm) VALUES(?1, ?2, ?3) ON CONFLICT(name) DO UPDATE SET rpm=?2, tpm=?3",
      doing: "write a user")
    remove = try database.prepare("DELETE FROM users WHERE name=?1", doing: "delete a user")
    count = try database.prepare(
      "UPDATE users SET request_window=?2, requests=?3, token_window=?4, tokens=?5 WHERE name=?1",
      doing: "write what is counted of a user")
  }

  private static func migrate(_ database: Database) throws(UserStoreError) {
    var found: Int64 = 0
    let query = try database.prepare("PRAGMA user_version", doing: "read the schema's version")
    try query.run { () throws(UserStoreError) in found = query.integer(0) }
    switch found {
    case Int64(version): return
    case 0:
      let tables = try database.prepare("SELECT 1 FROM sqlite_schema LIMIT 1", doing: "read the schema")
      try tables.run { () throws(UserStoreError) in throw .foreign(path: database.path) }
      try database.run(
        """
        BEGIN IMMEDIATE;
        CREATE TABLE users(
          name TEXT PRIMARY KEY, rpm INTEGER NOT NULL, tpm INTEGER NOT NULL,
          request_window INTEGER NOT NULL DEFAULT 0, requests INTEGER NOT NULL DEFAULT 0,
          token_window INTEGER NOT NULL DEFAULT 0, tokens INTEGER NOT NULL DEFAULT 0
        ) WITHOUT ROWID;
        PRAGMA user_version=\(version);
        COMMIT
        """, doing: "make the table of users")
    default: throw .unknownVersion(path: database.path, version: Int(found))
    }
  }

  /// All rows, up to one more than there may be users.
  func accounts() throws(UserStoreError) -> [UserAccount] {
    var accounts: [UserAccount] = []
    let query = try database.prepare(
      "SELECT name, rpm, tpm, request_window, requests, token_window, tokens FROM users LIMIT \(UserLedger.userLimit + 1)",
      doing: "read the users")
    try query.run { () throws(UserStoreError) in
      let name = query.text(0)
      let user: User
      do throws(InvalidUser) {
        user = try User(name: name, rpm: Int(query.integer(1)), tpm: Int(query.integer(2)))
      } catch {
        throw .invalidRow(path: database.path, name: name, reason: error.description)
      }
      func window(_ column: Int32) -> FixedWindow {
        FixedWindow(
          seconds: UserAccount.windowSeconds, index: max(0, query.integer(column)),
          count: max(0, Int(query.integer(column + 1))))
      }
      accounts.append(UserAccount(user, requests: window(3), tokens: window(5)))
    }
    return accounts
  }

  /// Writes a record; what is counted stays.
  func put(_ user: User) throws(UserStoreError) {
    try put.run([.text(user.name), .integer(Int64(user.rpm)), .integer(Int64(user.tpm))])
  }

  func remove(named name: String) throws(UserStoreError) { try remove.run([.text(name)]) }

  /// Writes what is counted, all of it or nothing.
  func write(_ accounts: [UserAccount]) throws(UserStoreError) {
    try database.run("BEGIN IMMEDIATE", doing: "begin to write what is counted")
    do throws(UserStoreError) {
      for account in accounts {
        try count.run([
          .text(account.user.name), .integer(account.requests.index), .integer(Int64(account.requests.lastCount)),
          .integer(account.tokens.index), .integer(Int64(account.tokens.lastCount)),
        ])
      }
      try database.run("COMMIT", doing: "write what is counted")
    } catch {
      try? database.run("ROLLBACK", doing: "take back what was written")
      throw error
    }
  }
}
