/// Lines for a terminal: styled, cut to its width, never wrapped.
struct TerminalText {
  enum Style {
    case plain, bold, dim, good, bad, warning

    fileprivate var code: String? {
      switch self {
      case .plain: nil
      case .bold: "1"
      case .dim: "2"
      case .good: "32"
      case .bad: "31"
      case .warning: "33"
      }
    }
  }

  struct Span {
    var text: String
    var style: Style

    init(_ text: String, _ style: Style = .plain) {
      self.text = text
      self.style = style
    }
  }

  /// One line break behind each line.
  private(set) var output = ""
  let isColoured: Bool
  let width: Int

  /// - Parameter width: columns; at least 40 are used.
  init(isColoured: Bool, width: Int) {
    self.isColoured = isColoured
    self.width = max(width, 40)
  }

  /// A heading, with an empty line before it unless it is the first.
  mutating func section(_ title: String, _ rest: String = "") {
    if !output.isEmpty { output += "\n" }
    line([Span(title, .bold), Span(rest, .dim)])
  }

  /// A line of spans, without trailing blanks.
  mutating func line(_ spans: [Span]) {
    var room = width
    var line = ""
    let end = (spans.lastIndex { !$0.text.allSatisfy { $0 == " " } } ?? -1) + 1
    for span in spans[..<end] where room > 0 && !span.text.isEmpty {
      let text = TerminalWidth.truncated(TerminalWidth.printable(span.text), to: room)
      room -= TerminalWidth.columns(of: text)
      if isColoured, let code = span.style.code {
        line += "\u{1B}[\(code)m\(text)\u{1B}[0m"
      } else {
        line += text
      }
    }
    output += line + "\n"
  }

  /// Lines of cells in columns as wide as their widest cell, two blanks apart.
  ///
  /// - Parameter rightAligned: the columns of numbers.
  mutating func table(_ rows: [[Span]], rightAligned: Set<Int> = []) {
    for row in Self.aligned(rows, rightAligned: rightAligned) { line(row) }
  }

  /// The lines of a table, for whoever puts others between them.
  static func aligned(_ rows: [[Span]], rightAligned: Set<Int> = []) -> [[Span]] {
    var widths: [Int] = []
    for row in rows {
      for (column, cell) in row.enumerated() {
        let columns = TerminalWidth.columns(of: TerminalWidth.printable(cell.text))
        if column == widths.count { widths.append(columns) } else { widths[column] = max(widths[column], columns) }
      }
    }
    return rows.map { row in
      var spans = [Span("  ")]
      for (column, cell) in row.enumerated() where widths[column] > 0 {
        let columns = TerminalWidth.columns(of: TerminalWidth.printable(cell.text))
        let padding = Span(String(repeating: " ", count: widths[column] - columns))
        spans += rightAligned.contains(column) ? [padding, cell] : [cell, padding]
        spans.append(Span("  "))
      }
      return spans
    }
  }
}
