import Foundation
import Testing

@testable import EngineSimulator

@Suite("Configuration files that cannot be used")
struct ConfigurationFileTests {
  private func failure(_ path: String, _ readFile: (String) throws -> String) -> String {
    do {
      _ = try EngineSimulatorOptions(arguments: ["--config", path], environment: [:], readFile: readFile)
      return "no error"
    } catch {
      return error.message
    }
  }

  /// Reads as the command does.
  private func read(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  @Test("a file that is not there is one plain line")
  func missing() {
    #expect(
      failure("/no/such/sim.yaml", read) == "--config /no/such/sim.yaml: the file cannot be read: there is no such file"
    )
  }

  @Test("a folder, and a file that is no text, say so")
  func unreadable() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "engine-sim-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(failure(folder.path, read) == "--config \(folder.path): the file cannot be read: it is a folder")
    let file = folder.appending(path: "sim.yaml")
    try Data([0x61, 0xFF, 0xFE, 0x00, 0xC3]).write(to: file)
    #expect(failure(file.path, read) == "--config \(file.path): the file cannot be read: it is not UTF-8 text")
  }

  @Test("any other error of Foundation's is told without its contents")
  func opaque() {
    let inner = NSError(domain: NSPOSIXErrorDomain, code: Int(EACCES))
    let wrapped = NSError(domain: NSCocoaErrorDomain, code: 256, userInfo: [NSUnderlyingErrorKey: inner])
    #expect(failure("c", { _ in throw wrapped }) == "--config c: the file cannot be read: permission is denied")
    let unknown = NSError(domain: "d", code: 1, userInfo: ["k": "v"])
    #expect(failure("c", { _ in throw unknown }) == "--config c: the file cannot be read: its reading failed")
    #expect(
      failure("c", { _ in throw OptionError("no network\nsecond line") })
        == "--config c: the file cannot be read: no network")
  }

  @Test("YAML that is none gives its place and one line")
  func invalid() {
    let message = failure("sim.yaml") { _ in "model: m\nport: [1, 2\nseed: 3\n" }
    #expect(message.hasPrefix("sim.yaml:3:"), "\(message)")
    #expect(message.contains(": not valid YAML: "), "\(message)")
    #expect(!message.contains("\n"), "\(message)")
  }
}
