import Signals

/// The signal reference, written from ``SignalTable``, so that it says what the build does.
public enum SignalReference {
  /// The whole page, in Markdown; ends with a newline.
  public static func markdown() -> String {
    var page = """
      # Signals

      A signal is a named fact about a request; rules of decisions refer to it as `{type: TYPE, name: NAME}`. A signal
      is read only when the outcome of a decision can depend on it, cheap ones first. A signal that cannot be read has
      failed, which is neither matched nor unmatched.

      | type | key under `routing.signals` | what it says | cost |
      |---|---|---|---|

      """
    for entry in SignalTable.entries {
      let documentation = entry.documentation
      page +=
        "| `\(entry.ruleType)` | `\(entry.documentKey)` | \(cell(documentation.summary)) | "
        + "\(cell(documentation.cost)) |\n"
    }
    for entry in SignalTable.entries { page += section(entry) }
    return page
  }

  private static func section(_ entry: SignalTable.Entry) -> String {
    let documentation = entry.documentation
    var text = "\n## \(entry.ruleType)\n\n\(documentation.summary)\n"
    for paragraph in documentation.computation { text += "\n\(paragraph)\n" }
    text += "\nConfidence: \(documentation.confidence)\n"
    if let value = documentation.value { text += "\nValue: \(value)\n" }
    text += "\nCost: \(documentation.cost)\n"
    text += "\n| key of `\(entry.documentKey)[]` | type | default | meaning |\n|---|---|---|---|\n"
    for field in documentation.fields {
      let standard = field.defaultValue.map { "`\($0)`" } ?? "required"
      text += "| `\(field.name)` | \(cell(field.type)) | \(standard) | \(cell(field.meaning)) |\n"
    }
    return text
  }

  private static func cell(_ text: String) -> String { text.split(separator: "|").joined(separator: "\\|") }
}
