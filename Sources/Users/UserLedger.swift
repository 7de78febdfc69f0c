import Synchronization

/// All users and what is counted of them, in memory. Each operation is atomic, so that a limit is met exactly however many
/// requests come at once. Safe from any thread; a lock is held for well under a microsecond, but by those who take or restore
/// changes, who hold it for ``portion`` accounts at a time.
public final class UserLedger: Sendable {
  /// Most users.
  public static let userLimit = 100_000
  /// Most accounts that are copied under one lock, so that requests on event loops never wait for all of them: some tens of
  /// microseconds.
  static let portion = 256

  private struct State {
    var accounts: [String: UserAccount] = [:]
    /// Whose counts have changed since they were taken. Only names of accounts.
    var changed: Set<String> = []
  }

  private let state: Mutex<State>

  /// - Parameter accounts: with names that differ; at most ``userLimit``.
  public init(_ accounts: [UserAccount] = []) {
    precondition(accounts.count <= Self.userLimit)
    state = Mutex(State(accounts: Dictionary(accounts.map { ($0.user.name, $0) }) { _, last in last }))
  }

  // MARK: Records

  /// How many users there are.
  public var count: Int { state.withLock { $0.accounts.count } }

  public func user(named name: String) -> User? { state.withLock { $0.accounts[name]?.user } }

  /// Takes a record in. A user who is there keeps what is counted.
  public func set(_ user: User) {
    state.withLock { state in
      if state.accounts[user.name] != nil {
        state.accounts[user.name]?.user = user
      } else {
        precondition(state.accounts.count < Self.userLimit)
        state.accounts[user.name] = UserAccount(user)
      }
    }
  }

  /// Forgets a user and what is counted. Harmless when there is none.
  public func remove(named name: String) {
    state.withLock { state in
      state.accounts[name] = nil
      state.changed.remove(name)
    }
  }

  // MARK: Counting

  /// Checks a user's limits and counts a request, in one step.
  ///
  /// - Parameter now: seconds since 1970.
  public func admit(_ name: String, now: Int64) -> UserAdmission {
    state.withLock { state in
      guard let admission = state.accounts[name]?.admit(at: now) else { return .unknown }
      if case .exceeded(.requests, _, _) = admission { return admission }
      state.changed.insert(name)
      return admission
    }
  }

  /// Counts tokens that an answer told.
  ///
  /// - Parameters:
  ///   - tokens: 0 or more.
  ///   - now: seconds since 1970.
  /// - Returns: tokens counted this minute; nil when there is no such user any more.
  @discardableResult
  public func charge(tokens: Int, to name: String, now: Int64) -> Int? {
    state.withLock { state in
      let counted = state.accounts[name]?.tokens.charge(tokens, at: now)
      if counted != nil { state.changed.insert(name) }
      return counted
    }
  }

  // MARK: Changes, for a store

  /// The accounts whose counts have changed since the last call. One that changes meanwhile is among them, or among those of
  /// the next call.
  public func takeChanges() -> [UserAccount] {
    let names = state.withLock { state in
      defer { state.changed = [] }
      return state.changed
    }
    var accounts: [UserAccount] = []
    accounts.reserveCapacity(names.count)
    inPortions(Array(names)) { name, state in
      if let account = state.accounts[name] { accounts.append(account) }
    }
    return accounts
  }

  /// Changes that were taken could not be kept: they are to be taken again, as they are by then.
  public func restore(changesOf accounts: [UserAccount]) {
    inPortions(accounts.map(\.user.name)) { name, state in
      if state.accounts[name] != nil { state.changed.insert(name) }
    }
  }

  /// Does something for each name, with the lock held for ``portion`` of them at a time.
  private func inPortions(_ names: [String], _ act: (String, inout State) -> Void) {
    for start in stride(from: 0, to: names.count, by: Self.portion) {
      state.withLock { state in
        for name in names[start..<min(start + Self.portion, names.count)] { act(name, &state) }
      }
    }
  }
}
