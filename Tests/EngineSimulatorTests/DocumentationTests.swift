import Foundation
import Testing

@testable import EngineSimulator

@Suite("Documentation")
struct DocumentationTests {
  /// The rows that the documentation's table of flags must have, from the table that the parser uses.
  static var flagTable: String {
    var text = "| flag | default | since | meaning |\n|---|---|---|---|\n"
    for option in OptionDefinition.all where !option.help.hasPrefix("logging flag") {
      let shown = option.defaultText.isEmpty || option.arity == .flag ? "–" : option.defaultText
      var help = option.help
      switch option.absence {
      case .warn?: help += " (not in this build: warned)"
      case .refuse?: help += " (not in this build: refused)"
      case nil: break
      }
      help = help.replacingOccurrences(of: "|", with: "\\|")
      text += "| `--\(option.name)` | \(shown) | \(option.availability.rawValue) | \(help) |\n"
    }
    return text
  }

  @Test("the documentation's table of flags is the parser's")
  func flags() throws {
    let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "docs/engine-simulator.md")
    let text = try String(contentsOf: page, encoding: .utf8)
    if !text.contains(DocumentationTests.flagTable) {
      Issue.record("docs/engine-simulator.md needs this table:\n\(DocumentationTests.flagTable)")
    }
  }
}
