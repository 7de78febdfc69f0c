import Foundation
import Testing

@testable import ModelStore

@Suite("The store of models")
struct ModelStoreTests {
  @Test(
    "its folder is the one that the environment names",
    arguments: [
      (["SWITCHYARD_MODELS": "/models/", "HOME": "/home/me"], "/models"),
      (["SWITCHYARD_MODELS": "models"], "models"),
      (["SWITCHYARD_MODELS": "", "XDG_CACHE_HOME": "/cache", "HOME": "/home/me"], "/cache/switchyard/models"),
      (["XDG_CACHE_HOME": "relative", "HOME": "/home/me"], "/home/me/.cache/switchyard/models"),
      (["HOME": "/home/ann/"], "/home/ann/.cache/switchyard/models"),
      ([:], "/var/cache/switchyard/models"),
    ])
  func standardFolder(_ environment: [String: String], _ folder: String) {
    let store = ModelStore.standard(environment: environment)
    #expect(store.folder == folder)
    #expect(store.packedFile(of: ModelStore.defaultModel) == "\(folder)/all-MiniLM-L6-v2.packed")
  }

  @Test(
    "a name leads nowhere else",
    arguments: [
      ("all-MiniLM-L6-v2", true), ("a", true), ("A_1.b-c", true), ("", false), ("..", false), (".hidden", false),
      ("a/b", false), ("a b", false), ("a.packed", false), ("ä", false), (String(repeating: "a", count: 129), false),
    ])
  func names(_ name: String, _ isName: Bool) { #expect(ModelStore.isName(name) == isName) }

  @Test("a folder that is not there has no models")
  func empty() throws {
    let store = try Scratch().store
    #expect(store.installed().isEmpty)
    #expect(store.installed("tiny") == nil)
  }

  @Test("a model's damage is found by its checksum, another file in its place by its SHA-256")
  func damage() async throws {
    let scratch = try Scratch()
    let store = scratch.store
    for name in ["tiny", "other"] {
      _ = try await ModelFetch.offline(name, from: TinyModel.folder, into: store).run(replaces: false)
    }
    #expect(store.installed().map(\.name) == ["other", "tiny"])
    #expect(store.installed().allSatisfy { $0.damage() == nil })

    let path = store.packedFile(of: "tiny")
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes[bytes.count / 2] ^= 1
    try bytes.write(to: URL(fileURLWithPath: path))
    let damaged = try #require(store.installed("tiny"))
    #expect(throws: ModelStoreError.self) { try damaged.content.get() }
    #expect(damaged.damage()?.description.contains("\(path): is damaged: its checksum is") == true)

    var origin = try #require(ModelOrigin(file: store.originFile(of: "other")))
    origin.packed = String(repeating: "0", count: 64)
    try origin.write(to: store.originFile(of: "other"))
    #expect(store.installed("other")?.damage()?.problem.hasPrefix("is not the file that was packed") == true)
  }
}
