import EngineClient
import Foundation
import RouterConfig
import Synchronization
import Testing

@testable import Discovery

/// A file that the test writes, without a file system.
private final class PretendedFile: Sendable {
  private struct State {
    var text: String?
    var stamp = FileStamp(inode: 1, size: 0, modified: 0)
    var reads = 0
    /// Written when the file is read next.
    var whileReading: String?
  }

  private let state = Mutex(State())

  var reads: Int { state.withLock { $0.reads } }

  func write(_ text: String?) {
    state.withLock { state in
      state.text = text
      state.stamp = FileStamp(inode: 1, size: Int64(text?.utf8.count ?? 0), modified: state.stamp.modified + 1)
    }
  }

  func writeWhileReading(_ text: String) { state.withLock { $0.whileReading = text } }

  var source: EndpointsFile.Source {
    EndpointsFile.Source(
      stamp: { _ in self.state.withLock { $0.text == nil ? nil : $0.stamp } },
      read: { _ in
        let (bytes, next) = self.state.withLock { state in
          state.reads += 1
          defer { state.whileReading = nil }
          return (state.text.map { Array($0.utf8) }, state.whileReading)
        }
        if let next { self.write(next) }
        return bytes
      })
  }
}

@Suite("The endpoints file is watched")
struct EndpointsFileTests {
  private let pretended = PretendedFile()

  private func text(_ port: Int) -> String { "models: [{name: a, endpoints: [\"h:\(port)\"]}]\n" }

  private func port(_ outcome: EndpointsFile.Outcome) -> Int? {
    if case .loaded(let document, _) = outcome { document.models.first?.endpoints.first?.port } else { nil }
  }

  @Test("it is read once for each change")
  func change() {
    let file = EndpointsFile(path: "e.yaml", source: pretended.source)
    pretended.write(text(1))
    #expect(port(file.check()) == 1)
    #expect(file.check() == .unchanged)
    pretended.write(text(2))
    #expect(port(file.check()) == 2)
    #expect(file.check() == .unchanged)
    #expect(pretended.reads == 2)
  }

  @Test("SIGHUP reads it whether or not it changed")
  func reload() {
    let file = EndpointsFile(path: "e.yaml", source: pretended.source)
    pretended.write(text(1))
    #expect(port(file.check()) == 1)
    #expect(port(file.reload()) == 1)
  }

  @Test("a bad file is told of once, with the place")
  func bad() {
    let file = EndpointsFile(path: "e.yaml", source: pretended.source)
    pretended.write("models:\n  - name: a\n")
    guard case .refused(let reason) = file.check() else {
      Issue.record("it was taken")
      return
    }
    #expect(reason.hasPrefix("e.yaml:2:5: model \"a\" has neither endpoints nor rolesets"))
    #expect(file.check() == .unchanged)
    pretended.write(text(3))
    #expect(port(file.check()) == 3)
  }

  @Test("a file that is gone is told of once, and read when it is back")
  func missing() {
    let file = EndpointsFile(path: "e.yaml", source: pretended.source)
    guard case .refused = file.check() else {
      Issue.record("it was read")
      return
    }
    #expect(file.check() == .unchanged)
    pretended.write(text(4))
    #expect(port(file.check()) == 4)
  }

  @Test("a file that changes while it is read is read again")
  func halfWritten() {
    let file = EndpointsFile(path: "e.yaml", source: pretended.source)
    pretended.write("models: [")
    pretended.writeWhileReading(text(5))
    #expect(file.check() == .unchanged)
    #expect(port(file.check()) == 5)
  }

  @Test("a file put in the place of another is noticed on a real file system")
  func realFiles() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("e.yaml").path
    let file = EndpointsFile(path: path)
    guard case .refused = file.check() else {
      Issue.record("there is no file yet")
      return
    }
    try text(6).write(toFile: path, atomically: true, encoding: .utf8)
    #expect(port(file.check()) == 6)
    #expect(file.check() == .unchanged)
    try text(7).write(toFile: path, atomically: true, encoding: .utf8)
    #expect(port(file.check()) == 7)
    try Data().write(to: URL(fileURLWithPath: path))
    guard case .refused(let reason) = file.check() else {
      Issue.record("an empty file was taken")
      return
    }
    #expect(reason.contains("the document is empty"))
    #expect(FileStamp(path: folder.path) == nil)
  }

  @Test("an engine that the file may name is one whose metrics can be read, and the other way round")
  func engines() {
    for name in EndpointsDocument.engines { #expect(EngineDialect.named(name) != nil, "\(name)") }
    for dialect in EngineDialect.all { #expect(EndpointsDocument.engines.contains(dialect.name)) }
  }
}
