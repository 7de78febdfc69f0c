import Foundation
import Testing

@testable import Reading

@Suite("The signal reference")
struct SignalReferenceTests {
  @Test("docs/signals.md says what the build does (switchyard config reference --signals > docs/signals.md)")
  func documentation() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let page = try String(contentsOf: root.appendingPathComponent("docs/signals.md"), encoding: .utf8)
    #expect(page == SignalReference.markdown())
  }
}
