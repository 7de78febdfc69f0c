import ChatProtocols
import Fleet

/// Whose request it is, where users are counted, and what is known of its tokens while the answer comes. Used by one thread.
package struct UserTally {
  /// The user's name.
  package let name: String
  /// Their requests of this minute, with this one.
  package let requests: Int
  private var events = EventCounter()
  private var expectedPromptTokens = 0

  package init(name: String, requests: Int) {
    self.name = name
    self.requests = requests
  }

  /// A sound answer begins.
  ///
  /// - Parameter expectedPromptTokens: the prompt's length as it is guessed.
  package mutating func answerBegan(expectedPromptTokens: Int) { self.expectedPromptTokens = expectedPromptTokens }

  /// Bytes of a sound event stream have come.
  package mutating func received(_ bytes: UnsafeRawBufferPointer) { events.append(bytes) }

  /// The tokens that the request took.
  ///
  /// A stream that ended without telling them, as it does when its client leaves, took what can be known: its prompt, by
  /// guess where that was not told either, and a token for each event.
  ///
  /// - Parameters:
  ///   - facts: what the answer told.
  ///   - isWhole: the answer came to its end. Until then what it told of generated tokens is what there was at the
  ///     beginning.
  package func tokens(told facts: AnswerFacts, isWhole: Bool) -> Int {
    if facts.promptTokens == nil, events.count > 0 { return expectedPromptTokens + events.count }
    let generated = facts.generatedTokens ?? 0
    return (facts.promptTokens ?? 0) + (isWhole ? generated : max(generated, events.count))
  }
}
