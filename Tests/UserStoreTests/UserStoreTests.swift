import Foundation
import Testing
import Users

@testable import UserStore

@Suite struct UserStoreTests {
  /// Runs a test with a path in a folder of its own.
  private func withFile(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("users-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.appendingPathComponent("users.db").path)
  }

  @Test("records and counts outlive the process")
  func restart() throws {
    try withFile { path in
      do {
        let store = try UserStore(path: path)
        try store.create(User(name: "ann", rpm: 2, tpm: 50))
        try store.create(User(name: "bert"))
        #expect(store.ledger.admit("ann", now: 60) == .admitted(requests: 1))
        store.ledger.charge(tokens: 49, to: "ann", now: 61)
        try store.writeCounts()
        try store.update(User(name: "ann", rpm: 3, tpm: 50))
      }
      let store = try UserStore(path: path)
      #expect(store.ledger.count == 2)
      #expect(store.ledger.user(named: "ann") == (try User(name: "ann", rpm: 3, tpm: 50)))
      #expect(store.ledger.admit("ann", now: 70) == .admitted(requests: 2))
      #expect(store.ledger.charge(tokens: 1, to: "ann", now: 70) == 50)
      #expect(store.ledger.admit("ann", now: 70) == .exceeded(.tokens, limit: 50, retryAfter: 50))
    }
  }

  @Test("a deleted user is gone from the file too, with what was counted")
  func deleted() throws {
    try withFile { path in
      do {
        let store = try UserStore(path: path)
        try store.create(User(name: "ann", rpm: 1))
        #expect(store.ledger.admit("ann", now: 60) == .admitted(requests: 1))
        #expect(try store.delete(named: "ann") == (try User(name: "ann", rpm: 1)))
        try store.writeCounts()
      }
      let store = try UserStore(path: path)
      #expect(store.ledger.count == 0)
      try store.create(User(name: "ann", rpm: 1))
      #expect(store.ledger.admit("ann", now: 60) == .admitted(requests: 1))
    }
  }

  @Test("a user is made once, and only one who is there is changed or deleted")
  func conflicts() throws {
    try withFile { path in
      let store = try UserStore(path: path)
      try store.create(User(name: "ann"))
      #expect(throws: UserStoreError.exists(name: "ann")) { try store.create(User(name: "ann", rpm: 9)) }
      #expect(throws: UserStoreError.missing(name: "bert")) { try store.update(User(name: "bert")) }
      #expect(throws: UserStoreError.missing(name: "bert")) { try store.delete(named: "bert") }
      #expect(store.ledger.user(named: "ann")?.rpm == 0)
    }
  }

  @Test("names are kept as they are")
  func names() throws {
    try withFile { path in
      let names = ["O'Brien", "\"; DROP TABLE users; --", "żółć", "%", "a b"]
      do {
        let store = try UserStore(path: path)
        for name in names { try store.create(User(name: name)) }
      }
      let store = try UserStore(path: path)
      #expect(names.allSatisfy { store.ledger.user(named: $0)?.name == $0 })
    }
  }

  @Test("a file that cannot be opened says which and the way out")
  func noFolder() {
    #expect {
      try UserStore(path: "/nowhere/users.db")
    } throws: { error in
      "\(error)".hasPrefix(
        "/nowhere/users.db: cannot make /nowhere/users.db.lock: No such file or directory; see that its folder exists")
    }
  }

  @Test("a file that is no database is refused, not overwritten")
  func noDatabase() throws {
    try withFile { path in
      let text = Data(String(repeating: "not a database\n", count: 100).utf8)
      try text.write(to: URL(fileURLWithPath: path))
      #expect {
        try UserStore(path: path)
      } throws: { error in
        "\(error)".hasPrefix("\(path): the users cannot be read: file is not a database; put back a copy of the file")
      }
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == text)
    }
  }

  @Test("a file that has lost a part says so")
  func damaged() throws {
    try withFile { path in
      do {
        let store = try UserStore(path: path)
        for index in 0..<500 { try store.create(User(name: "user-\(index)")) }
      }
      let whole = try Data(contentsOf: URL(fileURLWithPath: path))
      #expect(whole.count > 3 * 4096)
      // Behind the schema's page all is zero, as after a disk that lost its writes.
      var damaged = whole.prefix(4096)
      damaged.append(Data(count: whole.count - 4096))
      try damaged.write(to: URL(fileURLWithPath: path))
      #expect(throws: UserStoreError.damaged(path: path, reason: "database disk image is malformed")) {
        try UserStore(path: path)
      }
      // Cut short.
      try whole.prefix(2 * 4096).write(to: URL(fileURLWithPath: path))
      #expect(throws: UserStoreError.damaged(path: path, reason: "database disk image is malformed")) {
        try UserStore(path: path)
      }
    }
  }

  @Test("a database of another program is refused, not changed")
  func foreign() throws {
    try withFile { path in
      try Database(path: path).run("CREATE TABLE things(name TEXT)", doing: "test")
      #expect(throws: UserStoreError.foreign(path: path)) { try UserStore(path: path) }
    }
  }

  @Test("a file is counted in by one process at a time")
  func inUse() throws {
    try withFile { path in
      do {
        let store = try UserStore(path: path)
        #expect(throws: UserStoreError.inUse(path: path)) { try UserStore(path: path) }
        // Who only reads it may.
        try Database(path: path).run("SELECT * FROM users", doing: "test")
        try store.create(User(name: "ann"))
      }
      #expect(try UserStore(path: path).ledger.count == 1)
    }
  }

  @Test("a name is the same in either form of its accents, in the file too")
  func canonicalNames() throws {
    try withFile { path in
      do {
        let store = try UserStore(path: path)
        try store.create(User(name: "caf\u{E9}"))
        try store.update(User(name: "cafe\u{301}", rpm: 7))
        #expect(store.ledger.admit("cafe\u{301}", now: 60) == .admitted(requests: 1))
        try store.writeCounts()
      }
      do {
        let store = try UserStore(path: path)
        #expect(store.ledger.count == 1)
        #expect(store.ledger.user(named: "café")?.rpm == 7)
        #expect(store.ledger.admit("café", now: 60) == .admitted(requests: 2))
        try store.delete(named: "cafe\u{301}")
      }
      #expect(try UserStore(path: path).ledger.count == 0)
    }
  }

  @Test("windows that no clock has make no harm")
  func oddWindows() throws {
    try withFile { path in
      do { try UserStore(path: path).create(User(name: "ann", rpm: 1)) }
      try Database(path: path).run(
        "UPDATE users SET request_window=-9223372036854775808, token_window=9223372036854775807, requests=-1, tokens=5",
        doing: "test")
      let store = try UserStore(path: path)
      #expect(store.ledger.admit("ann", now: 60) == .admitted(requests: 1))
      #expect(store.ledger.admit("ann", now: 60) == .exceeded(.requests, limit: 1, retryAfter: 60))
    }
  }

  @Test("a file of a later release is refused")
  func laterVersion() throws {
    try withFile { path in
      try Database(path: path).run("PRAGMA user_version=2", doing: "test")
      #expect(throws: UserStoreError.unknownVersion(path: path, version: 2)) { try UserStore(path: path) }
    }
  }

  @Test("a row that means nothing is named")
  func badRow() throws {
    try withFile { path in
      _ = try UserStore(path: path)
      try Database(path: path).run("INSERT INTO users(name, rpm, tpm) VALUES('ann', -1, 0)", doing: "test")
      #expect(
        throws: UserStoreError.invalidRow(
          path: path, name: "ann", reason: "rpm must be from 0 to 1000000000000, not -1")
      ) { try UserStore(path: path) }
    }
  }

  @Test("counts that could not be written are written later")
  func writtenLater() throws {
    try withFile { path in
      let store = try UserStore(path: path)
      try store.create(User(name: "ann"))
      _ = store.ledger.admit("ann", now: 60)
      let other = try Database(path: path)
      try other.run("ALTER TABLE users RENAME TO gone", doing: "test")
      #expect(throws: UserStoreError.self) { try store.writeCounts() }
      try other.run("ALTER TABLE gone RENAME TO users", doing: "test")
      try store.writeCounts()
      var written: Int64 = 0
      let query = try other.prepare("SELECT requests FROM users WHERE name='ann'", doing: "test")
      try query.run { () throws(UserStoreError) in written = query.integer(0) }
      #expect(written == 1)
    }
  }
}
