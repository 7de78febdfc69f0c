import Testing

@testable import Gateway

@Suite("The date of own answers") struct DateLineTests {
  @Test("is RFC 9110's, and made anew when the second changes")
  func form() {
    var line = DateLine()
    // The RFC's own example, and the leap day's last second.
    #expect(String(decoding: line.bytes(at: 784_111_777), as: UTF8.self) == "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n")
    #expect(String(decoding: line.bytes(at: 784_111_778), as: UTF8.self) == "date: Sun, 06 Nov 1994 08:49:38 GMT\r\n")
    #expect(String(decoding: line.bytes(at: 951_868_799), as: UTF8.self) == "date: Tue, 29 Feb 2000 23:59:59 GMT\r\n")
    #expect(String(decoding: line.bytes(at: 0), as: UTF8.self) == "date: Thu, 01 Jan 1970 00:00:00 GMT\r\n")
  }
}
