import Seeded
import Testing

@testable import Reading

@Suite("Redaction")
struct PersonalDataRedactionTests {
  private static func redacted(_ text: String, _ placeholder: Redaction.Placeholder) -> (Redaction, String) {
    let redaction = Array(text.utf8).withUnsafeBytes { bytes in
      Redaction(bytes, spans: PersonalDataFinder().find(in: bytes), placeholder: placeholder)
    }
    return (redaction, String(decoding: redaction.text, as: UTF8.self))
  }

  private static func restored(_ redaction: Redaction, _ text: String) -> String {
    String(decoding: Array(text.utf8).withUnsafeBytes { redaction.restored($0) }, as: UTF8.self)
  }

  @Test("values become their type")
  func types() {
    let (redaction, text) = Self.redacted("Mail ada@example.org or bob@example.org.", .type)
    #expect(text == "Mail [EMAIL_ADDRESS] or [EMAIL_ADDRESS].")
    #expect(redaction.replacements == 2)
  }

  @Test("equal values get the same number, and the way back is the text")
  func numbers() {
    let original = "“ada@example.org”, bob@example.org – ada@example.org; 4111 1111 1111 1111"
    let (redaction, text) = Self.redacted(original, .numbered)
    #expect(text == "“<EMAIL_ADDRESS_1>”, <EMAIL_ADDRESS_2> – <EMAIL_ADDRESS_1>; <CREDIT_CARD_1>")
    #expect(Self.restored(redaction, text) == original)
    #expect(Self.restored(redaction, "Write to <EMAIL_ADDRESS_2>.") == "Write to bob@example.org.")
  }

  @Test("what is no placeholder of this text is left alone")
  func others() {
    let (redaction, _) = Self.redacted("ada@example.org", .numbered)
    for text in ["<EMAIL_ADDRESS_2>", "<EMAIL_ADDRESS_>", "<email_address_1>", "<<EMAIL_ADDRESS_1", "<_1>", ""] {
      #expect(Self.restored(redaction, text) == text)
    }
    #expect(Self.restored(redaction, "<<EMAIL_ADDRESS_1>>") == "<ada@example.org>")
  }

  @Test("a placeholder that the text holds is not used again")
  func taken() {
    let original = "<EMAIL_ADDRESS_1> is ada@example.org"
    let (redaction, text) = Self.redacted(original, .numbered)
    #expect(text == "<EMAIL_ADDRESS_1> is <EMAIL_ADDRESS_2>")
    #expect(Self.restored(redaction, text) == original)
  }

  @Test("the description holds no value")
  func description() {
    let (redaction, _) = Self.redacted("ada@example.org", .numbered)
    #expect("\(redaction)" == "a redaction of 1 values")
  }

  @Test("spans that overlap or leave the text are cut")
  func odd() {
    let spans = [(4, 8), (0, 5), (2, 3), (9, 99), (50, 60)].map {
      PersonalDataSpan(type: .person, range: $0.0..<$0.1, confidence: 1)
    }
    let redaction = Array("0123456789".utf8).withUnsafeBytes { Redaction($0, spans: spans, placeholder: .type) }
    #expect(String(decoding: redaction.text, as: UTF8.self) == "[PERSON][PERSON]8[PERSON]")
  }

  @Test("random texts and spans come back")
  func roundTrip() {
    let seed = UInt64.random(in: 0...UInt64(UInt32.max))
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<2_000 {
      let text = (0..<Int(generator.next() % 60)).map { _ in
        "<PERSON_12> \u{e9}".utf8.randomElement(using: &generator) ?? 0
      }
      let spans = (0..<generator.next() % 6).map { _ in
        let start = Int(generator.next() % 60)
        return PersonalDataSpan(
          type: generator.next() % 2 == 0 ? .person : .title, range: start..<start + 1 + Int(generator.next() % 9),
          confidence: 1)
      }
      let redaction = text.withUnsafeBytes { Redaction($0, spans: spans, placeholder: .numbered) }
      // A placeholder that arises where a cut `<` meets what stands beside is beyond the promise: then nothing is compared.
      let arises = redaction.text.count(where: { $0 == UInt8(ascii: "<") }) != redaction.replacements
      if !arises {
        #expect(redaction.text.withUnsafeBytes { redaction.restored($0) } == text, "seed \(seed)")
      }
    }
  }
}
