import CSQLite

/// One connection to a SQLite file. Used by one thread at a time.
final class Database {
  let path: String
  private var pointer: OpaquePointer?

  /// Opens the file, or makes it.
  init(path: String) throws(UserStoreError) {
    self.path = path
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
    let status = sqlite3_open_v2(path, &pointer, flags, nil)
    guard status == SQLITE_OK else {
      let reason = pointer.map { String(cString: sqlite3_errmsg($0)) } ?? String(cString: sqlite3_errstr(status))
      sqlite3_close_v2(pointer)
      pointer = nil
      throw .database(path: path, doing: "open the users", reason: reason)
    }
    // SQLite opens a file that must not be written all the same.
    guard sqlite3_db_readonly(pointer, "main") == 0 else {
      sqlite3_close_v2(pointer)
      pointer = nil
      throw .readOnly(path: path)
    }
    // Another process that reads the file, such as a backup, holds it for moments.
    sqlite3_busy_timeout(pointer, 2_000)
  }

  deinit { sqlite3_close_v2(pointer) }

  /// Runs statements that bind nothing and answer nothing.
  func run(_ sql: String, doing: String) throws(UserStoreError) {
    guard sqlite3_exec(pointer, sql, nil, nil, nil) == SQLITE_OK else { throw failure(doing) }
  }

  /// Makes a statement, which must not outlive the connection's use.
  func prepare(_ sql: String, doing: String) throws(UserStoreError) -> Statement {
    var statement: OpaquePointer?
    guard sqlite3_prepare_v3(pointer, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil) == SQLITE_OK,
      let statement
    else { throw failure(doing) }
    return Statement(statement, of: self, doing: doing)
  }

  /// What went wrong last.
  func failure(_ doing: String) -> UserStoreError {
    let reason = String(cString: sqlite3_errmsg(pointer))
    return switch sqlite3_errcode(pointer) {
    case SQLITE_NOTADB, SQLITE_CORRUPT: .damaged(path: path, reason: reason)
    case SQLITE_READONLY: .readOnly(path: path)
    default: .database(path: path, doing: doing, reason: reason)
    }
  }
}

/// A prepared statement. Used by one thread at a time; ends itself, and holds its connection till then.
final class Statement {
  private let pointer: OpaquePointer
  private let database: Database
  private let doing: String

  fileprivate init(_ pointer: OpaquePointer, of database: Database, doing: String) {
    self.pointer = pointer
    self.database = database
    self.doing = doing
  }

  deinit { sqlite3_finalize(pointer) }

  /// What a parameter or a column holds.
  enum Value {
    case integer(Int64)
    case text(String)
  }

  /// Runs it from its beginning to its end.
  ///
  /// - Parameters:
  ///   - values: for its parameters, in their order.
  ///   - onRow: called for each row, whose columns the other functions read.
  func run(_ values: [Value] = [], onRow: () throws(UserStoreError) -> Void = {}) throws(UserStoreError) {
    defer {
      sqlite3_reset(pointer)
      sqlite3_clear_bindings(pointer)
    }
    for (index, value) in values.enumerated() {
      let status =
        switch value {
        case .integer(let number): sqlite3_bind_int64(pointer, Int32(index + 1), number)
        case .text(let text):
          // SQLITE_TRANSIENT, which is a cast in C: SQLite copies the text.
          sqlite3_bind_text(
            pointer, Int32(index + 1), text, Int32(text.utf8.count),
            unsafeBitCast(-1, to: sqlite3_destructor_type.self))
        }
      guard status == SQLITE_OK else { throw database.failure(doing) }
    }
    while true {
      switch sqlite3_step(pointer) {
      case SQLITE_ROW: try onRow()
      case SQLITE_DONE: return
      default: throw database.failure(doing)
      }
    }
  }

  /// A column of the row at hand, counted from 0.
  func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(pointer, column) }

  /// A column of the row at hand, counted from 0.
  func text(_ column: Int32) -> String { sqlite3_column_text(pointer, column).map { String(cString: $0) } ?? "" }
}
