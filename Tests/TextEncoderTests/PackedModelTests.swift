import Digests
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

  /// What packing a fixture says once its files were changed; nil: it was packed.
  private func message(packing name: String, file: String, replacing old: String, with new: String) throws -> String? {
    let folder = Fixtures.temporaryPath("folder")
    let target = Fixtures.temporaryPath("target")
    try FileManager.default.copyItem(atPath: Fixtures.path(name), toPath: folder)
    defer {
      try? FileManager.default.removeItem(atPath: folder)
      unlink(target)
    }
    var bytes = try #require(FileManager.default.contents(atPath: "\(folder)/\(file)"))
    while let range = bytes.range(of: Data(old.utf8)) { bytes.replaceSubrange(range, with: Data(new.utf8)) }
    try bytes.write(to: URL(fileURLWithPath: "\(folder)/\(file)"))
    return message { try PackedModel.pack(folder: folder, to: target) }
  }

  @Test(
    "weights that no layer reads are refused: of layers that config.json does not name, of a head of another kind",
    arguments: [
      ("bert-sequence", "config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1", "encoder.layer.1."),
      ("modernbert-token", "config.json", "\"num_hidden_layers\": 4", "\"num_hidden_layers\": 3", "layers.3."),
      ("bert-sequence", "model.safetensors", "\"classifier.", "\"qa_outputx.", "tensor qa_outputx."),
    ])
  func unread(name: String, file: String, old: String, new: String, expected: String) throws {
    let text = try #require(try message(packing: name, file: file, replacing: old, with: new))
    #expect(text.contains("no layer of the model reads the tensor"), "\(text)")
    #expect(text.contains(expected), "\(text)")
  }

  @Test("an adapter of matrices that the model does not have is refused, and one of several ranks")
  func adapters() throws {
    let other = try message(
      packing: "bert-adapter", file: "adapter_model.safetensors", replacing: "layer.1.attention.self.value.lora",
      with: "layer.7.attention.self.value.lora")
    #expect(
      other?.contains("adapts encoder.layer.7.attention.self.value.weight, which no layer") == true, "\(other ?? "")")
    let dense = try message(
      packing: "bert-adapter", file: "adapter_model.safetensors", replacing: "model.classifier.bias",
      with: "model.classifierx.bia")
    #expect(dense?.contains("adapts classifierx.bia, which no layer") == true, "\(dense ?? "")")
    for key in ["rank_pattern", "alpha_pattern"] {
      func packing(_ value: String) throws -> String? {
        try message(
          packing: "bert-adapter", file: "adapter_config.json", replacing: "\"bias\": \"none\"",
          with: "\"bias\":\"none\", \"\(key)\": \(value)")
      }
      #expect(try packing(#"{"layer.1.value": 8}"#)?.contains("\(key) (layer.1.value) is not supported") == true)
      #expect(try packing("{}") == nil)
    }
  }

  @Test("weights that are no finite numbers are refused, by name and place", arguments: [Float.nan, .infinity])
  func notFinite(value: Float) throws {
    let folder = Fixtures.temporaryPath("folder")
    let target = Fixtures.temporaryPath("target")
    try FileManager.default.copyItem(atPath: Fixtures.path("bert-sequence"), toPath: folder)
    defer {
      try? FileManager.default.removeItem(atPath: folder)
      unlink(target)
    }
    let path = "\(folder)/model.safetensors"
    var bytes = try #require(FileManager.default.contents(atPath: path))
    // The last four bytes are a number of some tensor.
    withUnsafeBytes(of: value.bitPattern.littleEndian) {
      bytes.replaceSubrange(bytes.count - 4..<bytes.count, with: $0)
    }
    try bytes.write(to: URL(fileURLWithPath: path))
    let text = try #require(message { try PackedModel.pack(folder: folder, to: target) })
    #expect(text.contains("has a value that is no finite number"), "\(text)")
  }

  @Test("a packed file says which weights it is of, with an adapter those of both, and an older file nothing")
  func weights() throws {
    let plain = try Fixtures.packed("bert-sequence").weightsDigest
    let file = try #require(FileManager.default.contents(atPath: Fixtures.path("bert-sequence") + "/model.safetensors"))
    #expect(plain == SHA256.hexDigest(of: [UInt8](file)))
    let adapted = try #require(try Fixtures.packed("bert-adapter").weightsDigest)
    #expect(adapted.count == 129)
    #expect(adapted.contains("+"))
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
