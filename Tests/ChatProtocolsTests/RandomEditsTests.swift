import ChatProtocols
import Foundation
import JSONText
import Seeded
import Testing

/// Random edits of random bodies, against the same edits of the object that Foundation reads.
struct RandomEditsTests {
  @Test("any edits in any order give the body that editing the parsed object gives")
  func randomEdits() throws {
    let seed = UInt64.random(in: .min ... .max)
    print("seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<1000 {
      let body = RandomBody.make(&generator)
      var model = try #require(try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])
      var edits = RequestEdits(try .scan(body: body, endpoint: .chatCompletions))
      var log: [String] = []
      for _ in 0..<Int.random(in: 0...6, using: &generator) {
        RandomBody.edit(&edits, &model, &log, &generator)
      }
      let result = edits.apply(to: body)
      #expect(throws: Never.self) { try JSONText.validate(result) }
      let parsed = try? JSONSerialization.jsonObject(with: Data(result)) as? NSDictionary
      #expect(
        parsed == model as NSDictionary,
        "seed \(seed): \(String(decoding: body, as: UTF8.self)) \(log) gave \(String(decoding: result, as: UTF8.self))"
      )
    }
  }
}

enum RandomBody {
  /// A chat body of distinct member names in random order, with random white space.
  static func make(_ generator: inout SeededGenerator) -> [UInt8] {
    var members = [#""model"#: #""m""#, #""messages"#: messages(&generator)]
    for (name, values) in [
      (#""a"#, ["1", "null", #""x\n""#]), (#""\u0062"#, ["[1,{}]", "{}"]),
      (#""stream"#, ["true", "false"]),
      (
        #""chat_template_kwargs"#,
        ["{}", "{ }", "null", "7", #"{"k":1}"#, #"{"k" : [1] , "l":2 }"#, #"{"x":0,"\u006b":{}}"#]
      ),
    ] where Bool.random(using: &generator) {
      members[name] = values.randomElement(using: &generator)
    }
    func space() -> String { ["", "", " ", "\n", "\t "].randomElement(using: &generator) ?? "" }
    var names = members.keys.sorted()
    names.shuffle(using: &generator)
    var text = space() + "{" + space()
    for (index, name) in names.enumerated() {
      if index > 0 { text += space() + "," + space() }
      text += name + "\"" + space() + ":" + space() + (members[name] ?? "")
    }
    return Array((text + space() + "}" + space()).utf8)
  }

  private static func messages(_ generator: inout SeededGenerator) -> String {
    let choices = [
      "[]", "[ ]", #"[{"role":"system","content":"s\"\n"},{"role":"user","content":"u"}]"#,
      #"[{"role":"user","content":"é"}]"#, #"[ {"role":"system"} ]"#,
      #"[{"content":null,"role":"system"}]"#,
      #"[{"content":[{"type":"text","text":"a"},{"type":"x"},{"text":"b\\","type":"text"}],"role":"system"}]"#,
    ]
    return choices.randomElement(using: &generator) ?? "[]"
  }

  /// Makes one random edit of the body and of the parsed object.
  static func edit(
    _ edits: inout RequestEdits, _ object: inout [String: Any], _ log: inout [String],
    _ generator: inout SeededGenerator
  ) {
    let names = ["a", "b", "c", "stream", "model", "messages", "chat_template_kwargs", "é\""]
    let name = names.randomElement(using: &generator) ?? "a"
    let values = [
      "1", "null", "{}", "[]", #"{"k":true}"#, #"[{"role":"system","content":"z"}]"#, #""t""#,
    ]
    let value = values.randomElement(using: &generator) ?? "1"
    guard let fragment = try? JSONFragment(validating: value),
      let parsed = try? JSONSerialization.jsonObject(
        with: Data(value.utf8), options: .fragmentsAllowed)
    else { return }
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
    case 4, 5:
      let mode = Bool.random(using: &generator) ? SystemPromptMode.insert : .replace
      log.append("prompt \(mode)")
      let applied = edits.applySystemPrompt("P\t", mode: mode)
      guard var messages = object["messages"] as? [Any] else {
        #expect(!applied)
        return
      }
      #expect(applied)
      if var first = messages.first as? [String: Any], first["role"] as? String == "system" {
        let texts = (first["content"] as? [[String: Any]])?.compactMap { $0["text"] as? String }
        let text = first["content"] as? String ?? texts?.joined(separator: "\n") ?? ""
        first["content"] = mode == .replace || text.isEmpty ? "P\t" : "P\t\n\n" + text
        messages[0] = first
      } else {
        messages.insert(["role": "system", "content": "P\t"], at: 0)
      }
      object["messages"] = messages
    default: break
    }
  }
}
