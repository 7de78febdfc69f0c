import ChatProtocols
import Testing

private func promptFacts(_ body: String, _ endpoint: ModelEndpoint = .chatCompletions) throws
  -> PromptFacts
{
  try RequestFacts.scan(body: Array(body.utf8), endpoint: endpoint).promptFacts(
    body: Array(body.utf8))
}

private func evaluationText(_ messages: String) throws -> String {
  String(
    decoding: try promptFacts(#"{"model":"m","messages":[\#(messages)]}"#).evaluationText,
    as: UTF8.self)
}

struct PromptFactsTests {
  @Test("the evaluation text is the last user message that has text")
  func lastUserMessage() throws {
    #expect(
      try evaluationText(
        #"{"role":"user","content":"first"},{"role":"user","content":"sec\u006fnd\n"}"#)
        == "second\n")
    #expect(
      try evaluationText(#"{"role":"user","content":"first"},{"role":"assistant","content":"no"}"#)
        == "first")
    #expect(
      try evaluationText(#"{"role":"user","content":"first"},{"role":"user","content":""}"#)
        == "first")
    #expect(
      try evaluationText(
        #"{"role":"user","content":"first"},{"role":"user","content":[{"type":"image_url"}]}"#)
        == "first")
  }

  @Test("text parts are joined by a space, other parts left out")
  func parts() throws {
    #expect(
      try evaluationText(
        #"{"role":"user","content":[{"text":"a","type":"text"},{"type":"image_url","text":"no"},{"type":"text","text":""},{"type":"input_text","text":"b\"c"}]}"#
      ) == "a b\"c")
  }

  @Test("without user text it is the system, developer and assistant texts")
  func otherTexts() throws {
    #expect(
      try evaluationText(
        #"{"role":"system","content":"s"},{"role":"tool","content":"t"},{"role":"developer","content":"d"},{"role":"user","content":""},{"role":"assistant","content":[{"type":"text","text":"a"}]}"#
      ) == "s d a")
    #expect(try evaluationText("") == "")
    #expect(try evaluationText(#"{"role":"user"}"#) == "")
  }

  @Test("the evaluation text of completions is the prompt, that of embeddings the input")
  func otherEndpoints() throws {
    #expect(
      try promptFacts(#"{"model":"m","prompt":"a\u0062"}"#, .completions).evaluationText
        == Array("ab".utf8))
    #expect(
      try promptFacts(#"{"model":"m","prompt":["a","b"]}"#, .completions).evaluationText
        == Array("a b".utf8))
    #expect(try promptFacts(#"{"model":"m","prompt":[1,2]}"#, .completions).evaluationText.isEmpty)
    #expect(try promptFacts(#"{"model":"m"}"#, .completions).evaluationText.isEmpty)
    #expect(
      try promptFacts(#"{"model":"m","input":["x","yz"]}"#, .embeddings).evaluationText
        == Array("x yz".utf8))
  }

  @Test("metadata holds its values, the last of a repeated key")
  func metadata() throws {
    let facts = try promptFacts(
      #"{"model":"m","messages":[],"metadata":{"t\u0069er":"g\u006fld","x":"y","x":"z"}}"#
    )
    #expect(facts.metadata == ["tier": "gold", "x": "z"])
  }

  @Test("counts and sizes are those of the scan")
  func counts() throws {
    let facts = try promptFacts(
      #"{"model":"m","messages":[{"role":"user","content":"abc"}],"response_format":{"a":1}}"#)
    #expect(facts.conversation.userMessages == 1)
    #expect(facts.size.textBytes == 3)
    #expect(facts.size.structuredBytes == 7)
  }
}
