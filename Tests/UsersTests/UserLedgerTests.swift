import Testing
import Users

@Suite struct UserLedgerTests {
  private static func ledger(rpm: Int = 0, tpm: Int = 0) throws -> UserLedger {
    UserLedger([UserAccount(try User(name: "ann", rpm: rpm, tpm: tpm))])
  }

  @Test("as many requests as the limit are admitted, until the next minute")
  func requests() throws {
    let ledger = try Self.ledger(rpm: 2)
    #expect(ledger.admit("ann", now: 60) == .admitted(requests: 1))
    #expect(ledger.admit("ann", now: 90) == .admitted(requests: 2))
    #expect(ledger.admit("ann", now: 100) == .exceeded(.requests, limit: 2, retryAfter: 20))
    #expect(ledger.admit("ann", now: 120) == .admitted(requests: 1))
  }

  @Test("the tokens of a request are charged after it: the next ones find none left")
  func tokens() throws {
    let ledger = try Self.ledger(rpm: 10, tpm: 100)
    #expect(ledger.admit("ann", now: 60) == .admitted(requests: 1))
    #expect(ledger.charge(tokens: 99, to: "ann", now: 61) == 99)
    #expect(ledger.admit("ann", now: 62) == .admitted(requests: 2))
    #expect(ledger.charge(tokens: 200, to: "ann", now: 63) == 299)
    #expect(ledger.admit("ann", now: 64) == .exceeded(.tokens, limit: 100, retryAfter: 56))
    #expect(ledger.admit("ann", now: 120) == .admitted(requests: 1))
  }

  @Test("a request that finds no tokens left counts among the requests")
  func refusedForTokens() throws {
    let ledger = try Self.ledger(rpm: 2, tpm: 1)
    ledger.charge(tokens: 1, to: "ann", now: 60)
    #expect(ledger.admit("ann", now: 60) == .exceeded(.tokens, limit: 1, retryAfter: 60))
    #expect(ledger.admit("ann", now: 60) == .exceeded(.tokens, limit: 1, retryAfter: 60))
    #expect(ledger.admit("ann", now: 60) == .exceeded(.requests, limit: 2, retryAfter: 60))
  }

  @Test("requests that come at once meet the limit exactly")
  func concurrency() async throws {
    let ledger = try Self.ledger(rpm: 100)
    let admitted = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<8 {
        group.addTask {
          (0..<50).count { _ in if case .admitted = ledger.admit("ann", now: 60) { true } else { false } }
        }
      }
      return await group.reduce(0, +)
    }
    #expect(admitted == 100)
  }

  @Test("a record that changes keeps what is counted, one that is removed does not")
  func changes() throws {
    let ledger = try Self.ledger(rpm: 1)
    #expect(ledger.admit("ann", now: 60) == .admitted(requests: 1))
    ledger.set(try User(name: "ann", rpm: 2))
    #expect(ledger.admit("ann", now: 60) == .admitted(requests: 2))
    ledger.remove(named: "ann")
    #expect(ledger.admit("ann", now: 60) == .unknown)
    #expect(ledger.charge(tokens: 1, to: "ann", now: 60) == nil)
    ledger.set(try User(name: "ann"))
    #expect(ledger.admit("ann", now: 60) == .admitted(requests: 1))
  }

  @Test("a store takes each change once, and again when it could not keep it")
  func takenChanges() throws {
    let ledger = try Self.ledger()
    #expect(ledger.takeChanges() == [])
    _ = ledger.admit("ann", now: 60)
    ledger.charge(tokens: 7, to: "ann", now: 60)
    let taken = ledger.takeChanges()
    #expect(taken.map(\.user.name) == ["ann"])
    #expect(taken.first?.requests == FixedWindow(seconds: 60, index: 1, count: 1))
    #expect(taken.first?.tokens == FixedWindow(seconds: 60, index: 1, count: 7))
    #expect(ledger.takeChanges() == [])
    ledger.restore(changesOf: taken)
    #expect(ledger.takeChanges() == taken)
    ledger.remove(named: "ann")
    ledger.restore(changesOf: taken)
    #expect(ledger.takeChanges() == [])
  }

  @Test("a store takes all changes, however many")
  func manyChanges() throws {
    let names = (0..<1000).map { "user-\($0)" }
    let ledger = UserLedger(try names.map { UserAccount(try User(name: $0)) })
    for name in names { ledger.charge(tokens: 1, to: name, now: 60) }
    let taken = ledger.takeChanges()
    #expect(Set(taken.map(\.user.name)) == Set(names))
    ledger.restore(changesOf: taken)
    #expect(Set(ledger.takeChanges().map(\.user.name)) == Set(names))
  }
}
