import ChatProtocols
import Fleet
import Testing

@testable import Gateway

@Suite struct UserTallyTests {
  private static let events = Array("data: {}\n\ndata: {}\n\n".utf8)

  private static func tally(hasEvents: Bool) -> UserTally {
    var tally = UserTally(name: "ann", requests: 1)
    tally.answerBegan(expectedPromptTokens: 10)
    if hasEvents { Self.events.withUnsafeBytes { tally.received($0) } }
    return tally
  }

  @Test("what an answer told counts, be it a stream or none", arguments: [false, true])
  func told(hasEvents: Bool) {
    let tally = Self.tally(hasEvents: hasEvents)
    #expect(tally.tokens(told: AnswerFacts(promptTokens: 30, generatedTokens: 12), isWhole: true) == 42)
    #expect(tally.tokens(told: AnswerFacts(promptTokens: 30), isWhole: true) == 30)
  }

  /// As Anthropic's streams do, which tell the prompt's tokens and one of the answer's first.
  @Test("a stream that told its beginning and then broke off took a token for each event")
  func begun() {
    let tally = Self.tally(hasEvents: true)
    #expect(tally.tokens(told: AnswerFacts(promptTokens: 30, generatedTokens: 1), isWhole: false) == 32)
    #expect(tally.tokens(told: AnswerFacts(promptTokens: 30, generatedTokens: 12), isWhole: false) == 42)
  }

  @Test("a stream that told nothing took its prompt and a token for each event")
  func untold() { #expect(Self.tally(hasEvents: true).tokens(told: AnswerFacts(), isWhole: false) == 12) }

  @Test("what is no stream and told nothing took nothing that is known")
  func nothing() { #expect(Self.tally(hasEvents: false).tokens(told: AnswerFacts(), isWhole: true) == 0) }
}
