/// The sentences of random answers.
enum RandomText {
  private static let sentences: [[String]] = [
    "Testing, testing 1,2,3. ",
    "I am fine, how are you today? ",
    "Today is a nice sunny day. ",
    "This answer comes from a simulator and means nothing. ",
    "A stitch in time saves nine. ",
    "All that glitters is not gold. ",
    "Many hands make light work, and a good plan makes lighter work. ",
    "The early bird catches the worm; the second mouse gets the cheese. ",
    "Water boils at one hundred degrees at the level of the sea. ",
    "Seven trains left the station: four to the north, three to the south. ",
    "Well begun is half done. ",
  ].map(DummyTokenizer.tokens)

  /// Sentences in random order, cut after `count` tokens.
  static func tokens(count: Int, random: inout SeededRandom) -> [String] {
    var tokens: [String] = []
    tokens.reserveCapacity(count + 16)
    while tokens.count < count {
      tokens += sentences[random.integer(in: 0...(sentences.count - 1))]
    }
    tokens.removeLast(tokens.count - count)
    return tokens
  }

  /// Words for string arguments of tool calls.
  static let words = [
    "alpha", "bravo", "cedar", "delta", "ember", "falcon", "garden", "harbour", "island", "juniper",
  ]
}
