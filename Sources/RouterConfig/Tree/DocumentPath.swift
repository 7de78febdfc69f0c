/// The way from a document's root to one of its nodes, printed as `routing.decisions[3].rules.conditions[0].name`.
struct DocumentPath: Sendable, Hashable, CustomStringConvertible {
  enum Step: Sendable, Hashable {
    case key(String)
    case index(Int)
  }

  private(set) var steps: [Step]

  init(_ steps: [Step] = []) { self.steps = steps }

  /// Reads the printed form. Returns nil when `text` is not one.
  init?(_ text: String) {
    steps = []
    var rest = Substring(text)
    while let first = rest.first {
      switch first {
      case "[":
        guard let end = rest.firstIndex(of: "]") else { return nil }
        let inner = rest[rest.index(after: rest.startIndex)..<end]
        rest = rest[rest.index(after: end)...]
        if let index = Int(inner), index >= 0 {
          steps.append(.index(index))
        } else if inner.count >= 2, inner.first == "\"", inner.last == "\"" {
          steps.append(.key(String(inner.dropFirst().dropLast())))
        } else {
          return nil
        }
      case ".":
        rest = rest.dropFirst()
        guard let next = rest.first, next != ".", next != "[" else { return nil }
      default:
        let end = rest.firstIndex { $0 == "." || $0 == "[" } ?? rest.endIndex
        steps.append(.key(String(rest[..<end])))
        rest = rest[end...]
      }
    }
  }

  static func + (path: DocumentPath, step: Step) -> DocumentPath { DocumentPath(path.steps + [step]) }

  var description: String { Self.text(of: steps[...]) }

  /// The printed form of the steps behind the first `count`.
  func suffix(after count: Int) -> String { Self.text(of: steps.dropFirst(count)) }

  private static func text(of steps: ArraySlice<Step>) -> String {
    var text = ""
    for step in steps {
      switch step {
      case .index(let index): text += "[\(index)]"
      case .key(let key) where isPlain(key): text += text.isEmpty ? key : ".\(key)"
      case .key(let key): text += "[\"\(key)\"]"
      }
    }
    return text
  }

  private static func isPlain(_ key: String) -> Bool {
    !key.isEmpty && key.utf8.allSatisfy { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "[") && $0 > UInt8(ascii: " ") }
  }
}
