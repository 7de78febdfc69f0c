import ChatProtocols
import Testing

func chat(_ body: String) throws(RequestBodyError) -> RequestFacts {
  try .scan(body: Array(body.utf8), endpoint: .chatCompletions)
}

private func text(_ body: String, _ range: Range<Int>?) -> String? {
  range.map { String(decoding: Array(body.utf8)[$0], as: UTF8.self) }
}

struct RequestFactsTests {
  @Test("the model, the stream flags and the messages are found with their ranges")
  func usualRequest() throws {
    let body = #"""
      {"model": "MoM", "messages": [{"role":"system","content":"Be kind."},{"role":"user","content":"2+2?"}],
       "stream": true, "stream_options": {"include_usage": true}, "x_unknown": {"a":[1]}, "max_tokens": 64}
      """#
    let facts = try chat(body)
    #expect(facts.model == "MoM")
    #expect(text(body, facts.modelRange) == "\"MoM\"")
    #expect(facts.isStreaming)
    #expect(facts.wantsStreamUsage)
    #expect(facts.messages.map(\.role) == [.system, .user])
    #expect(text(body, facts.messages[1].range) == #"{"role":"user","content":"2+2?"}"#)
    #expect(text(body, facts.messages[1].content?.range) == #""2+2?""#)
    #expect(facts.messages.map(\.textBytes) == [8, 4])
    #expect(facts.members.count == 6)
    #expect(text(body, facts.member(.maxTokens)?.value.range) == "64")
    #expect(facts.members[4].known == nil)
    #expect(text(body, facts.range)?.last == "}")
    #expect(facts.size.outputReserve == 64)
  }

  @Test("every known member is found by its name")
  func knownMembers() throws {
    for known in KnownMember.allCases where known != .model && known != .messages {
      let facts = try chat(#"{"model":"m","messages":[],"\#(known.name)":null}"#)
      #expect(facts.members.last?.known == known)
      #expect(facts.member(known)?.value.kind == .null)
    }
  }

  @Test("escaped names and values are what they stand for")
  func escapedNames() throws {
    let facts = try chat(
      #"{"mod\u0065l":"M\u006fM","\u006dessages":[{"r\u006fle":"us\u0065r","content":"a"}],"stre\u0061m":true}"#
    )
    #expect(facts.model == "MoM")
    #expect(facts.isStreaming)
    #expect(facts.messages.first?.role == .user)
  }

  @Test("of repeated members the last one counts")
  func repeatedMembers() throws {
    let facts = try chat(
      #"""
      {"model":1,"messages":"x","stream":true,"model":"a","messages":[{"role":"user","content":[{"type":"image_url"}]}],
      "messages":[{"role":"user","role":"assistant","content":"long","content":"ab"}],"stream":false,"tools":[1],"tools":[]}
      """#)
    #expect(facts.model == "a")
    #expect(!facts.isStreaming)
    #expect(facts.messages.map(\.role) == [.assistant])
    #expect(facts.size.textBytes == 2)
    #expect(facts.conversation.images == 0)
    #expect(facts.conversation.toolDefinitions == 0)
    #expect(facts.members.count == 9)
  }

  @Test("stream is on only when it is true", arguments: ["false", "null"])
  func notStreaming(value: String) throws {
    #expect(try !chat(#"{"model":"m","messages":[],"stream":\#(value)}"#).isStreaming)
  }

  @Test("a stream that is no Boolean is refused but where there is none, the last of two counts")
  func strangeStream() throws {
    for value in ["\"true\"", "1", "{}", "[true]"] {
      #expect(throws: RequestBodyError.streamNotABoolean) {
        try chat(#"{"model":"m","messages":[],"stream":true,"stream":\#(value)}"#)
      }
    }
    #expect(try chat(#"{"model":"m","messages":[],"stream":1,"stream":true}"#).isStreaming)
    let embedding = Array(#"{"model":"m","input":"a","stream":1}"#.utf8)
    #expect(try !RequestFacts.scan(body: embedding, endpoint: .embeddings).isStreaming)
  }

  @Test("usage is wanted only when that is true", arguments: ["false", "null", "\"true\"", "1"])
  func noUsage(value: String) throws {
    #expect(
      try !chat(#"{"model":"m","messages":[],"stream_options":{"include_usage":\#(value)}}"#)
        .wantsStreamUsage)
  }

  @Test("counts of roles, images and tools are taken")
  func conversation() throws {
    let facts = try chat(
      #"""
      {"model":"m","tools":[{"type":"function"},{"type":"function"}],"functions":[{}],"messages":[
      {"role":"system","content":"s"},{"role":"developer","content":"d"},
      {"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"x"}},{"image":1,"type":"image"},
      {"type":"input_image"},{"type":"input_text","text":"bc"},{"type":"audio","text":"no"},"d"]},
      {"role":"assistant","content":null,"tool_calls":[{"id":"1","function":{"name":"f","arguments":"{}"}},{"id":"2"}]},
      {"role":"tool","tool_call_id":"2","content":"two"},{"role":"tool","tool_call_id":"1","content":"one"},
      {"role":"assistant","content":"done"},{"role":"critic","content":"x"}]}
      """#)
    var expected = ConversationFacts()
    expected.messages = 8
    expected.systemMessages = 1
    expected.developerMessages = 1
    expected.userMessages = 1
    expected.assistantMessages = 2
    expected.toolMessages = 2
    expected.toolDefinitions = 3
    expected.assistantToolCalls = 2
    expected.completedToolCycles = 1
    expected.images = 3
    #expect(facts.conversation == expected)
    #expect(facts.messages.map(\.textBytes) == [1, 1, 4, 0, 3, 3, 4, 1])
    #expect(facts.messages[3].toolCalls == 2)
    var size = PromptSize()
    size.textBytes = 11
    size.structuredBytes = 41 + 4 + 4 + 5 + 5
    size.images = 3
    size.messages = 8
    size.toolCalls = 2
    size.toolDefinitions = 3
    #expect(facts.size == size)
  }

  @Test("a tool cycle is complete when each of its calls is answered")
  func toolCycles() throws {
    let calls = #"{"role":"assistant","tool_calls":[{"id":"a"},{"id":"b"}]}"#
    func facts(_ messages: String...) throws -> ConversationFacts {
      try chat(#"{"model":"m","messages":[\#(messages.joined(separator: ","))]}"#).conversation
    }
    let a = #"{"role":"tool","tool_call_id":"a","content":""}"#
    let b = #"{"tool_call_id":"\u0062","content":"","role":"tool"}"#
    #expect(try facts(calls, a, b).completedToolCycles == 1)
    #expect(try facts(calls, b, a, calls, a, b).completedToolCycles == 2)
    #expect(try facts(calls, a).completedToolCycles == 0)
    #expect(try facts(calls, a, a).completedToolCycles == 0)
    #expect(try facts(calls).isInToolLoop)
    #expect(try facts(calls, a).isInToolLoop)
    #expect(try !facts(calls, a, b, #"{"role":"assistant","content":"x"}"#).isInToolLoop)
    #expect(try !facts().isInToolLoop)
  }

  @Test("the output reserve is max_completion_tokens, else max_tokens, else 0")
  func outputReserve() throws {
    func reserve(_ members: String) throws -> Int {
      try chat(#"{"model":"m","messages":[]\#(members)}"#).size.outputReserve
    }
    #expect(try reserve("") == 0)
    #expect(try reserve(#","max_tokens":7"#) == 7)
    #expect(try reserve(#","max_tokens":7,"max_completion_tokens":9"#) == 9)
    #expect(try reserve(#","max_tokens":7,"max_completion_tokens":null"#) == 7)
    #expect(try reserve(#","max_tokens":-7"#) == 0)
    #expect(try reserve(#","max_tokens":"7""#) == 0)
  }

  @Test("completions and embeddings need no messages")
  func otherEndpoints() throws {
    let completion = try RequestFacts.scan(
      body: Array(#"{"model":"m","prompt":["ab","c\n"],"max_tokens":3}"#.utf8),
      endpoint: .completions)
    #expect(completion.size.textBytes == 4)
    #expect(completion.size.outputReserve == 3)
    let embedding = try RequestFacts.scan(
      body: Array(#"{"model":"m","input":"abc","messages":4}"#.utf8), endpoint: .embeddings)
    #expect(embedding.size.textBytes == 3)
    #expect(embedding.messages.isEmpty)
    #expect(
      ModelEndpoint.allCases.map(\.path) == [
        "/v1/chat/completions", "/v1/completions", "/v1/embeddings",
      ])
  }
}
