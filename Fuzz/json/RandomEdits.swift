import ChatProtocols
import Foundation
import JSONText
import Seeded

/// Random edits of a chat body and of the object that Foundation parsed from it, in step.
enum RandomEdits {
  private static let names = [
    "a", "b", "stream", "model", "messages", "chat_template_kwargs", "metadata", "tools", "é\"",
  ]
  private static let values = ["1", "null", "{}", "[]", #"{"k":true}"#, #"[{"role":"system","content":"z"}]"#, #""t""#]

  static func edit(
    _ edits: inout RequestEdits, _ object: inout [String: Any], _ log: inout [String],
    _ generator: inout SeededGenerator
  ) {
    let name = names.randomElement(using: &generator) ?? "a"
    let value = values.randomElement(using: &generator) ?? "1"
    guard let fragment = try? JSONFragment(validating: value), let parsed = Oracle.parse(Array(value.utf8)) else {
      return
    }
    switch Int.random(in: 0..<6, using: &generator) {
    case 0:
      log.append("model")
      edits.setModel("new")
      object["model"] = "new"
    case 1:
      log.append("set \(name) \(value)")
      edits.setTopLevel(name, to: fragment)
      object[name] = parsed
    case 2:
      log.append("remove \(name)")
      edits.removeTopLevel(name)
      object[name] = nil
    case 3:
      let key = ["k", "l", "n\n"].randomElement(using: &generator) ?? "k"
      log.append("argument \(key) \(value)")
      edits.setChatTemplateArgument(key, to: fragment)
      var arguments = object["chat_template_kwargs"] as? [String: Any] ?? [:]
      arguments[key] = parsed
      object["chat_template_kwargs"] = arguments
    default:
      let mode = Bool.random(using: &generator) ? SystemPromptMode.insert : .replace
      log.append("prompt \(mode)")
      if edits.applySystemPrompt("P\t", mode: mode) { prompt(mode, &object) }
    }
  }

  private static func prompt(_ mode: SystemPromptMode, _ object: inout [String: Any]) {
    guard var messages = object["messages"] as? [Any] else { return }
    if var first = messages.first as? [String: Any], first["role"] as? String == "system" {
      let text = text(of: first["content"])
      first["content"] = mode == .replace || text.isEmpty ? "P\t" : "P\t\n\n" + text
      messages[0] = first
    } else {
      messages.insert(["role": "system", "content": "P\t"], at: 0)
    }
    object["messages"] = messages
  }

  private static func text(of content: Any?) -> String {
    if let text = content as? String { return text }
    let texts = (content as? [Any] ?? []).compactMap { part -> String? in
      if let text = part as? String { return text }
      guard let part = part as? [String: Any], let type = part["type"] as? String else { return nil }
      return type == "text" || type == "input_text" ? part["text"] as? String : nil
    }
    return texts.filter { !$0.isEmpty }.joined(separator: "\n")
  }
}
