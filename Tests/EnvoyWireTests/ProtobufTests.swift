import Testing

@testable import EnvoyWire

@Suite("Protobuf") struct ProtobufTests {
  private func fields(_ bytes: [UInt8]) throws -> [ProtobufReader.Field] {
    try bytes.withUnsafeBytes { bytes in
      var reader = ProtobufReader(bytes)
      var fields: [ProtobufReader.Field] = []
      while let field = try reader.next() { fields.append(field) }
      return fields
    }
  }

  @Test("the encoding guide's examples read as it says")
  func examples() throws {
    #expect(try fields([0x08, 0x96, 0x01]) == [.init(number: 1, value: .varint(150), offset: 0)])
    #expect(
      try fields([0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6E, 0x67])
        == [.init(number: 2, value: .bytes(2..<9), offset: 0)])
    #expect(
      try fields([0x1A, 0x03, 0x08, 0x96, 0x01, 0x25, 1, 2, 3, 4, 0x29, 1, 2, 3, 4, 5, 6, 7, 8])
        == [
          .init(number: 3, value: .bytes(2..<5), offset: 0), .init(number: 4, value: .fixed32, offset: 5),
          .init(number: 5, value: .fixed64, offset: 10),
        ])
    #expect(try fields([]) == [])
  }

  static let malformed: [([UInt8], ProtobufError)] = [
    ([0x08], .truncated(at: 1)), ([0x08, 0x80], .truncated(at: 1)), ([0x0A, 0x02, 0x00], .truncated(at: 0)),
    ([0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], .truncated(at: 0)),
    ([0x0D, 1, 2, 3], .truncated(at: 0)), ([0x09, 1, 2, 3, 4, 5, 6, 7], .truncated(at: 0)),
    ([0x00, 0x00], .badFieldNumber(at: 0)), ([0x80, 0x80, 0x80, 0x80, 0x10, 0x00], .badFieldNumber(at: 0)),
    ([0x0B], .unknownWireType(3, at: 0)), ([0x0C], .unknownWireType(4, at: 0)), ([0x0E], .unknownWireType(6, at: 0)),
    ([0x08] + [UInt8](repeating: 0xFF, count: 9) + [0x02], .malformedVarint(at: 1)),
    ([0x08] + [UInt8](repeating: 0x80, count: 10) + [0x00], .malformedVarint(at: 1)),
  ]

  @Test("what is no message is refused with its place", arguments: malformed)
  func refused(_ bytes: [UInt8], _ error: ProtobufError) {
    #expect(throws: error) { try fields(bytes) }
  }

  @Test(
    "a message's length takes as few bytes as it needs, whatever was expected",
    arguments: [0, 1, 127, 128, 300, 20_000])
  func lengths(_ expected: Int) {
    for count in [0, 1, 100, 125, 126, 127, 128, 16_380, 16_384] {
      var writer = ProtobufWriter()
      writer.varint(1, 7)
      writer.message(2, expecting: expected) { $0.raw([UInt8](repeating: 1, count: count)) }
      var plain = ProtobufWriter()
      plain.varint(1, 7)
      plain.bytes(2, [UInt8](repeating: 1, count: count))
      #expect(writer.bytes == plain.bytes, "\(count) bytes")
    }
  }

  @Test("a field of another wire type than its own is named")
  func wireTypes() throws {
    let field = try #require(try fields([0x08, 0x01]).first)
    #expect(throws: ProtobufError.wrongWireType(field: 1, at: 0)) { try field.range() }
    #expect(try field.boolean())
    let text = try #require(try fields([0x0A, 0x00]).first)
    #expect(throws: ProtobufError.wrongWireType(field: 1, at: 0)) { try text.integer() }
  }
}
