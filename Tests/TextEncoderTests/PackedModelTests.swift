import Foundation
import Testing

@testable import TextEncoder

@Suite("Packed models")
struct PackedModelTests {
  private func message(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch { return "\(error)" }
  }

  @Test("a file with any byte changed, or cut short, is refused")
  func damage() throws {
    let path = Fixtures.temporaryPath("damage")
    defer { unlink(path) }
    try PackedModel.pack(folder: Fixtures.path("bert-sequence"), to: path)
    let bytes = [UInt8](try #require(FileManager.default.contents(atPath: path)))
    for place in [3, 40, 300, bytes.count / 2, bytes.count - 1] {
      var other = bytes
      other[place] ^= 0x10
      try Data(other).write(to: URL(fileURLWithPath: path))
      #expect(throws: EncoderModelError.self) { try PackedModel(path: path) }
    }
    try Data(bytes[..<(bytes.count / 2)]).write(to: URL(fileURLWithPath: path))
    #expect(throws: EncoderModelError.self) { try PackedModel(path: path) }
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    #expect(throws: Never.self) { try PackedModel(path: path) }
  }

  @Test("packing twice writes the same bytes")
  func deterministic() throws {
    let paths = [Fixtures.temporaryPath("first"), Fixtures.temporaryPath("second")]
    defer { for path in paths { unlink(path) } }
    for path in paths { try PackedModel.pack(folder: Fixtures.path("modernbert-token"), to: path) }
    let contents = paths.map { FileManager.default.contents(atPath: $0) }
    #expect(contents[0] == contents[1])
  }

  @Test("a missing tensor, a wrong shape and a missing file are named")
  func missing() throws {
    let folder = Fixtures.temporaryPath("folder")
    let files = FileManager.default
    try files.copyItem(atPath: Fixtures.path("bert-sequence"), toPath: folder)
    defer { try? files.removeItem(atPath: folder) }
    let target = Fixtures.temporaryPath("target")
    var config = try String(contentsOfFile: "\(folder)/config.json", encoding: .utf8)
    config = config.replacingOccurrences(of: "\"num_hidden_layers\": 2", with: "\"num_hidden_layers\": 3")
    try config.write(toFile: "\(folder)/config.json", atomically: true, encoding: .utf8)
    let text = try #require(message { try PackedModel.pack(folder: folder, to: target) })
    #expect(
      text.contains("lacks the tensor encoder.layer.2.attention.self.query.weight or bert.encoder.layer.2"), "\(text)")
    config = config.replacingOccurrences(of: "\"intermediate_size\": 64", with: "\"intermediate_size\": 48")
    try config.write(toFile: "\(folder)/config.json", atomically: true, encoding: .utf8)
    #expect(
      message { try PackedModel.pack(folder: folder, to: target) }?.hasSuffix(
        "tensor encoder.layer.0.intermediate.dense.weight has the shape [64, 32], not [48, 32]") == true)
    try files.removeItem(atPath: "\(folder)/tokenizer.json")
    #expect(message { try PackedModel.pack(folder: folder, to: target) }?.contains("lacks tokenizer.json") == true)
  }

  @Test("a half is widened exactly")
  func halves() {
    #expect(TensorFile.widened(0x3C00) == 1)
    #expect(TensorFile.widened(0xC000) == -2)
    #expect(TensorFile.widened(0x7BFF) == 65504)
    #expect(TensorFile.widened(0x0001) == 0x1p-24)
    #expect(TensorFile.widened(0x7C00) == .infinity)
  }
}
