/// What a grammar makes of a place in a text.
struct GrammarMatch {
  let type: PersonalDataType
  let range: Range<Int>
  let confidence: Double

  init(_ type: PersonalDataType, _ range: Range<Int>, _ confidence: Double) {
    self.type = type
    self.range = range
    self.confidence = confidence
  }
}
