import ChatProtocols
import JSONText
import Pipeline
import Testing

@Suite("What an engine is asked for a prompt's tokens") struct PromptOfTokensTests {
  private func prompt(
    _ body: String, at endpoint: ModelEndpoint = .chatCompletions, _ edit: (inout RequestEdits) -> Void = { _ in }
  ) throws -> PromptOfTokens {
    let bytes = Array(body.utf8)
    var edits = RequestEdits(try RequestFacts.scan(body: bytes, endpoint: endpoint))
    edit(&edits)
    return bytes.withUnsafeBytes { PromptOfTokens(edits, body: $0, model: "engine\"s") }
  }

  private func question(_ prompt: PromptOfTokens) -> String {
    if case .question(let bytes) = prompt { String(decoding: bytes, as: UTF8.self) } else { "\(prompt)" }
  }

  private let hi = #"[{"role":"user","content":"hi"}]"#

  @Test("a chat's messages, tools and template arguments go as they stand, and nothing else")
  func chat() throws {
    #expect(
      question(
        try prompt(
          #"{"model":"MoM","stream":true,"tools":[ {"type":"function"} ],"messages":\#(hi),"max_tokens":3,"#
            + #""chat_template_kwargs":{"a":1},"add_generation_prompt":false}"#))
        == #"{"model":"engine\"s","messages":\#(hi),"tools":[ {"type":"function"} ],"chat_template_kwargs":{"a":1},"#
        + #""add_generation_prompt":false}"#)
    #expect(
      question(try prompt(#"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a"}]}]}"#))
        == #"{"model":"engine\"s","messages":[{"role":"user","content":[{"type":"text","text":"a"}]}]}"#)
  }

  @Test("what routing changes is in it")
  func edited() throws {
    #expect(
      question(
        try prompt(#"{"messages":\#(hi),"model":"m"}"#) { edits in
          edits.applySystemPrompt("P", mode: .replace)
          edits.setChatTemplateArgument("enable_thinking", to: .boolean(true))
        })
        == #"{"model":"engine\"s","messages":[{"role":"system","content":"P"},{"role":"user","content":"hi"}],"#
        + #""chat_template_kwargs":{"enable_thinking":true}}"#)
  }

  @Test("a completion's prompt is a text, or the tokens themselves")
  func completion() throws {
    #expect(
      question(try prompt(#"{"model":"m","prompt":"a\n","max_tokens":1,"add_special_tokens":false}"#, at: .completions))
        == #"{"model":"engine\"s","prompt":"a\n","add_special_tokens":false}"#)
    #expect(try prompt(#"{"model":"m","prompt":[1, 2,30]}"#, at: .completions) == .numbers([1, 2, 30]))
  }

  @Test(
    "images, salted caches, several prompts and embeddings cannot be compared",
    arguments: [
      (
        #"{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"u"}}]}]}"#,
        ModelEndpoint.chatCompletions
      ),
      (
        #"{"model":"m","messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{}}]}]}"#,
        .chatCompletions
      ),
      (#"{"model":"m","cache_salt":"s","messages":[{"role":"user","content":"a"}]}"#, .chatCompletions),
      (#"{"model":"m","prompt":["a","b"]}"#, .completions), (#"{"model":"m","prompt":[[1],[2]]}"#, .completions),
      (#"{"model":"m"}"#, .completions), (#"{"model":"m","input":"a"}"#, .embeddings),
    ])
  func incomparable(body: String, endpoint: ModelEndpoint) throws {
    #expect(try prompt(body, at: endpoint) == .incomparable)
  }

  @Test("a prompt that is longer than engines are asked about is not compared")
  func long() throws {
    let words = String(repeating: "word ", count: PromptOfTokens.byteLimit / 5)
    #expect(try prompt(#"{"model":"m","messages":[{"role":"user","content":"\#(words)"}]}"#) == .incomparable)
  }
}
