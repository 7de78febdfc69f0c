/// Prints ``DocumentNode``s as YAML that reads back as the same tree.
struct YAMLText {
  private(set) var text = ""

  /// Prints a whole tree in block style.
  static func print(_ node: DocumentNode) -> String {
    var output = YAMLText()
    switch node.content {
    case .mapping(let entries) where !entries.isEmpty: output.block(node, indent: 0)
    case .sequence(let elements) where !elements.isEmpty: output.block(node, indent: 0)
    default: output.text += inline(node) + "\n"
    }
    return output.text
  }

  /// A comment line, wrapped at 100 columns by the caller's line breaks.
  mutating func comment(_ lines: String, indent: Int = 0) {
    for line in lines.split(separator: "\n", omittingEmptySubsequences: false) {
      text += String(repeating: " ", count: indent) + (line.isEmpty ? "#" : "# \(line)") + "\n"
    }
  }

  mutating func blankLine() { text += "\n" }

  /// `key: value`, the value in block style beneath where it has parts.
  mutating func entry(_ key: String, _ value: DocumentNode, indent: Int = 0) {
    text += String(repeating: " ", count: indent) + Self.key(key) + ":"
    append(value, indent: indent)
  }

  /// `key:` alone, for callers that print what belongs under it.
  mutating func header(_ key: String, indent: Int = 0) {
    text += String(repeating: " ", count: indent) + Self.key(key) + ":\n"
  }

  /// The elements of a sequence, each behind a dash.
  mutating func elements(_ elements: [DocumentNode], indent: Int) {
    for element in elements { self.element(element, indent: indent) }
  }

  mutating func element(_ element: DocumentNode, indent: Int) {
    let pad = String(repeating: " ", count: indent)
    if let entries = element.entries, let first = entries.first {
      text += "\(pad)- \(Self.key(first.key)):"
      append(first.value, indent: indent + 2)
      for entry in entries.dropFirst() { self.entry(entry.key, entry.value, indent: indent + 2) }
    } else {
      text += "\(pad)- \(Self.inline(element))\n"
    }
  }

  private mutating func block(_ node: DocumentNode, indent: Int) {
    switch node.content {
    case .mapping(let entries):
      for entry in entries { self.entry(entry.key, entry.value, indent: indent) }
    case .sequence(let elements): self.elements(elements, indent: indent)
    default: text += String(repeating: " ", count: indent) + Self.inline(node) + "\n"
    }
  }

  private mutating func append(_ value: DocumentNode, indent: Int) {
    switch value.content {
    case .mapping(let entries) where !entries.isEmpty:
      text += "\n"
      block(value, indent: indent + 2)
    case .sequence(let elements) where !elements.isEmpty && !Self.isShortList(elements):
      text += "\n"
      block(value, indent: indent + 2)
    case .scalar(let scalar) where Self.suitsLiteralBlock(scalar.text):
      text += scalar.text.hasSuffix("\n") ? " |\n" : " |-\n"
      for line in scalar.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast(
        scalar.text.hasSuffix("\n") ? 1 : 0)
      {
        text += line.isEmpty ? "\n" : String(repeating: " ", count: indent + 2) + line + "\n"
      }
    default: text += " " + Self.inline(value) + "\n"
    }
  }

  // MARK: In one line

  /// Lists of a few short scalars stand in one line.
  private static func isShortList(_ elements: [DocumentNode]) -> Bool {
    elements.allSatisfy { $0.scalar != nil } && elements.reduce(0) { $0 + ($1.text?.utf8.count ?? 0) + 2 } <= 80
  }

  static func inline(_ node: DocumentNode) -> String {
    switch node.content {
    case .null: "null"
    case .scalar(let scalar): scalar.isPlain ? plain(scalar.text) : string(scalar.text)
    case .sequence(let elements): "[\(elements.map(inline).joined(separator: ", "))]"
    case .mapping(let entries): "{\(entries.map { "\(key($0.key)): \(inline($0.value))" }.joined(separator: ", "))}"
    }
  }

  private static func key(_ key: String) -> String { string(key) }

  /// A word that was written plainly may be again, unless it needs quotes here.
  private static func plain(_ text: String) -> String {
    if ["", "~"].contains(text) { return "null" }
    return isSafeWord(text) ? text : string(text)
  }

  /// A text, in quotes unless it is a plain word in every dialect of YAML.
  private static func string(_ text: String) -> String {
    if isSafeWord(text), let first = text.unicodeScalars.first, first.properties.isAlphabetic, !isReserved(text) {
      return text
    }
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\t": quoted += "\\t"
      case "\r": quoted += "\\r"
      default:
        if isPrintable(scalar) {
          quoted.unicodeScalars.append(scalar)
        } else {
          let digits = String(scalar.value, radix: 16)
          let width = scalar.value > 0xffff ? 8 : 4
          quoted += (width == 8 ? "\\U" : "\\u") + String(repeating: "0", count: width - digits.count) + digits
        }
      }
    }
    return quoted + "\""
  }

  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x20...0x7e, 0xa1...0x1fff, 0x2010...0x2027, 0x2030...0xd7ff, 0xe000...0xfefe, 0xff00...0xfffd,
      0x10000...0x10ffff:
      true
    default: false
    }
  }

  private static func isSafeWord(_ text: String) -> Bool {
    guard let first = text.utf8.first, let last = text.utf8.last, first != UInt8(ascii: " "), last != UInt8(ascii: " "),
      first != UInt8(ascii: "-") || text.utf8.count > 1 && Double(text) != nil
    else { return false }
    return text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "/"), UInt8(ascii: " "), UInt8(ascii: "+"):
        true
      default: false
      }
    }
  }

  private static func isReserved(_ text: String) -> Bool {
    ["null", "true", "false", "yes", "no", "on", "off", "y", "n", "inf", "nan"].contains(text.lowercased())
  }

  /// Several printable lines, none of which a literal block would change.
  private static func suitsLiteralBlock(_ text: String) -> Bool {
    guard text.contains("\n"), !text.hasSuffix("\n\n"), let first = text.first, !first.isWhitespace else {
      return false
    }
    return text.unicodeScalars.allSatisfy { $0 == "\n" || isPrintable($0) }
  }
}
