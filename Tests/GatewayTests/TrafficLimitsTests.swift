import RouterConfig
import Testing
import Users

@testable import Gateway

@Suite struct TrafficLimitsTests {
  private static func limits(
    rpm: Int = 0, tpm: Int = 0, as generation: AIBrixCompatibility = .v04, now: Int64 = 100
  ) throws -> TrafficLimits {
    let ledger = UserLedger([UserAccount(try User(name: "ann", rpm: rpm, tpm: tpm))])
    return TrafficLimits(users: ledger, as: generation) { now }
  }

  private static func refusal(_ admission: TrafficLimits.Admission) -> LimitRefusal? {
    if case .refused(let refusal) = admission { refusal } else { nil }
  }

  @Test("a request over a limit is refused in AIBrix's words")
  func requests() throws {
    let limits = try Self.limits(rpm: 1)
    #expect(limits.admit(user: "ann") == .user("ann", requests: 1))
    let refusal = try #require(Self.refusal(limits.admit(user: "ann")))
    #expect(refusal.error.status == 429)
    #expect(refusal.mark.description == "x-error-rpm-exceeded")
    #expect(refusal.retryAfter == 20)
    #expect(
      String(decoding: refusal.body, as: UTF8.self)
        == #"{"error":{"message":"user: ann has exceeded RPM: 1","type":"rate_limit_error","code":429,"param":null}}"#)
  }

  @Test("tokens over a limit are refused in the words of later releases")
  func tokens() throws {
    let limits = try Self.limits(tpm: 5, as: .latest)
    #expect(limits.charge(tokens: 5, to: "ann") == 5)
    let refusal = try #require(Self.refusal(limits.admit(user: "ann")))
    #expect(refusal.mark.description == "x-error-tpm-exceeded")
    #expect(
      String(decoding: refusal.body, as: UTF8.self)
        == #"{"error":{"message":"user: ann has exceeded TPM: 5","type":"rate_limit_error","code":null,"param":null}}"#)
  }

  @Test("a user who is not there is refused, one who names nobody is not counted")
  func unknown() throws {
    #expect(Self.refusal(try Self.limits().admit(user: "bert"))?.error.status == 500)
    let later = try Self.limits(as: .latest)
    #expect(Self.refusal(later.admit(user: "bert"))?.error.status == 403)
    #expect(later.admit(user: nil) == .anonymous)
    #expect(later.admit(user: "") == .anonymous)
    #expect(TrafficLimits().admit(user: "bert") == .anonymous)
  }

  @Test("a model takes as many requests a second as it may")
  func rate() throws {
    let limits = try Self.limits()
    let charge = try limits.admit(requestTo: "m", limit: 1)
    let refusal = try #require(throws: LimitRefusal.self) { try limits.admit(requestTo: "m", limit: 1) }
    #expect(refusal.error.message == "model: m has exceeded RPS: 1")
    #expect(refusal.mark.description == "x-error-model-rps-exceeded")
    #expect(refusal.retryAfter == 1)
    limits.takeBack(charge)
    #expect(try limits.admit(requestTo: "m", limit: 1) != nil)
    #expect(try limits.admit(requestTo: "m", limit: nil) == nil)
  }

  @Test("a profile takes as many as it may, beside its model; what it refuses is not counted of the model")
  func profileRate() throws {
    let limits = try Self.limits()
    func admit(_ profile: String?, _ limit: Int?) throws -> TrafficLimits.ModelCharge? {
      try limits.admit(requestTo: "m", limit: 3, profile: profile, profileLimit: limit)
    }
    let charge = try admit("bulk", 1)
    let refusal = try #require(throws: LimitRefusal.self) { try admit("bulk", 1) }
    #expect(refusal.error.message == "model: m, profile: bulk has exceeded RPS: 1")
    #expect(try admit("chat", 1) != nil)
    limits.takeBack(charge)
    #expect(try admit("bulk", 1) != nil)
    #expect(try admit(nil, nil) != nil)
    #expect(throws: LimitRefusal.self) { try admit(nil, nil) }
    #expect(try limits.admit(requestTo: "n", limit: nil, profile: "bulk", profileLimit: 1) != nil)
  }
}
