import Balancing
import ChatProtocols
import Testing

@testable import Pipeline

@Suite("Prompts of requests that are passed on")
struct PassedPromptTests {
  private static let long = String(repeating: "All happy families are alike. ", count: 60)

  private func prompt(_ text: String, _ form: PassedPrompt.Form) -> (PassedPrompt?, hashes: [UInt64]) {
    Array(text.utf8).withUnsafeBytes { bytes in
      var blocks = PromptBlocks()
      blocks.begin(seed: 1)
      let prompt = PassedPrompt(bytes, as: form)
      if let prompt { PromptOfBody(passed: prompt, body: bytes).append(to: &blocks) }
      return (prompt, Array(blocks.hashes))
    }
  }

  private func messages(_ members: String) -> [UInt64] { prompt("{\(members)}", .messages).hashes }
  private func responses(_ members: String) -> [UInt64] { prompt("{\(members)}", .responses).hashes }

  private let user = #""messages":[{"role":"user","content":"\#(long)"}"#
  private let tools = #""tools":[{"name":"f","description":"\#(long)"}]"#

  @Test(
    "a conversation that grows keeps its blocks, wherever the cache's mark goes and in whatever order the members stand"
  )
  func messagesGrow() {
    let first = messages(#""model":"m","system":"\#(Self.long)",\#(user)],\#(tools)"#)
    #expect(first.count == 10)
    let mark = #""cache_control":{"type":"ephemeral"}"#
    let grown = messages(
      #"\#(tools.dropLast(2)),\#(mark)}],"messages":[{"role":"user","content":[{"type":"text","text":"\#(Self.long)",\#(mark)}]},"#
        + #"{"role":"assistant","content":"Yes."},{"content":"\#(Self.long)","role":"user"}],"#
        + #""system":[{"type":"text","text":"\#(Self.long)",\#(mark)}],"model":"m""#)
    #expect(grown.starts(with: first) && grown.count == 14)
  }

  @Test("roles, tools, the system prompt and the parts of a content count")
  func differences() {
    let plain = messages(user + "]")
    #expect(plain.count == 3)
    #expect(messages(#""messages":[{"role":"assistant","content":"\#(Self.long)"}]"#)[0] != plain[0])
    #expect(messages(#""system":"x",\#(user)]"#)[0] != plain[0])
    #expect(messages(#""tools":[{"name":"f"}],\#(user)]"#)[0] != plain[0])
    let parts = #"{"type":"image","source":{"data":"a"}},{"type":"text","text":"\#(Self.long)"}"#
    let picture = messages(#""messages":[{"role":"user","content":[\#(parts)]}]"#)
    let other = messages(
      #""messages":[{"role":"user","content":[\#(parts.replacing(#""a""#, with: #""b""#))]}]"#)
    #expect(picture.count == 11 && picture[0] != other[0] && picture[0] != plain[0])
  }

  @Test("of /v1/responses: instructions, then the input as a string or as items; what goes before is another prompt")
  func responsesAPI() {
    let first = responses(#""input":"\#(Self.long)","instructions":"\#(Self.long)""#)
    #expect(first.count == 7)
    let item = #"{"role":"user","content":[{"type":"input_text","text":"\#(Self.long)"}]}"#
    let call = #"{"type":"function_call","name":"f","arguments":"\#(Self.long)"}"#
    let grown = responses(#""instructions":"\#(Self.long)","input":[\#(item),\#(call)]"#)
    #expect(grown.starts(with: first) && grown.count == 10)
    let known = responses(#""instructions":"\#(Self.long)","previous_response_id":"resp_1","input":"\#(Self.long)""#)
    #expect(known[2] == first[2] && known[3] != first[3])
  }

  @Test("its size, and whether the answer is a stream")
  func envelope() throws {
    let found = prompt(#"{"system":"ab","messages":[1],"tools":[{}],"max_tokens":7,"stream":true}"#, .messages).0
    let messages = try #require(found)
    #expect(messages.isStreaming && messages.size.outputReserve == 7)
    #expect(messages.size.textBytes == 7 && messages.size.structuredBytes == 4)
    let responses = try #require(prompt(#"{"input":"ab","max_output_tokens":9}"#, .responses).0)
    #expect(!responses.isStreaming && responses.size.outputReserve == 9)
  }

  @Test(
    "a body that is no JSON object has no prompt; odd values are hashed as they stand",
    arguments: ["[]", "{", "7 8", ""])
  func odd(text: String) {
    #expect(prompt(text, .messages).0 == nil)
    let long = "[\"\(Self.long)\"]"
    #expect(messages(#""messages":\#(long)"#).count == 3)
    #expect(messages(#""messages":[\#(long)],"system":null,"tools":null"#).count == 3)
    #expect(messages(#""messages":{"a":\#(long)}"#).count == 3)
    #expect(messages(#""messages":[]"#).isEmpty && messages("").isEmpty)
  }
}
