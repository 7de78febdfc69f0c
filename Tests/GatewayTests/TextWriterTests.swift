import Testing

@testable import Gateway

@Suite("Putting heads together") struct TextWriterTests {
  private func text(_ write: (TextWriter) -> Void) -> String {
    let writer = TextWriter(capacity: 0)
    write(writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  @Test("numbers are written as their digits", arguments: [0, 7, 9, 10, 99, 100, 12_345, -1, -120, .max, .min])
  func decimal(_ value: Int) {
    #expect(text { $0.writeDecimal(value) } == "\(value)")
  }

  @Test("a power of ten has one digit more than the number before it")
  func powersOfTen() {
    var power = 1
    for _ in 0..<18 {
      power *= 10
      #expect(text { $0.writeDecimal(power) } == "\(power)")
      #expect(text { $0.writeDecimal(power - 1) } == "\(power - 1)")
    }
  }

  @Test("a value cannot end its line")
  func fields() {
    #expect(text { $0.writeField("x-a", "b\r\nx-c: d\u{7F}é") } == "x-a: b  x-c: d é\r\n")
    #expect(text { $0.writeField("x-a", "") } == "x-a: \r\n")
  }

  @Test("pieces of every kind follow each other, however often the memory grows")
  func growth() {
    var expected = ""
    let written = text { writer in
      for number in 0..<2_000 {
        writer.writeStaticString("n=")
        writer.writeDecimal(number)
        writer.writeString("é;")
        writer.writeBytes(Array("|".utf8))
        expected += "n=\(number)é;|"
      }
    }
    #expect(written == expected)
  }

  @Test("a cleared writer begins anew")
  func clear() {
    let written = text {
      $0.writeString("before")
      $0.clear()
      $0.writeString("after")
    }
    #expect(written == "after")
  }
}
