import Testing

@testable import MessagePack

@Suite("MessagePack")
struct MessagePackTests {
  private func items(_ bytes: [UInt8]) throws -> [MessagePackReader.Item] {
    var reader = MessagePackReader(bytes)
    var items: [MessagePackReader.Item] = []
    while !reader.isAtEnd { items.append(try reader.next()) }
    return items
  }

  @Test(
    "integers come back in their shortest form",
    arguments: [
      (0, 1), (127, 1), (128, 2), (255, 2), (256, 3), (65_535, 3), (65_536, 5), (4_294_967_295, 5), (4_294_967_296, 9),
      (.max, 9), (-1, 1), (-32, 1), (-33, 2), (-128, 2), (-129, 3), (-32_768, 3), (-32_769, 5), (-2_147_483_648, 5),
      (-2_147_483_649, 9), (.min, 9),
    ] as [(Int64, Int)])
  func integers(_ value: Int64, _ size: Int) throws {
    var writer = MessagePackWriter()
    writer.integer(value)
    #expect(writer.bytes.count == size)
    #expect(try items(writer.bytes) == [value < 0 ? .negative(value) : .unsigned(UInt64(value))])
  }

  @Test("the specification's forms are read")
  func forms() throws {
    #expect(try items([0xC0, 0xC2, 0xC3]) == [.null, .boolean(false), .boolean(true)])
    #expect(try items([0xCA, 0x3F, 0x80, 0, 0]) == [.number(1)])
    #expect(try items([0xCB, 0x3F, 0xF8, 0, 0, 0, 0, 0, 0]) == [.number(1.5)])
    #expect(try items([0xCF] + Array(repeating: 0xFF, count: 8)) == [.unsigned(.max)])
    #expect(try items([0xD0, 0x05, 0xD1, 0xFF, 0xFE]) == [.unsigned(5), .negative(-2)])
    #expect(try items([0xA2, 0x61, 0x62]) == [.text(1..<3)])
    #expect(try items([0xC4, 0x01, 0xFF]) == [.binary(2..<3)])
    #expect(try items([0xD4, 0x05, 0xFF]) == [.opaque(type: 5, 2..<3)])
    #expect(try items([0xC7, 0x02, 0xFF, 1, 2]) == [.opaque(type: -1, 3..<5)])
    #expect(try items([0x91, 0x81, 0xC0, 0xC0]) == [.array(1), .map(1), .null, .null])
    #expect(try items([0xDC, 0, 1, 0xC0]) == [.array(1), .null])
  }

  @Test(
    "texts, bytes, arrays and maps of all sizes come back", arguments: [0, 1, 15, 16, 31, 32, 255, 256, 65_535, 65_536])
  func sizes(_ count: Int) throws {
    var writer = MessagePackWriter()
    writer.text(String(repeating: "x", count: count))
    var reader = MessagePackReader(writer.bytes)
    guard case .text(let text) = try reader.next() else { throw MessagePackReader.Failure.truncated(at: 0) }
    #expect(text.count == count && reader.isAtEnd)
    writer = MessagePackWriter()
    writer.binary(Array(repeating: 7, count: count))
    reader = MessagePackReader(writer.bytes)
    guard case .binary(let data) = try reader.next() else { throw MessagePackReader.Failure.truncated(at: 0) }
    #expect(data.count == count && reader.isAtEnd)
    writer = MessagePackWriter()
    writer.array(count)
    for _ in 0..<count { writer.null() }
    writer.map(count)
    for _ in 0..<(2 * count) { writer.boolean(true) }
    reader = MessagePackReader(writer.bytes)
    try reader.skip()
    try reader.skip()
    #expect(reader.isAtEnd)
  }

  @Test("what is cut off, or promises more than there is, is refused")
  func truncated() {
    let cases: [[UInt8]] = [
      [], [0xCC], [0xCB, 0], [0xA2, 0x61], [0xC4, 0x02, 0], [0xDB, 0xFF, 0xFF, 0xFF, 0xFF], [0x92, 0xC0],
      [0xDF, 0xFF, 0xFF, 0xFF, 0xFF, 0], [0xC7, 0x01], [0xD8, 0, 1],
    ]
    for bytes in cases {
      #expect(throws: MessagePackReader.Failure.truncated(at: 0), "\(bytes)") {
        var reader = MessagePackReader(bytes)
        _ = try reader.next()
        while !reader.isAtEnd { _ = try reader.next() }
        throw MessagePackReader.Failure.reservedByte(at: 99)
      }
    }
    #expect(throws: MessagePackReader.Failure.reservedByte(at: 0)) { try items([0xC1]) }
  }

  @Test("arrays nested a million deep are passed over")
  func deep() throws {
    var reader = MessagePackReader(Array(repeating: 0x91, count: 1_000_000) + [0xC0])
    try reader.skip()
    #expect(reader.isAtEnd)
  }
}
