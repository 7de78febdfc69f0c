import Testing

@testable import Balancing

@Suite("Names of strategies") struct RoutingStrategyTests {
  @Test("every name is read, and written as it was read", arguments: StrategyKind.allCases)
  func names(kind: StrategyKind) throws {
    let strategy = try RoutingStrategy(parsing: kind.rawValue)
    #expect(strategy.parts.map(\.kind) == [kind])
    #expect(strategy.description == kind.rawValue)
    #expect(!kind.documentation.summary.isEmpty)
    #expect(kind.documentation.substitute?.documentation.substitute != kind)
  }

  @Test("weights are read; a part of weight 0 is left out")
  func weights() throws {
    let strategy = try RoutingStrategy(parsing: " prefix-cache:2, least-request ,throughput:0")
    #expect(strategy.parts.map(\.kind) == [.prefixCache, .leastRequest])
    #expect(strategy.parts.map(\.weight) == [2, 1])
    #expect(strategy.heaviest == .prefixCache)
    #expect(strategy.description == "prefix-cache:2,least-request:1")
  }

  @Test(
    "errors name the part and the way out",
    arguments: [
      ("least-requests", "routing strategy \"least-requests\" is not known; did you mean least-request?"),
      (
        "least-request:-1",
        "routing strategy least-request has the weight \"-1\"; a weight is a whole number from 0 to 1000000"
      ),
      (
        "least-request:1000001",
        "routing strategy least-request has the weight \"1000001\"; a weight is a whole number from 0 to 1000000"
      ),
      (
        "random,least-request",
        "routing strategy random gives no scores and cannot be combined with others; ask for it alone"
      ),
      (
        "throughput,throughput:2",
        "routing strategy throughput stands twice in the combination; give it one weight"
      ),
      (
        "throughput:0",
        "every routing strategy of the combination has the weight 0; give one a weight of 1 or more"
      ),
      (
        "a,b,c,d,e,f,g,h,i",
        "a combination of 9 routing strategies is too long; at most 8 may be combined"
      ),
    ])
  func errors(text: String, message: String) {
    do throws(RoutingStrategyError) {
      _ = try RoutingStrategy(parsing: text)
      Issue.record("\(text) was read")
    } catch { #expect(error.description == message) }
  }

  @Test("an empty or strange name lists the known ones")
  func unknown() {
    for text in ["", "zzzzzzzzzzzzzzzz"] {
      #expect(throws: RoutingStrategyError.unknown(name: text, nearest: nil)) { try RoutingStrategy(parsing: text) }
    }
  }

  @Test("locked goes before header, header before profile, profile before the model's own")
  func precedence() throws {
    var precedence = StrategyPrecedence()
    #expect(try precedence.strategy(header: nil as String?) == RoutingStrategy(.leastTTFT))
    let profile = RoutingStrategy(.throughput)
    #expect(try precedence.strategy(header: "", profile: profile) == profile)
    #expect(try precedence.strategy(header: "random", profile: profile) == RoutingStrategy(.random))
    #expect(throws: RoutingStrategyError.self) { try precedence.strategy(header: "nonsense", profile: profile) }
    precedence.locked = RoutingStrategy(.slo)
    #expect(try precedence.strategy(header: "nonsense", profile: profile) == RoutingStrategy(.slo))
  }
}
