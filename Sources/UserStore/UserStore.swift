import Synchronization
import Users

/// Users kept in a SQLite file. Records are written as they change, before the call returns; what is counted is written by
/// ``writeCounts()``, which the owner calls each second and at the end, so that a restart loses nothing and a crash of the
/// process at most what was counted since.
///
/// Safe from any thread. All but ``ledger`` waits for the disk: not for event loops. One process may use a file.
public final class UserStore: Sendable {
  /// The users in memory, by which requests are admitted.
  public let ledger: UserLedger
  private let database: Mutex<UserDatabase>

  /// Opens a file, or makes it, and reads its users.
  ///
  /// - Throws: where the file cannot be opened, is of another version or holds what cannot be taken.
  public init(path: String) throws(UserStoreError) {
    let database = try UserDatabase(path: path)
    let accounts = try database.accounts()
    guard accounts.count <= UserLedger.userLimit else { throw .full(limit: UserLedger.userLimit) }
    ledger = UserLedger(accounts)
    self.database = Mutex(database)
  }

  // MARK: Records

  /// Makes a user.
  ///
  /// - Throws: ``UserStoreError/exists(name:)``, ``UserStoreError/full(limit:)``, or what the disk says.
  public func create(_ user: User) throws(UserStoreError) {
    try database.withLock { (database) throws(UserStoreError) in
      guard ledger.user(named: user.name) == nil else { throw .exists(name: user.name) }
      guard ledger.count < UserLedger.userLimit else { throw .full(limit: UserLedger.userLimit) }
      try database.put(user)
      ledger.set(user)
    }
  }

  /// Changes a user's limits; what is counted stays.
  ///
  /// - Throws: ``UserStoreError/missing(name:)``, or what the disk says.
  public func update(_ user: User) throws(UserStoreError) {
    try database.withLock { (database) throws(UserStoreError) in
      guard let kept = ledger.user(named: user.name) else { throw .missing(name: user.name) }
      var user = user
      // Names are the same to Swift in either form of an accent, but not to SQLite.
      user.name = kept.name
      try database.put(user)
      ledger.set(user)
    }
  }

  /// Forgets a user and what is counted.
  ///
  /// - Returns: the record that it had.
  /// - Throws: ``UserStoreError/missing(name:)``, or what the disk says.
  @discardableResult
  public func delete(named name: String) throws(UserStoreError) -> User {
    try database.withLock { (database) throws(UserStoreError) in
      guard let user = ledger.user(named: name) else { throw .missing(name: name) }
      try database.remove(named: user.name)
      ledger.remove(named: user.name)
      return user
    }
  }

  // MARK: Counts

  /// Writes what has been counted since the last call, in one transaction.
  ///
  /// - Throws: what the disk says; then the next call writes it.
  public func writeCounts() throws(UserStoreError) {
    try database.withLock { (database) throws(UserStoreError) in
      let changes = ledger.takeChanges()
      guard !changes.isEmpty else { return }
      do throws(UserStoreError) {
        try database.write(changes)
      } catch {
        ledger.restore(changesOf: changes)
        throw error
      }
    }
  }
}
