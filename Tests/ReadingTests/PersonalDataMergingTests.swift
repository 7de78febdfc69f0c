import Testing

@testable import Reading

@Suite("Spans of two finders")
struct PersonalDataMergingTests {
  private static func span(_ type: PersonalDataType, _ range: Range<Int>, _ confidence: Double) -> PersonalDataSpan {
    PersonalDataSpan(type: type, range: range, confidence: confidence)
  }

  @Test("the surer of two that overlap stays, and what it does not touch")
  func merging() {
    let formed = [Self.span(.streetAddress, 0..<4, 0.6), Self.span(.emailAddress, 8..<20, 0.99)]
    let names = [
      Self.span(.person, 3..<9, 0.7), Self.span(.person, 10..<14, 0.98), Self.span(.person, 20..<24, 0.5),
    ]
    #expect(PersonalDataSpan.merging(formed, names) == [formed[0], formed[1], names[2]])
  }

  @Test("of equals the form comes first, and neighbours do not overlap")
  func equals() {
    let form = Self.span(.title, 0..<3, 0.9)
    let names = [Self.span(.person, 0..<3, 0.9), Self.span(.person, 3..<7, 0.9)]
    #expect(PersonalDataSpan.merging([form], names) == [form, names[1]])
    #expect(PersonalDataSpan.merging([], []) == [])
  }
}
